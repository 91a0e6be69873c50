/* SPDX-License-Identifier: MIT */
/*
 * crypto_generichash() without sodium_init() is the portable BLAKE2b, which is quick enough for a
 * few hundred bytes; so the static guest links nothing of libsodium but the hash.
 */
#include "winalux/format/token_hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium/crypto_generichash.h>
#include <sodium/utils.h>

#include "winalux/base/parse.h"
#include "winalux/base/token.h"

enum { NONCE_HEX_SIZE = 2 * TICKET_NONCE_SIZE + 1 };

static const char ticket_purpose[] = "winalux ticket 1";

void token_hash(const struct token *token, const uint8_t salt[static TOKEN_SALT_SIZE],
		uint8_t ret[static TOKEN_HASH_SIZE])
{
	crypto_generichash(ret, TOKEN_HASH_SIZE, token->bytes, sizeof(token->bytes), salt,
			   TOKEN_SALT_SIZE);
}

void bytes_hash(const void *data, size_t len, uint8_t ret[static TOKEN_HASH_SIZE])
{
	crypto_generichash(ret, TOKEN_HASH_SIZE, data, len, NULL, 0);
}

bool token_hash_equal(const uint8_t a[static TOKEN_HASH_SIZE],
		      const uint8_t b[static TOKEN_HASH_SIZE])
{
	return sodium_memcmp(a, b, TOKEN_HASH_SIZE) == 0;
}

/* -1 for what is no lower-case hex digit. */
static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

bool hex_parse(const char **cursor, uint8_t *ret, size_t size)
{
	const char *at = *cursor;

	for (size_t i = 0; i < 2 * size; i++)
		if (digit_of(at[i]) < 0)
			return false;
	for (size_t i = 0; i < size; i++, at += 2)
		ret[i] = (uint8_t)(digit_of(at[0]) << 4 | digit_of(at[1]));
	*cursor = at;
	return true;
}

void hex_format(const uint8_t *bytes, size_t size, char *ret)
{
	sodium_bin2hex(ret, 2 * size + 1, bytes, size);
}

static void add_part(crypto_generichash_state *state, const char *text)
{
	const size_t len = strlen(text);
	uint8_t length[8];

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)((uint64_t)len >> (8 * i));
	crypto_generichash_update(state, length, sizeof(length));
	crypto_generichash_update(state, (const uint8_t *)text, len);
}

static void make_mac(const char *expiry, const char *nonce,
		     const uint8_t hash[static TOKEN_HASH_SIZE],
		     uint8_t ret[static TICKET_MAC_SIZE])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, hash, TOKEN_HASH_SIZE, TICKET_MAC_SIZE);
	add_part(&state, ticket_purpose);
	add_part(&state, expiry);
	add_part(&state, nonce);
	crypto_generichash_final(&state, ret, TICKET_MAC_SIZE);
	sodium_memzero(&state, sizeof(state));
}

static void make_mac_of(const struct ticket *ticket, const uint8_t hash[static TOKEN_HASH_SIZE],
			uint8_t ret[static TICKET_MAC_SIZE])
{
	char expiry[24], nonce[NONCE_HEX_SIZE];

	snprintf(expiry, sizeof(expiry), "%" PRIu64, ticket->expiry_s);
	hex_format(ticket->nonce, sizeof(ticket->nonce), nonce);
	make_mac(expiry, nonce, hash, ret);
}

void ticket_format(const struct ticket *ticket, const uint8_t hash[static TOKEN_HASH_SIZE],
		   char ret[static TICKET_TEXT_SIZE])
{
	uint8_t mac[TICKET_MAC_SIZE];
	char nonce[NONCE_HEX_SIZE], mac_hex[2 * TICKET_MAC_SIZE + 1];

	make_mac_of(ticket, hash, mac);
	hex_format(ticket->nonce, sizeof(ticket->nonce), nonce);
	hex_format(mac, sizeof(mac), mac_hex);
	snprintf(ret, TICKET_TEXT_SIZE, "%" PRIu64 ".%s.%s", ticket->expiry_s, nonce, mac_hex);
}

bool ticket_parse(const char *text, const uint8_t hash[static TOKEN_HASH_SIZE], struct ticket *ret)
{
	struct ticket ticket;
	uint8_t mac[TICKET_MAC_SIZE], wanted[TICKET_MAC_SIZE];

	if (*text == '0' || !parse_u64(&text, 1, UINT64_MAX, &ticket.expiry_s) ||
	    !parse_char(&text, '.') || !hex_parse(&text, ticket.nonce, sizeof(ticket.nonce)) ||
	    !parse_char(&text, '.') || !hex_parse(&text, mac, sizeof(mac)) || *text)
		return false;
	make_mac_of(&ticket, hash, wanted);
	if (sodium_memcmp(mac, wanted, sizeof(mac)) != 0)
		return false;
	*ret = ticket;
	return true;
}
