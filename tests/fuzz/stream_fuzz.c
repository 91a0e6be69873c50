/* SPDX-License-Identifier: MIT */
/*
 * Frames, lines and list elements, fed in pieces: the first byte of the input is the size of a
 * piece. What comes out must not depend on it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "podman/items.h"
#include "podman/stream.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 4 << 20 };

struct sink {
	struct lines lines[2];
	struct buf text;
};

static bool on_line(const char *line, size_t len, void *context)
{
	struct buf *text = context;

	buf_addf(text, "%zu:", len);
	buf_add(text, line, len);
	return true;
}

static bool on_frame(enum frame_stream stream, bool is_start, const char *data, size_t len,
		     void *context)
{
	struct sink *sink = context;

	if (is_start)
		buf_addf(&sink->text, "[%d]", stream);
	return lines_feed(&sink->lines[stream & 1], data, len, on_line, &sink->text);
}

typedef bool (*feed_fn)(void *parser, const char *data, size_t len, void *sink);

static bool feed_frames(void *parser, const char *data, size_t len, void *sink)
{
	return frames_feed(parser, data, len, on_frame, sink);
}

static bool feed_items(void *parser, const char *data, size_t len, void *sink)
{
	return items_feed(parser, data, len, on_line, sink);
}

static void feed_all(feed_fn feed, void *parser, const char *data, size_t size, size_t piece,
		     void *sink)
{
	for (size_t at = 0; at < size; at += piece)
		if (!feed(parser, data + at, size - at < piece ? size - at : piece, sink))
			return;
}

/* The caller frees it. */
static char *run_frames(const char *data, size_t size, size_t piece)
{
	struct frames frames = { 0 };
	struct sink sink;

	buf_init(&sink.text, OUT_MAX);
	lines_init(&sink.lines[0], 64);
	lines_init(&sink.lines[1], 64);
	feed_all(feed_frames, &frames, data, size, piece, &sink);
	lines_end(&sink.lines[0], on_line, &sink.text);
	lines_end(&sink.lines[1], on_line, &sink.text);
	buf_addf(&sink.text, " %d %d", frames.is_bad, frames_is_whole(&frames));
	char *text = buf_take(&sink.text);
	lines_release(&sink.lines[0]);
	lines_release(&sink.lines[1]);
	return text;
}

static char *run_items(const char *data, size_t size, size_t piece)
{
	struct items items = { 0 };
	struct buf text;

	buf_init(&text, OUT_MAX);
	buf_init(&items.text, 4096);
	feed_all(feed_items, &items, data, size, piece, &text);
	buf_addf(&text, " %d %d", items.is_bad, items.is_whole);
	buf_release(&items.text);
	return buf_take(&text);
}

static void compare(char *(*run)(const char *, size_t, size_t), const char *data, size_t size,
		    size_t piece)
{
	DEFER(freep) char *whole = run(data, size, size ? size : 1);
	DEFER(freep) char *pieces = run(data, size, piece);

	if (strcmp(whole, pieces) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	size_t piece = data[0] ? data[0] : 1;
	compare(run_frames, (const char *)data + 1, size - 1, piece);
	compare(run_items, (const char *)data + 1, size - 1, piece);
	return 0;
}
