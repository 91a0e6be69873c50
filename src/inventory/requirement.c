/* SPDX-License-Identifier: MIT */
#include "requirement.h"

#include <ctype.h>
#include <stddef.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

#define LETTERS_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Longest first, so that "==" is not taken for "=" and a rest. */
static const char *const operators[] = { "===", "==", "~=", "!=", "<=", ">=", "<", ">" };

static bool parse_name(const char **cursor)
{
	const char *start;
	size_t len;

	return isalnum((unsigned char)**cursor) &&
	       parse_span(cursor, LETTERS_DIGITS "._-", &start, &len) &&
	       isalnum((unsigned char)start[len - 1]);
}

static bool parse_extras(const char **cursor)
{
	do {
		parse_spaces(cursor);
		if (!parse_name(cursor))
			return false;
		parse_spaces(cursor);
	} while (parse_char(cursor, ','));
	return parse_char(cursor, ']');
}

static bool parse_version(const char **cursor)
{
	const char *start;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (!parse_literal(cursor, operators[i]))
			continue;
		parse_spaces(cursor);
		return parse_span(cursor, LETTERS_DIGITS ".*+!_-", &start, &len);
	}
	return false;
}

bool requirement_is_valid(const char *text)
{
	if (!parse_name(&text))
		return false;
	parse_spaces(&text);
	if (parse_char(&text, '[') && !parse_extras(&text))
		return false;
	parse_spaces(&text);
	if (parse_end(&text))
		return true;
	do {
		parse_spaces(&text);
		if (!parse_version(&text))
			return false;
		parse_spaces(&text);
	} while (parse_char(&text, ','));
	return parse_end(&text);
}
