/* SPDX-License-Identifier: MIT */
#include "fake/script.h"

#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum { SCRIPT_MAX = 256 << 20 };

struct flag_name {
	const char *name;
	enum fake_flag flag;
};

static const struct flag_name flag_names[] = {
	{ "repeat", FAKE_REPEAT }, { "escaped", FAKE_ESCAPED }, { "chunked", FAKE_CHUNKED },
	{ "close", FAKE_CLOSE },   { "reset", FAKE_RESET },     { "hang", FAKE_HANG },
	{ "stall", FAKE_STALL },   { "raw", FAKE_RAW },         { "echo", FAKE_ECHO },
	{ "die", FAKE_DIE },
};

static void wrong(const char *what, const char *text) __attribute__((noreturn));

static void wrong(const char *what, const char *text)
{
	fprintf(stderr, "fake libpod: %s: '%s'\n", what, text);
	exit(2);
}

static size_t number(const char *text)
{
	uint64_t value;

	if (!parse_whole_u64(text, 0, SIZE_MAX, &value))
		wrong("not a number", text);
	return (size_t)value;
}

static void read_body_file(struct fake_case *c, const char *path)
{
	struct error err;

	buf_release(&c->body);
	if (file_read(path, SCRIPT_MAX, &c->body, &err) < 0)
		wrong(err.text, path);
}

static void fill_body(struct fake_case *c, size_t size)
{
	static const char filler[] =
		"[\"filler filler filler filler filler filler filler filler\"],";

	while (c->body.len < size) {
		size_t left = size - c->body.len;

		buf_add(&c->body, filler, left < sizeof(filler) - 1 ? left : sizeof(filler) - 1);
	}
}

static bool read_valued_option(struct fake_case *c, const char *option)
{
	if (parse_literal(&option, "split="))
		c->split = number(option);
	else if (parse_literal(&option, "short="))
		c->short_len = number(option);
	else if (parse_literal(&option, "size="))
		fill_body(c, number(option));
	else if (parse_literal(&option, "file="))
		read_body_file(c, option);
	else
		return false;
	return true;
}

static void read_option(struct fake_case *c, const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
		if (strcmp(flag_names[i].name, option) != 0)
			continue;
		c->flags |= flag_names[i].flag;
		return;
	}
	if (!read_valued_option(c, option))
		wrong("unknown option", option);
}

static void read_request_line(struct fake_case *c, const char *line)
{
	DEFER(strv_release) struct strv words = { 0 };

	strv_add_split(&words, line, " \t");
	if (words.count != 2)
		wrong("a request is a method and a path", line);
	c->method = xstrdup(words.items[0]);
	c->pattern = xstrdup(words.items[1]);
	c->short_len = SIZE_MAX;
	buf_init(&c->body, SCRIPT_MAX);
}

static void read_reply_line(struct fake_case *c, const char *line)
{
	DEFER(strv_release) struct strv words = { 0 };

	strv_add_split(&words, line, " \t");
	if (words.count == 0)
		wrong("a reply begins with its status", line);
	c->status = (int)number(words.items[0]);
	for (size_t i = 1; i < words.count; i++)
		read_option(c, words.items[i]);
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

static const char *add_escape(struct buf *b, const char *at)
{
	static const char *const table[] = { "n\n", "r\r", "t\t", "\\\\" };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (*at != table[i][0])
			continue;
		buf_add_char(b, table[i][1]);
		return at + 1;
	}
	if (*at != 'x' || hex_value(at[1]) < 0 || hex_value(at[2]) < 0)
		wrong("unknown escape", at);
	buf_add_char(b, (char)(hex_value(at[1]) * 16 + hex_value(at[2])));
	return at + 3;
}

static void unescape(struct buf *body)
{
	struct buf plain;

	buf_init(&plain, SCRIPT_MAX);
	for (const char *at = body->data; *at;) {
		if (*at == '\\')
			at = add_escape(&plain, at + 1);
		else if (*at++ != '\n')
			buf_add_char(&plain, at[-1]);
	}
	buf_release(body);
	*body = plain;
}

