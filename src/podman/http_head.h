/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_HTTP_HEAD_H
#define WINALUX_SRC_PODMAN_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;

/*
 * The little of HTTP/1.1 (RFC 9112) that a hijacked connection needs: libcurl does not hand over
 * what follows a 101.
 */
enum { HTTP_HEAD_MAX = 64 << 10 };

struct http_head {
	int status;
	bool is_chunked;
	int64_t content_length; /* -1: not given */
};

/*
 * Reads a response head out of the first bytes of a connection. Returns its length with the blank
 * line, 0 while it is incomplete, -1 when it is not HTTP/1 or longer than HTTP_HEAD_MAX.
 */
ssize_t http_head_parse(const char *data, size_t len, struct http_head *ret);

enum http_chunk_state {
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK_EXTENSION,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_DATA_END,
	HTTP_CHUNK_TRAILER,
	HTTP_CHUNK_DONE,
	HTTP_CHUNK_BAD
};

/* A body with "Transfer-Encoding: chunked". A zeroed struct is ready. */
struct http_chunks {
	enum http_chunk_state state;
	uint64_t left; /* of this chunk; while the size is read: so far */
	unsigned digits;
	bool is_blank; /* the trailer line so far */
};

/* Adds what is decoded to out. False at HTTP_CHUNK_DONE and HTTP_CHUNK_BAD; nothing more is read
 * then. */
bool http_chunks_feed(struct http_chunks *c, const char *data, size_t len, struct buf *out);

#endif
