/* SPDX-License-Identifier: MIT */
/* Heads and chunked bodies of a hijacked connection; the first byte is the size of a piece. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "podman/http_head.h"
#include "winalux/base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_chunk_state decode(const char *data, size_t size, size_t piece, struct buf *out)
{
	struct http_chunks chunks = { .state = HTTP_CHUNK_SIZE };

	for (size_t at = 0; at < size; at += piece)
		if (!http_chunks_feed(&chunks, data + at, size - at < piece ? size - at : piece,
				      out))
			break;
	return chunks.state;
}

static void compare(const char *data, size_t size, size_t piece)
{
	struct buf whole, pieces;

	buf_init(&whole, 1 << 20);
	buf_init(&pieces, 1 << 20);
	enum http_chunk_state a = decode(data, size, size ? size : 1, &whole);
	enum http_chunk_state b = decode(data, size, piece, &pieces);
	if (a != b || whole.len != pieces.len || memcmp(whole.data, pieces.data, whole.len) != 0)
		abort();
	if (whole.len > size)
		abort();
	buf_release(&whole);
	buf_release(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_head head;

	if (size < 1)
		return 0;
	const char *text = (const char *)data + 1;
	ssize_t used = http_head_parse(text, size - 1, &head);
	if (used > (ssize_t)size - 1 || (used > 0 && (head.status < 100 || head.status > 999)))
		abort();
	size_t skip = used > 0 ? (size_t)used : 0;
	compare(text + skip, size - 1 - skip, data[0] ? data[0] : 1);
	return 0;
}
