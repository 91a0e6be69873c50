/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_KEY_H
#define WINALUX_WORKSPACE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "winalux/base/token.h"

struct error;

/*
 * The key that access tokens are derived from (docs/design/gate.md): one line "winalux-key-1 " and
 * 64 hexadecimal digits in a file of mode 0600. A secret: callers wipe it with key_clear, and
 * tokens with token_clear. Neither is ever logged.
 */
struct key {
	uint8_t bytes[32];
};
void key_clear(struct key *key);       /* for DEFER too */
void token_clear(struct token *token); /* the same */

enum { KEY_FINGERPRINT_SIZE = 16 + 1 };

/* The text of a key file. False for anything else; *ret may be written to then. */
bool key_parse(const char *text, struct key *ret);

/*
 * ERROR_NOT_FOUND when there is no such file; ERROR_HOST when it cannot be read, is no key, is open
 * to others, or belongs to somebody who is neither this user nor root.
 */
int key_load(const char *path, struct key *ret, struct error *err);
void key_random(struct key *ret);
/*
 * Writes a file that was not there before, directory included. ERROR_CONFLICT when there is one: it
 * is never overwritten.
 */
int key_save(const struct key *key, const char *path, struct error *err);

/* The file that symbolic links at path lead to; path where there is none. The caller frees it. */
char *key_file_behind(const char *path);

/*
 * Keeps others from replacing the key at the same time, from before it is read until its tokens are
 * made: a descriptor to close (of PATH.lock, which stays). ERROR_CONFLICT while somebody has it.
 */
int key_lock(const char *path, struct error *err);

/*
 * Puts fresh in the place of old, which is kept beside as PATH.old-DATE; path is no symbolic link.
 * At any moment there is a key at path, the old one or the new one, and both are somewhere. Under
 * key_lock().
 */
int key_replace(const char *path, const struct key *old, const struct key *fresh,
		struct error *err);

/* Tells keys apart and gives nothing away: 16 hexadecimal digits. */
void key_fingerprint(const struct key *key, char ret[static KEY_FINGERPRINT_SIZE]);

/* Of the key in a file; "" where there is none that can be used. */
void key_fingerprint_at(const char *path, char ret[static KEY_FINGERPRINT_SIZE]);

/* id: text, as in the workspace's state. salt: 16 bytes. */
void key_derive_token(const struct key *key, const char *id, const uint8_t salt[static 16],
		      struct token *ret);

#endif
