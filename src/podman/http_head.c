/* SPDX-License-Identifier: MIT */
#include "http_head.h"

#include <string.h>
#include <strings.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum { CHUNK_MAX_DIGITS = 8 };

/* "HTTP/1.1 101 UPGRADED" */
static bool parse_status(const char *line, int *ret)
{
	uint64_t status;

	if (!parse_literal(&line, "HTTP/1.") || (*line != '0' && *line != '1'))
		return false;
	line++;
	if (!parse_spaces(&line) || !parse_u64(&line, 100, 999, &status) || (*line && *line != ' '))
		return false;
	*ret = (int)status;
	return true;
}

static const char *header_value(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	line += len + 1;
	return line + strspn(line, " \t");
}

static void parse_header(char *line, struct http_head *ret)
{
	const char *value;
	uint64_t length;

	for (size_t len = strlen(line); len > 0 && strchr(" \t", line[len - 1]); len--)
		line[len - 1] = '\0';
	if ((value = header_value(line, "Content-Length"))) {
		if (parse_whole_u64(value, 0, INT64_MAX, &length))
			ret->content_length = (int64_t)length;
	} else if ((value = header_value(line, "Transfer-Encoding"))) {
		ret->is_chunked = strcasecmp(value, "chunked") == 0;
	}
}

/* Cuts the first line off *text, without "\r\n". */
static char *next_line(char **text)
{
	char *line = *text;
	char *newline = strchr(line, '\n');

	if (!newline) {
		*text = line + strlen(line);
		return line;
	}
	*newline = '\0';
	if (newline > line && newline[-1] == '\r')
		newline[-1] = '\0';
	*text = newline + 1;
	return line;
}

/* Where the blank line ends, 0 if it has not come. */
static size_t find_end(const char *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		if (data[i] != '\n')
			continue;
		if (data[i + 1] == '\n')
			return i + 2;
		if (data[i + 1] == '\r' && i + 2 < len && data[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

ssize_t http_head_parse(const char *data, size_t len, struct http_head *ret)
{
	static const char magic[] = "HTTP/1.";
	size_t seen = len < sizeof(magic) - 1 ? len : sizeof(magic) - 1;
	struct http_head head = { .content_length = -1 };

	if (memcmp(data, magic, seen) != 0)
		return -1;
	size_t end = find_end(data, len);
	if (end > HTTP_HEAD_MAX || (!end && len >= HTTP_HEAD_MAX))
		return -1;
	if (!end)
		return 0;
	DEFER(freep) char *copy = xstrndup(data, end);
	char *at = copy;
	if (!parse_status(next_line(&at), &head.status))
		return -1;
	while (*at)
		parse_header(next_line(&at), &head);
	*ret = head;
	return (ssize_t)end;
}

/* --- chunks --- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum http_chunk_state end_of_size(struct http_chunks *c)
{
	c->digits = 0;
	c->is_blank = true;
	return c->left > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER;
}

static enum http_chunk_state feed_size(struct http_chunks *c, char byte)
{
	int digit = hex_digit(byte);

	if (digit >= 0) {
		if (++c->digits > CHUNK_MAX_DIGITS)
			return HTTP_CHUNK_BAD;
		c->left = c->left * 16 + (unsigned)digit;
		return HTTP_CHUNK_SIZE;
	}
	if (c->digits == 0)
		return HTTP_CHUNK_BAD;
	if (byte == '\n')
		return end_of_size(c);
	return byte == ';' || byte == '\r' || byte == ' ' || byte == '\t' ? HTTP_CHUNK_EXTENSION
									  : HTTP_CHUNK_BAD;
}

static enum http_chunk_state feed_trailer(struct http_chunks *c, char byte)
{
	if (byte == '\n' && c->is_blank)
		return HTTP_CHUNK_DONE;
	if (byte != '\r')
		c->is_blank = byte == '\n';
	return HTTP_CHUNK_TRAILER;
}

static enum http_chunk_state feed_byte(struct http_chunks *c, char byte)
{
	switch (c->state) {
	case HTTP_CHUNK_SIZE:
		return feed_size(c, byte);
	case HTTP_CHUNK_EXTENSION:
		return byte == '\n' ? end_of_size(c) : HTTP_CHUNK_EXTENSION;
	case HTTP_CHUNK_DATA_END:
		if (byte == '\r')
			return HTTP_CHUNK_DATA_END;
		return byte == '\n' ? HTTP_CHUNK_SIZE : HTTP_CHUNK_BAD;
	case HTTP_CHUNK_TRAILER:
		return feed_trailer(c, byte);
	case HTTP_CHUNK_DATA:
	case HTTP_CHUNK_DONE:
	case HTTP_CHUNK_BAD:
		break;
	}
	return c->state;
}

bool http_chunks_feed(struct http_chunks *c, const char *data, size_t len, struct buf *out)
{
	while (len > 0 && c->state != HTTP_CHUNK_DONE && c->state != HTTP_CHUNK_BAD) {
		size_t used = 1;

		if (c->state == HTTP_CHUNK_DATA) {
			used = c->left < len ? (size_t)c->left : len;
			buf_add(out, data, used);
			c->left -= used;
			if (c->left == 0)
				c->state = HTTP_CHUNK_DATA_END;
		} else {
			c->state = feed_byte(c, *data);
		}
		data += used;
		len -= used;
	}
	return c->state != HTTP_CHUNK_DONE && c->state != HTTP_CHUNK_BAD;
}