static void finish(struct fake_case *c)
{
	if (!c || !c->method)
		return;
	if (c->status == 0)
		wrong("no reply to", c->pattern);
	if (c->flags & FAKE_ESCAPED)
		unescape(&c->body);
}

enum script_part { PART_NOTHING, PART_REQUEST, PART_HEADERS, PART_BODY };

/* One line of a case; text is what follows it, for bodies that keep their newlines. */
static enum script_part read_line(struct fake_case *c, enum script_part part, const char *line)
{
	switch (part) {
	case PART_REQUEST:
		if (parse_literal(&line, "~ "))
			strv_add(&c->contains, line);
		else if (parse_literal(&line, "<<< "))
			read_reply_line(c, line);
		else
			wrong("neither '~ ' nor '<<< '", line);
		return c->status ? PART_HEADERS : PART_REQUEST;
	case PART_HEADERS:
		if (!*line)
			return PART_BODY;
		strv_add(&c->headers, line);
		return PART_HEADERS;
	case PART_BODY:
		if (c->used++) /* borrowed as "not the first line" */
			buf_add_char(&c->body, '\n');
		buf_add_str(&c->body, line);
		return PART_BODY;
	case PART_NOTHING:
		break;
	}
	return part;
}

static void parse(char *text, struct fake_script *script)
{
	enum script_part part = PART_NOTHING;
	struct fake_case *c = NULL;

	while (text) {
		const char *line = strsep(&text, "\n");

		if (parse_literal(&line, ">>> ")) {
			finish(c);
			c = xgrow(&script->cases, &script->cap, script->count++, sizeof(*c));
			read_request_line(c, line);
			part = PART_REQUEST;
		} else if (c && !(part != PART_BODY && *line == '#') && (text || *line)) {
			part = read_line(c, part, line);
		}
	}
	finish(c);
	for (size_t i = 0; i < script->count; i++)
		script->cases[i].used = 0;
}

void fake_script_read(const char *text_or_path, struct fake_script *ret)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct error err;

	*ret = (struct fake_script){ 0 };
	if (strchr(text_or_path, '\n')) {
		buf_init(&text, SCRIPT_MAX);
		buf_add_str(&text, text_or_path);
	} else if (file_read(text_or_path, SCRIPT_MAX, &text, &err) < 0) {
		wrong(err.text, text_or_path);
	}
	parse(text.data, ret);
}

void fake_script_release(struct fake_script *script)
{
	for (size_t i = 0; i < script->count; i++) {
		struct fake_case *c = &script->cases[i];

		free(c->method);
		free(c->pattern);
		strv_release(&c->contains);
		strv_release(&c->headers);
		buf_release(&c->body);
	}
	free(script->cases);
}

static bool fits_path(const char *pattern, const char *path)
{
	size_t len = strlen(pattern);

	if (strchr(pattern, '*'))
		return fnmatch(pattern, path, 0) == 0;
	return !strncmp(pattern, path, len) &&
	       (path[len] == '\0' || (path[len] == '?' && !strchr(pattern, '?')));
}

static bool fits(const struct fake_case *c, const char *method, const char *path, const char *body)
{
	if ((c->used && !(c->flags & FAKE_REPEAT)) || strcmp(c->method, method) != 0 ||
	    !fits_path(c->pattern, path))
		return false;
	for (size_t i = 0; i < c->contains.count; i++)
		if (!strstr(body, c->contains.items[i]))
			return false;
	return true;
}

const struct fake_case *fake_script_match(struct fake_script *script, const char *method,
					  const char *path, const char *body)
{
	for (size_t i = 0; i < script->count; i++) {
		struct fake_case *c = &script->cases[i];

		if (!fits(c, method, path, body))
			continue;
		c->used++;
		return c;
	}
	return NULL;
}
