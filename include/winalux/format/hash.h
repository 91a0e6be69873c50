/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_HASH_H
#define WINALUX_FORMAT_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * BLAKE2b (libsodium), truncated to 128 bits where a digest only has to tell inputs apart: names of
 * images, spec digests. Text forms are lower-case hex.
 */
enum { HASH_HEX_SIZE = 2 * 16 + 1 };

struct hash; /* incremental; on the heap because libsodium's state wants alignment */
struct hash *hash_new(void);
/* Adds a length-prefixed part, so that ("ab","c") and ("a","bc") differ. */
void hash_add(struct hash *h, const void *data, size_t len);
void hash_add_text(struct hash *h, const char *text); /* NULL differs from "" */
/* Ends and frees h. */
void hash_end(struct hash *h, char ret_hex[static HASH_HEX_SIZE]);

/*
 * The same with a key of 16 to 64 bytes, for what must not be made without it. hash_end_bytes ends
 * and frees h, and wipes what of the key is in it; len is 16 to 64 and the same in both calls.
 */
struct hash *hash_new_keyed(const void *key, size_t key_len, size_t len);
void hash_end_bytes(struct hash *h, void *ret, size_t len);

void hash_text(const char *text, char ret_hex[static HASH_HEX_SIZE]);
void hash_random_bytes(void *ret, size_t len);
/* 16 random bytes in hex. */
void hash_random_hex(char ret_hex[static HASH_HEX_SIZE]);
uint32_t hash_random_below(uint32_t bound); /* uniform in [0, bound) */

/* SHA-256 of data as OpenSSH prints fingerprints: "SHA256:" + unpadded base64. */
enum { HASH_FINGERPRINT_SIZE = 7 + 43 + 1 };
void hash_ssh_fingerprint(const void *data, size_t len, char ret[static HASH_FINGERPRINT_SIZE]);

/* Strict base64 (RFC 4648, padded). Adds to b; false where text is not base64. */
bool base64_decode(const char *text, size_t len, struct buf *b);

/* In the alphabet for URLs, with padding. Leaves no copy of data behind. */
void base64_encode_url(const void *data, size_t len, struct buf *b);

#endif
