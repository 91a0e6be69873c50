/* SPDX-License-Identifier: MIT */
#include "winalux/format/token_hash.h"

#include <string.h>

#include <sodium.h>

#include "winalux/base/token.h"

void token_hash(const struct token *token, const uint8_t salt[static 16], uint8_t ret[static 32])
{
	crypto_generichash(ret, TOKEN_HASH_BYTES, token->bytes, sizeof(token->bytes), salt,
			   TOKEN_SALT_BYTES);
}

static void add_part(crypto_generichash_state *state, const char *text)
{
	const size_t len = strlen(text);
	uint8_t prefix[8];

	for (size_t i = 0; i < sizeof(prefix); i++)
		prefix[i] = (uint8_t)((uint64_t)len >> (8 * i));
	crypto_generichash_update(state, prefix, sizeof(prefix));
	crypto_generichash_update(state, (const uint8_t *)text, len);
}

void token_ticket_mac(const uint8_t hash[static 32], const char *expiry, const char *nonce,
		      uint8_t ret[static 16])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, hash, TOKEN_HASH_BYTES, TICKET_MAC_BYTES);
	add_part(&state, "winalux ticket 1");
	add_part(&state, expiry);
	add_part(&state, nonce);
	crypto_generichash_final(&state, ret, TICKET_MAC_BYTES);
	explicit_bzero(&state, sizeof(state));
}

bool token_bytes_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}
