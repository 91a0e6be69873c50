/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_PARSE_H
#define WINALUX_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Small parsers over NUL-terminated text. Shared convention: the cursor comes first; on success it
 * points behind what was read and true is returned; on failure nothing is changed.
 */
bool parse_literal(const char **cursor, const char *literal);
bool parse_char(const char **cursor, char c);
bool parse_end(const char **cursor);    /* at the terminating NUL */
bool parse_spaces(const char **cursor); /* one or more blanks or tabs */

/* Decimal digits without sign; false on overflow or when the value is outside [min, max]. */
bool parse_u64(const char **cursor, uint64_t min, uint64_t max, uint64_t *ret);

/* The longest run of at least one character that is in accept, as a slice of the text. */
bool parse_span(const char **cursor, const char *accept, const char **ret_start, size_t *ret_len);

/* Whole-string forms: the text must be used up. */
bool parse_whole_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
bool parse_whole_i64(const char *text, int64_t min, int64_t max, int64_t *ret);
bool parse_port(const char *text, uint16_t *ret); /* 1 to 65535, host order */

/* A plain decimal fraction such as "0.5" or "4", no exponent, in thousandths; max is in thousandths
 * too. */
bool parse_milli(const char *text, uint64_t max, uint64_t *ret_milli);

/* "90", "90s", "5m", "2h", "1d" to milliseconds; a bare number means seconds. */
bool parse_duration_ms(const char *text, uint64_t max_ms, uint64_t *ret_ms);

/* RFC 3339 in UTC or with an offset, fraction ignored, to seconds since the epoch. */
bool parse_rfc3339(const char *text, int64_t *ret_s);

#endif
