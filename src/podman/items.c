/* SPDX-License-Identifier: MIT */
#include "items.h"

#include <limits.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/format/json.h"

enum { ITEM_MAX = 4 << 20, NESTING_MAX = 1000 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool give(struct items *s, items_fn fn, void *context)
{
	bool is_empty = s->text.len == 0;
	bool wants_more = !s->text.is_full && (is_empty || fn(s->text.data, s->text.len, context));

	s->is_bad = s->is_bad || s->text.is_full;
	buf_clear(&s->text);
	return wants_more;
}

static bool fail(struct items *s)
{
	s->is_bad = true;
	return false;
}

/* A byte outside of the array: blanks, its bracket, or "null" instead of it. */
static bool feed_outside(struct items *s, char byte)
{
	if (is_blank(byte))
		return true;
	if (s->is_whole)
		return fail(s);
	if (byte == '[' && s->text.len == 0) {
		s->depth = 1;
		return true;
	}
	buf_add_char(&s->text, byte);
	if (strncmp(s->text.data, "null", s->text.len) != 0)
		return fail(s);
	if (s->text.len == 4) {
		s->is_whole = true;
		buf_clear(&s->text);
	}
	return true;
}

/* A bracket or a comma within the array: true when the byte belongs to an element. */
static bool is_of_element(struct items *s, char byte)
{
	if (byte == '"')
		s->is_in_string = true;
	else if (byte == '{' || byte == '[')
		s->depth++;
	else if (byte == '}' || byte == ']')
		return --s->depth > 0;
	else if (byte == ',')
		return s->depth > 1;
	return true;
}

/* Bytes at the start of data that are inside of a string, without its end. */
static size_t skip_string(struct items *s, const char *data, size_t len)
{
	size_t i = 0;

	while (i < len) {
		if (s->is_escaped) {
			s->is_escaped = false;
			i++;
			continue;
		}
		const char *quote = memchr(data + i, '"', len - i);
		size_t end = quote ? (size_t)(quote - data) : len;
		const char *backslash = memchr(data + i, '\\', end - i);
		if (!backslash)
			return end;
		s->is_escaped = true;
		i = (size_t)(backslash - data) + 1;
	}
	return len;
}

/* Bytes at the start of data that mean nothing to us, outside of strings. */
static size_t skip_plain(const char *data, size_t len)
{
	static const bool is_mark[UCHAR_MAX + 1] = {
		['"'] = true, [','] = true, ['{'] = true, ['}'] = true, ['['] = true, [']'] = true
	};
	size_t i = 0;

	while (i < len && !is_mark[(unsigned char)data[i]])
		i++;
	return i;
}

bool items_feed(struct items *s, const char *data, size_t len, items_fn fn, void *context)
{
	size_t start = 0; /* of what has not been added to the element */

	for (size_t i = 0; i < len; i++) {
		if (s->depth == 0) {
			if (!feed_outside(s, data[i]))
				return false;
			start = i + 1;
			continue;
		}
		i += s->is_in_string ? skip_string(s, data + i, len - i)
				     : skip_plain(data + i, len - i);
		if (i == len)
			break;
		if (s->is_in_string) {
			s->is_in_string = false;
			continue;
		}
		if (is_of_element(s, data[i])) {
			if (s->depth > NESTING_MAX)
				return fail(s);
			continue;
		}
		buf_add(&s->text, data + start, i - start);
		start = i + 1;
		s->is_whole = s->depth == 0;
		if (!give(s, fn, context))
			return false;
	}
	if (s->depth > 0 && start < len)
		buf_add(&s->text, data + start, len - start);
	return true;
}

/* --- the call --- */

struct item_call {
	struct items items;
	struct json_reader *reader;
	item_fn fn;
	void *context;
	struct error why; /* of an element that is not JSON */
	bool has_failed;
};

static bool on_item(const char *text, size_t len, void *context)
{
	struct item_call *c = context;
	const struct json *item;

	if (json_reader_parse(c->reader, text, len, &item, &c->why) < 0) {
		c->has_failed = true;
		return false;
	}
	c->fn(item, c->context);
	return true;
}

static bool on_data(const char *data, size_t len, void *context)
{
	struct item_call *c = context;

	return items_feed(&c->items, data, len, on_item, c);
}

int podman_call_items(struct podman *podman, struct request *rq, item_fn fn, void *context,
		      struct error *err)
{
	struct item_call call = { .reader = json_reader_new(), .fn = fn, .context = context };

	buf_init(&call.items.text, ITEM_MAX);
	rq->on_data = on_data;
	rq->context = &call;
	int result = podman_call(podman, rq, NULL, err);
	if (result == 0 && call.has_failed)
		result = error_set(err, ERROR_PODMAN, "cannot %s: Podman's answer is not JSON: %s",
				   rq->what, call.why.text);
	else if (result == 0 && (call.items.is_bad || !call.items.is_whole))
		result = error_set(err, ERROR_PODMAN, "cannot %s: Podman's answer is not a list",
				   rq->what);
	buf_release(&call.items.text);
	json_reader_freep(&call.reader);
	return result;
}
