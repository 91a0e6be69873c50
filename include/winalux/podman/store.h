/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_STORE_H
#define WINALUX_PODMAN_STORE_H

#include <stdbool.h>
#include <stdint.h>

struct json;

/* A file system that Podman writes to. Release with store_space_release. */
struct store_space {
	char *path; /* the directory that Podman names, on the server */
	uint64_t free_bytes;
	uint64_t floor_bytes; /* it should have no less */
};
void store_space_release(struct store_space *s); /* accepts zeroed */

/* "0.4 GiB free in '/data', 1 GiB wanted". The caller frees it. */
char *store_space_text(const struct store_space *s);

/*
 * The one with the least beyond its floor, of what GET /info names: graph root and volumes, for
 * which floor_bytes is meant, and run root, which takes little and often is a small tmpfs: 16 MiB.
 * False where nothing is known of any.
 */
bool store_find_tightest(const struct json *info, uint64_t floor_bytes, struct store_space *ret);

/* Of one directory, as seen from here. False where it is not there. */
bool store_look_at(const char *path, uint64_t floor_bytes, struct store_space *ret);

#endif
