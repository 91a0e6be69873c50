/* SPDX-License-Identifier: MIT */
#include "lock_names.h"

#include <ctype.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

/* The name that a line begins with, as PyPI compares it; NULL: none. The caller frees it. */
static char *name_of(const char *line)
{
	char *name, *out;
	size_t len = 0;

	while (isalnum((unsigned char)line[len]) || (len && line[len] && strchr("-_.", line[len])))
		len++;
	if (!len)
		return NULL;
	name = out = xstrndup(line, len);
	for (const char *in = line; in < line + len; in++) {
		if (isalnum((unsigned char)*in))
			*out++ = (char)tolower((unsigned char)*in);
		else if (out > name && out[-1] != '-')
			*out++ = '-';
	}
	*out = '\0';
	return name;
}

void lock_names(const char *text, struct strv *ret)
{
	for (const char *line = text; *line; line = next_line(line)) {
		DEFER(freep) char *name = name_of(line);

		if (name)
			strv_add(ret, name);
	}
}

void lock_names_without(const char *text, const char *other, struct strv *ret)
{
	DEFER(strv_release) struct strv names = { 0 };
	DEFER(strv_release) struct strv others = { 0 };

	lock_names(text, &names);
	lock_names(other, &others);
	for (size_t i = 0; i < names.count; i++) {
		if (!strv_contains(&others, names.items[i]))
			strv_add(ret, names.items[i]);
	}
}

void lock_lines_within(const char *text, const char *other, struct buf *ret)
{
	DEFER(strv_release) struct strv others = { 0 };

	lock_names(other, &others);
	for (const char *line = text; *line; line = next_line(line)) {
		DEFER(freep) char *name = name_of(line);

		if (name && strv_contains(&others, name))
			buf_addf(ret, "%.*s\n", (int)strcspn(line, "\n"), line);
	}
}

bool requirements_are_empty(const char *text)
{
	for (const char *line = text; *line; line = next_line(line)) {
		line += strspn(line, " \t");
		if (*line && *line != '\n' && *line != '#' && strncmp(line, "--", 2) != 0)
			return false;
	}
	return true;
}
