/* SPDX-License-Identifier: MIT */
#include "taskfile.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "winalux/base/mem.h"

/* Task 3.54 looks for these, in this order (taskfile/taskfile.go). */
static const char *const names[] = {
	"Taskfile.yml",      "taskfile.yml",      "Taskfile.yaml",      "taskfile.yaml",
	"Taskfile.dist.yml", "taskfile.dist.yml", "Taskfile.dist.yaml", "taskfile.dist.yaml",
};

static const char *const own_options[] = { "--taskfile",   "--dir",         "--global",
					   "--init",       "--help",        "--version",
					   "--completion", "--experiments", "--clear-cache" };
#define OWN_LETTERS "tdgih"

static bool is_own_long(const char *argument)
{
	const size_t len = strcspn(argument, "=");

	for (size_t i = 0; i < ARRAY_SIZE(own_options); i++)
		if (strlen(own_options[i]) == len && strncmp(argument, own_options[i], len) == 0)
			return true;
	return false;
}

/* What stands behind "--" is for the tasks. */
static bool says_which(const char *const *argv)
{
	for (argv++; *argv && strcmp(*argv, "--") != 0; argv++) {
		const char *argument = *argv;

		if (argument[0] != '-')
			continue;
		if (argument[1] == '-' ? is_own_long(argument)
				       : strpbrk(argument + 1, OWN_LETTERS) != NULL)
			return true;
	}
	return false;
}

static bool has_one(const char *directory)
{
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (snprintf(path, sizeof(path), "%s/%s", directory, names[i]) <
			    (int)sizeof(path) &&
		    stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
			return true;
	return false;
}

/* As Task goes: up to the root, but not into a directory that is another user's. */
static bool has_one_above(const char *directory)
{
	char path[PATH_MAX];
	struct stat first, st;

	if (snprintf(path, sizeof(path), "%s", directory) >= (int)sizeof(path) ||
	    stat(path, &first) < 0)
		return false;
	while (stat(path, &st) == 0 && st.st_uid == first.st_uid) {
		char *slash = strrchr(path, '/');

		if (has_one(path))
			return true;
		if (!slash || !slash[1])
			return false;
		slash[slash == path] = '\0';
	}
	return false;
}

bool taskfile_is_ours(const char *const *argv, const char *directory, const char *home)
{
	return !says_which(argv) && !has_one_above(directory) && !(*home && has_one(home));
}
