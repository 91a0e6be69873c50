/* SPDX-License-Identifier: MIT */
#include "winalux/base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"

enum { BUF_FIRST_CAP = 64 };

/* What an empty buffer points at (cap 0): never written, never freed. */
static char *shared_empty(void)
{
	return (char *)(uintptr_t) "";
}

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .data = shared_empty(), .max = max };
}

void buf_release(struct buf *b)
{
	if (!b)
		return;
	if (b->cap > 0)
		free(b->data);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->is_full = false;
	if (b->cap > 0)
		b->data[0] = '\0';
	else
		b->data = shared_empty();
}

/* Room for more bytes and the NUL. False, and the buffer is full, where max forbids it. */
static bool make_room(struct buf *b, size_t more)
{
	if (b->is_full || b->len > b->max || more > b->max - b->len || more >= SIZE_MAX - b->len) {
		b->is_full = true;
		return false;
	}
	size_t wanted = b->len + more + 1;
	if (wanted <= b->cap)
		return true;

	size_t cap = b->cap ? b->cap : BUF_FIRST_CAP;
	while (cap < wanted)
		cap = cap <= SIZE_MAX / 2 ? cap * 2 : wanted;
	if (b->max < cap)
		cap = b->max + 1;
	b->data = xreallocarray(b->cap ? b->data : NULL, cap, 1);
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (!make_room(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_add_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_add_vf(b, fmt, ap);
	va_end(ap);
}

void buf_add_vf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int wanted = vsnprintf(NULL, 0, fmt, ap);
	if (wanted < 0)
		b->is_full = true;
	else if (make_room(b, (size_t)wanted)) {
		vsnprintf(b->data + b->len, (size_t)wanted + 1, fmt, again);
		b->len += (size_t)wanted;
	}
	va_end(again);
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void buf_add_escaped(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (is_alnum(*text) || strchr("-._~", *text))
			buf_add_char(b, *text);
		else
			buf_addf(b, "%%%02X", (unsigned char)*text);
	}
}

/* Bytes at the start of text that may be shown as they are, 0 if the first must be escaped. */
static size_t printable_bytes(const char *text, size_t len, bool keep_newline)
{
	uint32_t code;
	size_t used = utf8_decode(text, len, &code);

	if (used > 0 && utf8_is_control(code) && !(keep_newline && code == '\n'))
		return 0;
	return used;
}

void buf_add_printable(struct buf *b, const char *text, size_t len, bool keep_newline)
{
	while (len > 0) {
		size_t used = printable_bytes(text, len, keep_newline);

		if (used > 0) {
			buf_add(b, text, used);
		} else {
			buf_addf(b, "\\x%02x", (unsigned char)*text);
			used = 1;
		}
		text += used;
		len -= used;
	}
}

void buf_consume(struct buf *b, size_t len)
{
	if (len > b->len)
		len = b->len;
	if (len == 0)
		return;
	b->len -= len;
	memmove(b->data, b->data + len, b->len + 1);
}

char *buf_take(struct buf *b)
{
	char *text = b->cap > 0 ? b->data : xstrdup("");

	buf_init(b, b->max);
	return text;
}
