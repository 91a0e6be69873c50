/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_UTF8_H
#define WINALUX_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Well-formed UTF-8 as in Unicode's table 3-7: no overlong forms, no surrogates, nothing above
 * U+10FFFF. Independent of the locale.
 */

/* Bytes of the first character of text (1 to 4) with its code point, or 0 where it is broken. */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret_code);

bool utf8_is_valid(const char *text, size_t len);

/* C0, DEL and C1, and what turns the direction of a line (Unicode's Bidi_Control): text from
 * outside could make a terminal show something else with them. */
bool utf8_is_control(uint32_t code);

/* The largest n <= len at which well-formed text may be cut without splitting a character. */
size_t utf8_cut(const char *text, size_t len);

/* Columns of a terminal that a printable character takes: 0 (combining), 1 or 2 (wide). */
unsigned utf8_columns(uint32_t code);

#endif
