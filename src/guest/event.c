/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/utf8.h"

/* Always kept free: the quote that ends a value, and the end of a cut object. */
static const char cut_end[] = "\",\"cut\":true}\n";
static const char replacement[] = "\xef\xbf\xbd";

static bool has_room(const struct event *e, size_t more)
{
	return !e->is_cut && e->len + more + sizeof(cut_end) <= sizeof(e->text);
}

static bool add(struct event *e, const char *text, size_t len)
{
	if (!has_room(e, len)) {
		e->is_cut = true;
		return false;
	}
	memcpy(e->text + e->len, text, len);
	e->len += len;
	return true;
}

/* The two-character escapes of RFC 8259, section 7; 0 where there is none. */
static char short_escape(unsigned char c)
{
	static const char escapes[256] = {
		['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
	};

	return escapes[c];
}

/* One character of len > 0 bytes; returns the bytes used, 0 when there is no room. */
static size_t add_character(struct event *e, const char *text, size_t len)
{
	unsigned char first = (unsigned char)*text;
	char escape[8] = { '\\', short_escape(first) };
	uint32_t code;
	size_t used = utf8_decode(text, len, &code);

	if (used == 0)
		return add(e, replacement, sizeof(replacement) - 1) ? 1 : 0;
	if (escape[1])
		return add(e, escape, 2) ? 1 : 0;
	if (utf8_is_control(code)) {
		snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)code);
		return add(e, escape, 6) ? used : 0;
	}
	return add(e, text, used) ? used : 0;
}

/* ,"key": with room for the smallest value behind it. A key is ours: nothing in it to escape. */
static bool add_key(struct event *e, const char *key)
{
	size_t len = strlen(key);

	if (!has_room(e, len + 6)) {
		e->is_cut = true;
		return false;
	}
	if (e->len > 1)
		add(e, ",", 1);
	add(e, "\"", 1);
	add(e, key, len);
	return add(e, "\":", 2);
}

void event_start(struct event *e, const char *name)
{
	e->len = 1;
	e->text[0] = '{';
	e->is_cut = false;
	event_text(e, "event", name);
}

void event_text(struct event *e, const char *key, const char *value)
{
	event_bytes(e, key, value, strlen(value));
}

void event_bytes(struct event *e, const char *key, const char *value, size_t len)
{
	if (!add_key(e, key))
		return;
	add(e, "\"", 1);
	while (len > 0) {
		size_t used = add_character(e, value, len);

		if (used == 0)
			break;
		value += used;
		len -= used;
	}
	e->text[e->len++] = '"'; /* kept free by cut_end */
}

void event_number(struct event *e, const char *key, int64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, value);

	if (!has_room(e, strlen(key) + 6 + (size_t)len)) {
		e->is_cut = true;
		return;
	}
	add_key(e, key);
	add(e, digits, (size_t)len);
}

void event_end(struct event *e)
{
	const char *end = e->is_cut ? cut_end + 1 : "}\n";
	size_t len = strlen(end);

	memcpy(e->text + e->len, end, len);
	e->len += len;
}
