/* SPDX-License-Identifier: MIT */
#include "yaml_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "winalux/base/utf8.h"

/* YAML 1.1, 5.1: tab, line breaks and what is printable. */
static bool is_allowed(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	return code != 0x7f && (code < 0x80 || code > 0x9f || code == 0x85) && code != 0xfeff &&
	       code != 0xfffe && code != 0xffff;
}

static void advance(struct yaml_place *place, const char *text, size_t len)
{
	bool is_crlf = len > 1 && text[0] == '\r' && text[1] == '\n';

	if (text[0] == '\n' || (text[0] == '\r' && !is_crlf)) {
		place->line++;
		place->column = 1;
	} else if (!is_crlf) {
		place->column++;
	}
}

int yaml_check_text(const char *text, size_t len, struct yaml_place *ret_place,
		    char ret_what[static YAML_CHECK_SIZE])
{
	struct yaml_place place = { 1, 1 };

	for (size_t i = 0; i < len;) {
		uint32_t code = 0;
		size_t used = utf8_decode(text + i, len - i, &code);

		if (used > 0 && is_allowed(code)) {
			advance(&place, text + i, len - i);
			i += used;
			continue;
		}
		if (used == 0)
			snprintf(ret_what, YAML_CHECK_SIZE, "byte 0x%02x is not UTF-8",
				 (unsigned char)text[i]);
		else
			snprintf(ret_what, YAML_CHECK_SIZE,
				 "control character U+%04X is not allowed", (unsigned)code);
		*ret_place = place;
		return -1;
	}
	return 0;
}
