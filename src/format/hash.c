/* SPDX-License-Identifier: MIT */
#include "winalux/format/hash.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"

enum { HASH_BYTES = (HASH_HEX_SIZE - 1) / 2 };

struct hash {
	crypto_generichash_state state;
};

/* Cheap after the first time and safe from any thread. It fails only without a random source. */
static void need_sodium(void)
{
	if (sodium_init() < 0)
		abort();
}

struct hash *hash_new_keyed(const void *key, size_t key_len, size_t len)
{
	struct hash *h = aligned_alloc(alignof(struct hash), sizeof(*h));

	need_sodium();
	if (!h || crypto_generichash_init(&h->state, key, key_len, len) != 0)
		abort();
	return h;
}

struct hash *hash_new(void)
{
	return hash_new_keyed(NULL, 0, HASH_BYTES);
}

static void add_length(struct hash *h, uint64_t len)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(len >> (8 * i)); /* the same on every architecture */
	crypto_generichash_update(&h->state, bytes, sizeof(bytes));
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	add_length(h, len);
	crypto_generichash_update(&h->state, data, len);
}

void hash_add_text(struct hash *h, const char *text)
{
	if (text)
		hash_add(h, text, strlen(text));
	else
		add_length(h, UINT64_MAX); /* a length that no text has */
}

void hash_end_bytes(struct hash *h, void *ret, size_t len)
{
	crypto_generichash_final(&h->state, ret, len);
	explicit_bzero(h, sizeof(*h));
	free(h);
}

void hash_end(struct hash *h, char ret_hex[static HASH_HEX_SIZE])
{
	unsigned char digest[HASH_BYTES];

	hash_end_bytes(h, digest, sizeof(digest));
	sodium_bin2hex(ret_hex, HASH_HEX_SIZE, digest, sizeof(digest));
}

void hash_text(const char *text, char ret_hex[static HASH_HEX_SIZE])
{
	struct hash *h = hash_new();

	hash_add_text(h, text);
	hash_end(h, ret_hex);
}

void hash_random_hex(char ret_hex[static HASH_HEX_SIZE])
{
	unsigned char bytes[HASH_BYTES];

	hash_random_bytes(bytes, sizeof(bytes));
	sodium_bin2hex(ret_hex, HASH_HEX_SIZE, bytes, sizeof(bytes));
}

void hash_random_bytes(void *ret, size_t len)
{
	need_sodium();
	randombytes_buf(ret, len);
}

uint32_t hash_random_below(uint32_t bound)
{
	need_sodium();
	return randombytes_uniform(bound);
}

void hash_ssh_fingerprint(const void *data, size_t len, char ret[static HASH_FINGERPRINT_SIZE])
{
	static const char prefix[] = "SHA256:";
	unsigned char digest[crypto_hash_sha256_BYTES];

	need_sodium();
	crypto_hash_sha256(digest, data, len);
	memcpy(ret, prefix, sizeof(prefix));
	sodium_bin2base64(ret + sizeof(prefix) - 1, HASH_FINGERPRINT_SIZE - sizeof(prefix) + 1,
			  digest, sizeof(digest), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

bool base64_decode(const char *text, size_t len, struct buf *b)
{
	size_t cap = len / 4 * 3 + 3, used;
	DEFER(freep) unsigned char *bytes = xmalloc(cap);

	if (sodium_base642bin(bytes, cap, text, len, NULL, &used, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	buf_add(b, bytes, used);
	return true;
}

void base64_encode_url(const void *data, size_t len, struct buf *b)
{
	const size_t size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_URLSAFE);
	char *text = xmalloc(size);

	sodium_bin2base64(text, size, data, len, sodium_base64_VARIANT_URLSAFE);
	buf_add_str(b, text);
	sodium_memzero(text, size);
	free(text);
}
