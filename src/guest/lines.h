/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_LINES_H
#define WINALUX_GUEST_LINES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Lines out of a pipe, without allocation. A line longer than LINES_SIZE is handed on as its first
 * LINES_SIZE bytes; the rest is passed over. "\n" ends a line, a "\r" in front of it goes too.
 */
enum { LINES_SIZE = 2000 };

struct lines {
	char text[LINES_SIZE];
	size_t len;
	bool is_skipping; /* behind a long line's beginning */
};

typedef void lines_fn(void *context, const char *line, size_t len);

void lines_clear(struct lines *l);
void lines_feed(struct lines *l, const char *data, size_t len, lines_fn *on_line, void *context);

/* What stands without a newline at the end of the stream. */
void lines_end(struct lines *l, lines_fn *on_line, void *context);

/*
 * Reads what a non-blocking descriptor has, at most 64 KiB a call so that nobody else waits. False
 * at the end of the stream (lines_end has run then) or on an error.
 */
bool lines_read(struct lines *l, int fd, lines_fn *on_line, void *context);

#endif
