/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 4096, READS_PER_CALL = 16 };

void lines_clear(struct lines *l)
{
	l->len = 0;
	l->is_skipping = false;
}

static void hand_on(struct lines *l, lines_fn *on_line, void *context)
{
	size_t len = l->len;

	if (len > 0 && l->text[len - 1] == '\r')
		len--;
	on_line(context, l->text, len);
	l->len = 0;
}

/* A piece without newline. */
static void add_piece(struct lines *l, const char *data, size_t len, lines_fn *on_line,
		      void *context)
{
	size_t room = LINES_SIZE - l->len;

	if (l->is_skipping)
		return;
	memcpy(l->text + l->len, data, len < room ? len : room);
	l->len += len < room ? len : room;
	if (len > room) {
		hand_on(l, on_line, context);
		l->is_skipping = true;
	}
}

void lines_feed(struct lines *l, const char *data, size_t len, lines_fn *on_line, void *context)
{
	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t piece = newline ? (size_t)(newline - data) : len;

		add_piece(l, data, piece, on_line, context);
		if (!newline)
			return;
		if (!l->is_skipping)
			hand_on(l, on_line, context);
		l->is_skipping = false;
		data += piece + 1;
		len -= piece + 1;
	}
}

void lines_end(struct lines *l, lines_fn *on_line, void *context)
{
	if (l->len > 0)
		hand_on(l, on_line, context);
	l->is_skipping = false;
}

bool lines_read(struct lines *l, int fd, lines_fn *on_line, void *context)
{
	char chunk[READ_SIZE];

	for (int i = 0; i < READS_PER_CALL; i++) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0) {
			lines_end(l, on_line, context);
			return false;
		}
		lines_feed(l, chunk, (size_t)n, on_line, context);
	}
	return true;
}
