/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_KNOWN_KEYS_H
#define WINALUX_GUEST_KNOWN_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The ssh keys with which somebody was let in: a lockout spares them. Fingerprints
 * ("SHA256:…"), the latest 64; kept in a file, so that a restart of PID 1 forgets none.
 */
enum { KNOWN_KEYS_MAX = 64, KNOWN_KEY_SIZE = 64 };

/* Zeroed memory knows none. */
struct known_keys {
	const char *path; /* NULL: kept nowhere */
	char items[KNOWN_KEYS_MAX][KNOWN_KEY_SIZE];
	size_t next; /* a ring */
};

/* From now on kept at path; what is there already is known. */
void known_keys_open(struct known_keys *k, const char *path);
bool known_keys_have(const struct known_keys *k, const char *key); /* "" is none */
void known_keys_add(struct known_keys *k, const char *key);

#endif
