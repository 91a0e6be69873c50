/* SPDX-License-Identifier: MIT */
/* Also used before the C library has begun (shortcut.c): nothing of it is called here. */
#include "shell_name.h"

/*
 * busybox as a whole: what it becomes lies in argv, and an entry that may begin any of its applets
 * ("env", "nice", "find -exec") has a shell. It finds its applet by the argv[0] that it is given.
 */
const char *const shell_names[] = { "sh", "bash", "dash", "zsh", "fish", "busybox", NULL };

static bool is_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static const char *last_part(const char *path)
{
	const char *last = path;

	for (; *path; path++)
		if (*path == '/')
			last = path + 1;
	return last;
}

const char *shell_name_of(const char *path)
{
	const char *base = last_part(path);

	if (*base == '-')
		base++;
	for (size_t i = 0; shell_names[i]; i++)
		if (is_equal(shell_names[i], base))
			return shell_names[i];
	return NULL;
}

bool shell_is_of_script(const char *file, int argc, char *const *argv)
{
	if (argc < 2 || argv[0][0] != '/')
		return false;
	return is_equal(argv[1], file) || (argc > 2 && is_equal(argv[2], file));
}

bool shell_is_ssh_entry(int argc, char *const *argv)
{
	return argc == 3 && is_equal(argv[1], "-c") && is_equal(argv[2], SHELL_ENTRY_COMMAND);
}
