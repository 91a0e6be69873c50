/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_TOKEN_HASH_H
#define WINALUX_FORMAT_TOKEN_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct token;

/*
 * What a workspace knows of its token, and what `winalux exec` proves with it
 * (docs/design/gate.md). The host and the guest link this one file, so both mean the same bytes.
 * Nothing here needs sodium_init().
 */

/* Names that both have to spell alike. */
#define TOKEN_VARIABLE "LC_WINALUX_TOKEN"
#define TICKET_VARIABLE "WINALUX_TICKET"
#define GATE_FILE_PATH "/etc/winalux/gate"
#define GATE_FILE_FIRST_LINE "winalux-gate\t1"

enum {
	TOKEN_SALT_SIZE = 16,
	TOKEN_HASH_SIZE = 32,
	TICKET_NONCE_SIZE = 16,
	TICKET_MAC_SIZE = 16,
	TICKET_TEXT_SIZE = 20 + 1 + 2 * TICKET_NONCE_SIZE + 1 + 2 * TICKET_MAC_SIZE + 1,
	TICKET_LIFE_S = 30,     /* of those that the host makes */
	TICKET_MAX_LIFE_S = 60, /* as seen inside: clocks of two machines may differ */
};

/* BLAKE2b-256 of the token's bytes, keyed with the salt. */
void token_hash(const struct token *token, const uint8_t salt[static TOKEN_SALT_SIZE],
		uint8_t ret[static TOKEN_HASH_SIZE]);

/* Takes the same time wherever the two differ. */
bool token_hash_equal(const uint8_t a[static TOKEN_HASH_SIZE],
		      const uint8_t b[static TOKEN_HASH_SIZE]);

struct ticket {
	uint64_t expiry_s; /* since the epoch */
	uint8_t nonce[TICKET_NONCE_SIZE];
};

/*
 * "EXPIRY.NONCE.MAC": EXPIRY in decimal digits, the others in lower-case hex. The MAC is
 * BLAKE2b-128, keyed with hash, of "winalux ticket 1", EXPIRY and NONCE as they stand in the text,
 * each with its length in front (8 bytes, lowest first).
 */
void ticket_format(const struct ticket *ticket, const uint8_t hash[static TOKEN_HASH_SIZE],
		   char ret[static TICKET_TEXT_SIZE]);

/* False, and nothing set, unless text is a ticket made with this hash. Its expiry is the caller's
 * business. */
bool ticket_parse(const char *text, const uint8_t hash[static TOKEN_HASH_SIZE], struct ticket *ret);

/* BLAKE2b-256 of anything. */
void bytes_hash(const void *data, size_t len, uint8_t ret[static TOKEN_HASH_SIZE]);

/* Exactly 2 x size lower-case hex digits into bytes, and back (with a NUL). */
bool hex_parse(const char **cursor, uint8_t *ret, size_t size);
void hex_format(const uint8_t *bytes, size_t size, char *ret);

#endif
