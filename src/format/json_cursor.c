/* SPDX-License-Identifier: MIT */
#include "winalux/format/json_cursor.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/utf8.h"
#include "winalux/format/json.h"

enum { INT_TEXT_MAX = 21 }; /* of an int64_t, with its sign */

/* What the functions that skip return where the text ends too early. */
#define CUT_SHORT NULL

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	return at;
}

/* at: the opening quote. */
static const char *skip_string(const char *at, const char *end)
{
	const char *start = at + 1;

	for (at = start; (at = memchr(at, '"', (size_t)(end - at))); at++) {
		const char *first = at;

		while (first > start && first[-1] == '\\')
			first--;
		if ((at - first) % 2 == 0)
			return at + 1;
	}
	return CUT_SHORT;
}

/* at: the opening bracket. */
static const char *skip_brackets(const char *at, const char *end)
{
	static const signed char steps[UCHAR_MAX + 1] = {
		['{'] = 1, ['['] = 1, ['}'] = -1, [']'] = -1
	};
	size_t depth = 0;

	while (at && at < end) {
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		depth += (size_t)steps[(unsigned char)*at++];
		if (depth == 0)
			return at;
		while (at < end && *at != '"' && !steps[(unsigned char)*at])
			at++;
	}
	return CUT_SHORT;
}

static const char *skip_scalar(const char *at, const char *end)
{
	static const bool is_end[UCHAR_MAX + 1] = {
		[','] = true, [':'] = true,  [']'] = true,  ['}'] = true, ['"'] = true,
		[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true
	};
	const char *start = at;

	while (at < end && !is_end[(unsigned char)*at])
		at++;
	return at > start ? at : CUT_SHORT;
}

static const char *skip_value(const char *at, const char *end)
{
	if (at == end)
		return CUT_SHORT;
	if (*at == '"')
		return skip_string(at, end);
	return *at == '{' || *at == '[' ? skip_brackets(at, end) : skip_scalar(at, end);
}

struct json_span json_span_of(const char *text, size_t len)
{
	const char *end = text + len;
	const char *start = skip_blanks(text, end);

	while (end > start && strchr(" \t\r\n", end[-1]))
		end--;
	return (struct json_span){ start, (size_t)(end - start) };
}

struct json_cursor json_cursor_open(struct json_span value)
{
	struct json_cursor c = { .at = value.data, .end = value.data + value.len };

	if (value.len == 4 && memcmp(value.data, "null", 4) == 0)
		c = (struct json_cursor){ .at = c.end, .end = c.end, .is_closed = true };
	else if (value.len >= 2 && (*value.data == '{' || *value.data == '['))
		c.at++;
	else
		c.is_bad = true;
	return c;
}

static bool fail(struct json_cursor *c)
{
	c->is_bad = true;
	return false;
}

/* Over the comma between two values; false at the closing bracket, which is the last byte. */
static bool has_next(struct json_cursor *c, char bracket)
{
	if (c->is_bad || c->is_closed)
		return false;
	c->at = skip_blanks(c->at, c->end);
	if (c->at == c->end)
		return fail(c);
	if (*c->at == bracket) {
		c->at++;
		c->is_closed = true;
		return false;
	}
	if (c->is_started) {
		if (*c->at != ',')
			return fail(c);
		c->at = skip_blanks(c->at + 1, c->end);
	}
	c->is_started = true;
	return true;
}

static bool take_value(struct json_cursor *c, struct json_span *ret)
{
	const char *start = c->at;
	const char *end = skip_value(start, c->end);

	if (end == CUT_SHORT)
		return fail(c);
	*ret = (struct json_span){ start, (size_t)(end - start) };
	c->at = end;
	return true;
}

bool json_cursor_member(struct json_cursor *c, struct json_span *ret_key,
			struct json_span *ret_value)
{
	if (!has_next(c, '}'))
		return false;
	if (c->at == c->end || *c->at != '"')
		return fail(c);
	if (!take_value(c, ret_key))
		return false;
	c->at = skip_blanks(c->at, c->end);
	if (c->at == c->end || *c->at != ':')
		return fail(c);
	c->at = skip_blanks(c->at + 1, c->end);
	return take_value(c, ret_value);
}

bool json_cursor_element(struct json_cursor *c, struct json_span *ret_value)
{
	return has_next(c, ']') && take_value(c, ret_value);
}

bool json_span_is(struct json_span key, const char *name, size_t len)
{
	return key.len == len + 2 && memcmp(key.data + 1, name, len) == 0;
}

/* Eight bytes at once: is one of them a control character, a backslash, or not ASCII? */
static bool has_odd_byte(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	const uint64_t escapes = word ^ (ones * '\\');

	return ((word - ones * ' ') | (escapes - ones) | word) & highs;
}

/* How many bytes at the start of text stand for themselves beyond doubt. */
static size_t plain_run(const char *text, size_t len)
{
	size_t run = 0;

	for (uint64_t word; len - run >= sizeof(word); run += sizeof(word)) {
		memcpy(&word, text + run, sizeof(word));
		if (has_odd_byte(word))
			break;
	}
	return run;
}

bool json_span_is_plain(struct json_span value)
{
	if (value.len < 2 || *value.data != '"')
		return false;
	const size_t len = value.len - 2, run = plain_run(value.data + 1, len);
	const char *rest = value.data + 1 + run;
	return !memchr(rest, '\\', len - run) && !memchr(rest, '\0', len - run) &&
	       utf8_is_valid(rest, len - run);
}

/* A string with escapes, or none at all: cJSON's business. */
static bool escaped_text(struct json_span value, char **ret)
{
	DEFER(json_freep) struct json *parsed = NULL;

	if (*value.data != '"' || json_parse(value.data, value.len, &parsed, NULL) < 0 ||
	    !json_is_string(parsed))
		return false;
	*ret = xstrdup(json_text(parsed));
	return true;
}

bool json_span_text(struct json_span value, char **ret)
{
	if (!json_span_is_plain(value))
		return escaped_text(value, ret);
	*ret = xstrndup(value.data + 1, value.len - 2);
	return true;
}

bool json_span_int(struct json_span value, int64_t *ret)
{
	char text[INT_TEXT_MAX];

	if (value.len >= sizeof(text))
		return false;
	memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	return parse_whole_i64(text, INT64_MIN, INT64_MAX, ret);
}

bool json_span_bool(struct json_span value, bool *ret)
{
	const bool is_true = value.len == 4 && memcmp(value.data, "true", 4) == 0;

	if (!is_true && (value.len != 5 || memcmp(value.data, "false", 5) != 0))
		return false;
	*ret = is_true;
	return true;
}
