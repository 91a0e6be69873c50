/* SPDX-License-Identifier: MIT */
#include "items.h"

#include <limits.h>
#include <string.h>

#include "winalux/base/mem.h"

enum { ITEM_MAX = 4 << 20, NESTING_MAX = 1000 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool fail(struct items *s)
{
	s->is_bad = true;
	return false;
}

/* rest: the end of the element; all of it where it came in one piece, which is not copied then. */
static bool give(struct items *s, const char *rest, size_t len, items_fn fn, void *context)
{
	const bool is_in_pieces = s->text.len > 0 || len > s->text.max;

	if (s->is_read) { /* nothing but blanks may follow */
		const size_t odd =
			json_span_of(s->text.data, s->text.len).len + json_span_of(rest, len).len;

		s->is_read = false;
		buf_clear(&s->text);
		return odd == 0 ? true : fail(s);
	}
	if (is_in_pieces)
		buf_add(&s->text, rest, len);
	const char *text = is_in_pieces ? s->text.data : rest;
	len = is_in_pieces ? s->text.len : len;
	bool wants_more = !s->text.is_full && (len == 0 || fn(text, len, context));

	s->is_bad = s->is_bad || s->text.is_full;
	buf_clear(&s->text);
	return wants_more;
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

/* Is what stands before data[at] an odd number of backslashes? */
static bool is_after_escape(const struct items *s, const char *data, size_t at)
{
	size_t first = at;

	while (first > 0 && data[first - 1] == '\\')
		first--;
	return ((at - first) % 2 == 1) != (first == 0 && s->is_escaped);
}

/* Bytes at the start of data that are inside of a string, without its end. */
static size_t skip_string(struct items *s, const char *data, size_t len)
{
	const char *quote = data;

	while ((quote = memchr(quote, '"', len - (size_t)(quote - data)))) {
		if (!is_after_escape(s, data, (size_t)(quote - data))) {
			s->is_escaped = false;
			return (size_t)(quote - data);
		}
		quote++;
	}
	s->is_escaped = is_after_escape(s, data, len);
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

/*
 * At the bracket that an element begins with, nothing but blanks before it since start: reads the
 * element if it is all there. *at then becomes the closing bracket.
 */
static bool read_whole(struct items *s, struct json_span data, size_t start, size_t *at)
{
	const char *begin = data.data + *at;

	if (*begin != '{' || s->depth != 1 || !s->whole || s->is_read || s->text.len > 0 ||
	    json_span_of(data.data + start, *at - start).len > 0)
		return false;
	const char *end = s->whole((struct json_span){ begin, data.len - *at }, s->context);
	if (!end)
		return false;
	s->is_read = true;
	*at = (size_t)(end - data.data) - 1;
	return true;
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
		if (read_whole(s, (struct json_span){ data, len }, start, &i)) {
			start = i + 1;
			continue;
		}
		if (is_of_element(s, data[i])) {
			if (s->depth > NESTING_MAX)
				return fail(s);
			continue;
		}
		s->is_whole = s->depth == 0;
		if (!give(s, data + start, i - start, fn, context))
			return false;
		start = i + 1;
	}
	if (s->depth > 0 && start < len)
		buf_add(&s->text, data + start, len - start);
	return true;
}

/* --- the call --- */

struct item_call {
	struct items items;
	bool has_failed; /* an element is not JSON */
};

static const char *add_item(struct json_span item, void *context)
{
	const struct item_list *l = context;
	void *added = xgrow(l->items, l->cap, *l->count, l->size);
	const char *end = decode_object(item, l->fields, added);

	if (end)
		++*l->count;
	else
		l->release(added);
	return end;
}

/* One that came in pieces. */
static bool on_item(const char *text, size_t len, void *context)
{
	struct item_call *c = context;
	const struct json_span item = json_span_of(text, len);

	if (item.len > 0 && add_item(item, c->items.context) != item.data + item.len)
		c->has_failed = true;
	return !c->has_failed;
}

static bool on_data(const char *data, size_t len, void *context)
{
	struct item_call *c = context;

	return items_feed(&c->items, data, len, on_item, c);
}

int podman_call_items(struct podman *podman, struct request *rq, const struct item_list *list,
		      struct error *err)
{
	struct item_call call = {
		.items = { .whole = add_item, .context = (void *)(uintptr_t)list },
	};

	buf_init(&call.items.text, ITEM_MAX);
	rq->on_data = on_data;
	rq->context = &call;
	int result = podman_call(podman, rq, NULL, err);
	if (result == 0 && call.has_failed)
		result = error_set(err, ERROR_PODMAN,
				   "cannot %s: Podman's answer is not a list of objects", rq->what);
	else if (result == 0 && (call.items.is_bad || !call.items.is_whole))
		result = error_set(err, ERROR_PODMAN, "cannot %s: Podman's answer is not a list",
				   rq->what);
	buf_release(&call.items.text);
	return result;
}
