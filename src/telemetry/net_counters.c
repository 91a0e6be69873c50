/* SPDX-License-Identifier: MIT */
#include "net_counters.h"

#include <string.h>

#include "winalux/base/parse.h"

enum { SENT_COLUMN = 8, HEADING_LINES = 2 };

static bool skip_word(const char **at)
{
	const size_t len = strcspn(*at, " \n");

	*at += len;
	return len > 0;
}

static const char *next_line(const char *text)
{
	const char *newline = strchr(text, '\n');

	return newline ? newline + 1 : text + strlen(text);
}

/* "  eth0: 1234 5 0 0 0 0 0 0 567 …" */
static bool add_interface(const char *line, uint64_t *received, uint64_t *sent)
{
	const char *at;
	uint64_t in, out;

	parse_spaces(&line);
	at = line + strcspn(line, ":\n");
	if (!parse_char(&at, ':'))
		return false;
	parse_spaces(&at);
	if (!parse_u64(&at, 0, UINT64_MAX, &in))
		return false;
	for (unsigned i = 1; i < SENT_COLUMN; i++)
		if (!parse_spaces(&at) || !skip_word(&at))
			return false;
	if (!parse_spaces(&at) || !parse_u64(&at, 0, UINT64_MAX, &out))
		return false;
	if (strncmp(line, "lo:", 3) == 0)
		return true;
	*received += in;
	*sent += out;
	return true;
}

bool net_counters_bytes(const char *text, uint64_t *ret_received, uint64_t *ret_sent)
{
	uint64_t received = 0, sent = 0;
	const char *line = text;

	for (unsigned i = 0; i < HEADING_LINES; i++)
		line = next_line(line);
	if (!*line)
		return false;
	for (; *line; line = next_line(line))
		if (!add_interface(line, &received, &sent))
			return false;
	*ret_received = received;
	*ret_sent = sent;
	return true;
}

/* A line of names, then a line of as many numbers. */
bool net_counters_established(const char *text, uint32_t *ret)
{
	const char *names = strstr(text, "Tcp:"), *numbers = names ? next_line(names) : "";
	uint64_t value;

	if (!names || !parse_literal(&names, "Tcp:") || !parse_literal(&numbers, "Tcp:"))
		return false;
	while (parse_spaces(&names) && parse_spaces(&numbers)) {
		if (strncmp(names, "CurrEstab", strcspn(names, " \n")) == 0) {
			if (!parse_u64(&numbers, 0, UINT32_MAX, &value))
				return false;
			*ret = (uint32_t)value;
			return true;
		}
		if (!skip_word(&names) || !skip_word(&numbers))
			break;
	}
	return false;
}
