/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_GATE_FILE_H
#define WINALUX_GUEST_GATE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "winalux/format/token_hash.h"

struct error;

/*
 * What PID 1 knows of the token. The text is lines of tab-parted fields; unknown lines and further
 * fields are passed over:
 *
 *	winalux-gate	1
 *	token	SALT	HASH		hex
 *	unlock	TEXT			another TEXT than before ends a lockout
 */
enum { GATE_FILE_MAX_BYTES = 4096, GATE_FILE_UNLOCK_SIZE = 64 };

struct gate_file {
	uint8_t salt[TOKEN_SALT_SIZE];
	uint8_t hash[TOKEN_HASH_SIZE];
	char unlock[GATE_FILE_UNLOCK_SIZE]; /* "" when not said */
};

/* len bytes of text, no NUL needed behind them. ERROR_USAGE, and nothing set. */
int gate_file_parse(const char *text, size_t len, struct gate_file *ret, struct error *err);

int gate_file_read(const char *path, struct gate_file *ret, struct error *err);

#endif
