/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_TREE_H
#define WINALUX_GUEST_TREE_H

#include <dirent.h>

/* Trees of files by descriptor and name, so that nobody can put a link in the way. */

/*
 * Copies a file, a link or a directory with all below it, modes and times of files included; what
 * is none of these is left out. -1 with errno when something could not be copied; the rest is.
 */
int tree_copy(int from, const char *from_name, int to, const char *to_name);
/* Removes whatever has the name, as far as it can. */
void tree_remove(int at, const char *name);

/* fdopendir(3) of what openat(2) returned: takes the descriptor; NULL with errno. */
DIR *tree_open(int fd);
/* The next entry that is not "." or "..", or NULL. */
const char *tree_next(DIR *directory);

#endif
