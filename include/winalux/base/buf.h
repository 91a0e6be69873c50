/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_BUF_H
#define WINALUX_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A growing byte buffer with a hard maximum named at its birth. data is always NUL-terminated
 * (the NUL is not counted in len) once initialised. When an addition would pass max, nothing is
 * added, is_full is set and stays set until buf_clear: callers add freely and look once at the end.
 */
struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;
	bool is_full;
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); /* accepts NULL and zeroed; for DEFER */
void buf_clear(struct buf *b);   /* empties, keeps the memory and the maximum */

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_add_vf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Percent-escapes all but RFC 3986 unreserved characters: for one URL path segment or query value.
 */
void buf_add_escaped(struct buf *b, const char *text);

/* Text from outside for people: control characters (C0, DEL, C1) become \xNN, "\n" stays if asked.
 */
void buf_add_printable(struct buf *b, const char *text, size_t len, bool keep_newline);

/* Removes the first len bytes (a consumer of a stream). */
void buf_consume(struct buf *b, size_t len);

/* Hands the text over to the caller, who frees it; the buffer is as after buf_init. Never NULL. */
char *buf_take(struct buf *b);

#endif
