/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_TOKEN_HASH_H
#define WINALUX_FORMAT_TOKEN_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct token;

/* What the host writes into a workspace and its guest checks: docs/design/gate.md. */
enum { TOKEN_SALT_BYTES = 16, TOKEN_HASH_BYTES = 32, TICKET_MAC_BYTES = 16 };

/* BLAKE2b-256(key = salt, the token's 16 bytes) */
void token_hash(const struct token *token, const uint8_t salt[static 16], uint8_t ret[static 32]);

/*
 * BLAKE2b-128(key = hash, "winalux ticket 1", expiry, nonce), each part with its length in front
 * (8 bytes, the lowest first); expiry and nonce as they stand in the ticket's text.
 */
void token_ticket_mac(const uint8_t hash[static 32], const char *expiry, const char *nonce,
		      uint8_t ret[static 16]);

/* Takes the same time wherever the first difference is. */
bool token_bytes_equal(const void *a, const void *b, size_t len);

#endif
