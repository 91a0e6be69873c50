/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_TOKEN_H
#define WINALUX_BASE_TOKEN_H

#include <stdint.h>

/*
 * An access token and its text (docs/design/gate.md): 28 characters of Crockford's base32 in groups
 * of four, two of them a check. Secrets: callers wipe both with explicit_bzero.
 */
struct token {
	uint8_t bytes[16];
};

enum { TOKEN_TEXT_SIZE = 28 + 6 + 1 };

enum token_fault {
	TOKEN_FINE,
	TOKEN_TYPO,      /* the right number of characters, and the check says no */
	TOKEN_MALFORMED, /* another length, or characters that no token has */
};

void token_format(const struct token *token, char ret[static TOKEN_TEXT_SIZE]);

/*
 * Case, blanks and dashes do not matter; "O" is 0, "I" and "L" are 1. ret is only set when fine.
 * The time taken depends on the length and the alphabet, never on the value.
 */
enum token_fault token_parse(const char *text, struct token *ret);

#endif
