/* SPDX-License-Identifier: MIT */
/*
 * sshd's ForceCommand, run as `LOGINSHELL -c /usr/lib/winalux/ssh-entry` and so by the wrapper in
 * the login shell's place (shell.c). No program of the workspace and no file of the home has run
 * before. What follows is what sshd would have run without us: the login shell, or the login shell
 * with -c and the client's command or the subsystem's program.
 */
#include "shell.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_client.h"

#define COMMAND_VARIABLE "SSH_ORIGINAL_COMMAND"

enum { ARGUMENT_SIZE = 32 };

/*
 * Debuggers count the execs of $SHELL before their program begins, and the wrapper is one more:
 * SHELL is the real one. Its last part, which is what others look at, stays.
 */
static void set_shell(const char *name)
{
	char path[sizeof(SHELL_DIRECTORY "/") + ARGUMENT_SIZE];
	const char *said = getenv("SHELL"), *said_name = said ? shell_name_of(said) : NULL;

	if (!said_name || strcmp(said_name, name) != 0)
		return;
	snprintf(path, sizeof(path), SHELL_DIRECTORY "/%s", name);
	setenv("SHELL", path, 1);
}

/* As sshd does: "-" and the last part of the shell's path, which it gave us without the "-". */
static int become_login_shell(const char *name, const char *called)
{
	char argument[ARGUMENT_SIZE];
	char *const argv[] = { argument, NULL };

	snprintf(argument, sizeof(argument), "-%s", called);
	return shell_become(name, argv);
}

int ssh_entry_run(const char *name, char **argv)
{
	char *command = getenv(COMMAND_VARIABLE);

	gate_pass(GATE_WAY_SSH, command ? command : "");
	set_shell(name);
	unsetenv(COMMAND_VARIABLE); /* the text itself stays where it is */
	if (!command)
		return become_login_shell(name, argv[0]);
	argv[2] = command;
	return shell_become(name, argv);
}
