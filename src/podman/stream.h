/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_STREAM_H
#define WINALUX_SRC_PODMAN_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/buf.h"

/*
 * Taking apart what comes in pieces of any size. Feeders return false when they or the callback
 * want no more; nothing may be fed after that.
 */

enum frame_stream { FRAME_STDIN, FRAME_STDOUT, FRAME_STDERR, FRAME_ERROR, FRAME_STREAM_COUNT };
enum { FRAME_HEADER_SIZE = 8 };

/* A part of a frame's payload; is_start on the first part of each frame (also of an empty one). */
typedef bool (*frame_fn)(enum frame_stream stream, bool is_start, const char *data, size_t len,
			 void *context);

/*
 * Frames {stream, 0, 0, 0, length as 32 bit big endian} of logs and of exec without a terminal. A
 * zeroed struct is ready. is_bad: the bytes are no frames.
 */
struct frames {
	unsigned char header[FRAME_HEADER_SIZE];
	size_t have;   /* bytes of the header */
	uint32_t left; /* of the payload */
	bool is_bad;
};
bool frames_feed(struct frames *f, const char *data, size_t len, frame_fn fn, void *context);
/* Whether the input may end here: between two frames. */
bool frames_is_whole(const struct frames *f);

typedef bool (*line_fn)(const char *line, size_t len, void *context); /* NUL-terminated */

/* Lines without their newline and a carriage return before it, the rest of one beyond max dropped.
 */
struct lines {
	struct buf text;
	bool is_open; /* a line has begun */
};
void lines_init(struct lines *l, size_t max);
void lines_release(struct lines *l);
bool lines_feed(struct lines *l, const char *data, size_t len, line_fn fn, void *context);
/* Gives a last line that has no newline. */
bool lines_end(struct lines *l, line_fn fn, void *context);

#endif
