/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_RESOURCE_H
#define WINALUX_BASE_RESOURCE_H

#include <stddef.h>

/*
 * Files that the build put into the program (tools/embed.sh): "profiles/web.yml",
 * "Containerfiles/profile/Containerfile", "guest/amd64/winalux-guest", "guest/sshd_config",
 * "seccomp.json". The table is sorted by name and ends with a NULL name. Data is followed by a NUL
 * byte that is not counted.
 */
struct resource {
	const char *name;
	const unsigned char *data;
	size_t size;
	const char *digest; /* BLAKE2b-128 of the data, in hex */
	unsigned mode;      /* permission bits in the source tree, 0644 or 0755 */
};

extern const struct resource resources[];

/* NULL when there is none. */
const struct resource *resource_find(const char *name);

#endif
