/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <string.h>

static uint32_t read_be32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The header is complete: begins a frame. */
static bool begin_frame(struct frames *f, frame_fn fn, void *context)
{
	const unsigned char *h = f->header;

	if (h[0] >= FRAME_STREAM_COUNT || h[1] || h[2] || h[3]) {
		f->is_bad = true;
		return false;
	}
	f->left = read_be32(h + 4);
	if (f->left == 0)
		f->have = 0;
	return fn((enum frame_stream)h[0], true, "", 0, context);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool frames_feed(struct frames *f, const char *data, size_t len, frame_fn fn, void *context)
{
	while (len > 0) {
		size_t used;

		if (f->have < FRAME_HEADER_SIZE) {
			used = smaller(FRAME_HEADER_SIZE - f->have, len);
			memcpy(f->header + f->have, data, used);
			f->have += used;
			if (f->have == FRAME_HEADER_SIZE && !begin_frame(f, fn, context))
				return false;
		} else {
			used = smaller(f->left, len);
			f->left -= (uint32_t)used;
			if (f->left == 0)
				f->have = 0;
			if (!fn((enum frame_stream)f->header[0], false, data, used, context))
				return false;
		}
		data += used;
		len -= used;
	}
	return true;
}

bool frames_is_whole(const struct frames *f)
{
	return f->have == 0;
}

void lines_init(struct lines *l, size_t max)
{
	*l = (struct lines){ 0 };
	buf_init(&l->text, max);
}

void lines_release(struct lines *l)
{
	if (l)
		buf_release(&l->text);
}

/* As much as there is room for: a long line is cut, not lost. */
static void add_cut(struct buf *b, const char *data, size_t len)
{
	buf_add(b, data, smaller(len, b->max - b->len));
}

static bool give_line(struct lines *l, line_fn fn, void *context)
{
	if (l->text.len > 0 && l->text.data[l->text.len - 1] == '\r')
		l->text.data[--l->text.len] = '\0';
	bool wants_more = fn(l->text.data, l->text.len, context);
	buf_clear(&l->text);
	l->is_open = false;
	return wants_more;
}

bool lines_feed(struct lines *l, const char *data, size_t len, line_fn fn, void *context)
{
	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t used = newline ? (size_t)(newline - data) : len;

		add_cut(&l->text, data, used);
		l->is_open = true;
		if (!newline)
			break;
		if (!give_line(l, fn, context))
			return false;
		data += used + 1;
		len -= used + 1;
	}
	return true;
}

bool lines_end(struct lines *l, line_fn fn, void *context)
{
	return l->is_open ? give_line(l, fn, context) : true;
}
