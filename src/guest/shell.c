/* SPDX-License-Identifier: MIT */
/*
 * Every #!/bin/sh script and every system() of the workspace comes through here or, nearly always,
 * takes the shortcut (shortcut.c), so the way to the real shell is a look at our name and our
 * parent, and one exec. Nothing is printed, opened or changed on it. Only a process without a
 * parent in its pid namespace asks PID 1: it came from outside of the container or is the first of
 * a namespace of its own.
 */
#include "shell.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "affinity.h"
#include "gate_client.h"
#include "link_step.h"
#include "winalux/base/mem.h"

enum { NOT_FOUND = 127, CANNOT_RUN = 126 };

/* "rbash" and whatever else leads to a guarded shell by symbolic links. */
static const char *name_by_links(const char *file)
{
	char path[PATH_MAX];
	const char *name = NULL;

	if (strlen(file) >= sizeof(path))
		return NULL;
	memcpy(path, file, strlen(file) + 1);
	for (int i = 0; i < LINK_STEPS_MAX && !name && link_step(path, sizeof(path)); i++)
		name = shell_name_of(path);
	return name;
}

const char *shell_called(const char *file, int argc, char *const *argv)
{
	const char *by_argument = argc > 0 ? shell_name_of(argv[0]) : NULL;

	if (shell_is_of_script(file, argc, argv))
		return by_argument ? by_argument : name_by_links(argv[0]);
	const char *by_file = shell_name_of(file);
	if (!by_file)
		by_file = name_by_links(file);
	return by_file ? by_file : by_argument;
}

const char *shell_called_here(int argc, char *const *argv)
{
	const char *file = (const char *)(uintptr_t)getauxval(AT_EXECFN);

	return shell_called(file ? file : "", argc, argv);
}

int shell_become(const char *name, char *const *argv)
{
	char path[sizeof(SHELL_DIRECTORY "/") + 16];

	snprintf(path, sizeof(path), SHELL_DIRECTORY "/%s", name);
	execve(path, argv, environ);
	const int status = errno == ENOENT ? NOT_FOUND : CANNOT_RUN;
	dprintf(STDERR_FILENO, "winalux: cannot run '%s': %s\n", path, strerror(errno));
	return status;
}

/* An entry of podman exec: its arguments go into the log. */
static void pass_exec(char *const *argv)
{
	char command[256] = "";
	size_t len = 0;

	for (; *argv && len < sizeof(command) - 1; argv++) {
		const int n = snprintf(command + len, sizeof(command) - len, "%s%s", len ? " " : "",
				       *argv);

		len += n > 0 ? (size_t)n : 0;
	}
	gate_pass(GATE_WAY_EXEC, command);
}

int shell_run(const char *name, int argc, char **argv)
{
	if (shell_is_ssh_entry(argc, argv))
		return ssh_entry_run(name, argv);
	/* PID 1 of the container is never a shell: this one is the first of a nested namespace. */
	if (getppid() == 0 && getpid() != 1) {
		pass_exec(argv);
		affinity_follow(1); /* the engine started it, with the host's mask */
	}
	return shell_become(name, argv);
}
