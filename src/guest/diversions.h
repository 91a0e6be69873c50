/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_DIVERSIONS_H
#define WINALUX_GUEST_DIVERSIONS_H

#include <stddef.h>

struct error;

/*
 * dpkg's diversions, a file of three lines for each: the path in packages, where dpkg puts it
 * instead, and who says so (":" is the administrator). Two that share a path or a target stop dpkg
 * (lib/dpkg/db-fsys-divert.c).
 */
#define DIVERSIONS_PATH "/var/lib/dpkg/diversions"

struct diversion {
	char from[64];
	char to[64];
};

/*
 * Adds those of wanted that are not there, as the administrator's. A path that is diverted already
 * stays as it is. Nothing where there is no dpkg. The file is replaced at once and keeps its other
 * lines. ERROR_HOST.
 */
int diversions_add(const char *path, const struct diversion *wanted, size_t count,
		   struct error *err);

#endif
