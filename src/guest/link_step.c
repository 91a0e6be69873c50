/* SPDX-License-Identifier: MIT */
#include "link_step.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

bool link_step(char *path, size_t size)
{
	char target[PATH_MAX];
	const ssize_t n = readlink(path, target, sizeof(target));
	char *slash = strrchr(path, '/');

	if (n <= 0 || n == sizeof(target))
		return false;
	char *at = *target == '/' || !slash ? path : slash + 1;
	if ((size_t)(at - path) + (size_t)n >= size)
		return false;
	memcpy(at, target, (size_t)n);
	at[n] = '\0';
	return true;
}
