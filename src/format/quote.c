/* SPDX-License-Identifier: MIT */
#include "quote.h"

#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/utf8.h"

void quote_add(struct buf *b, const char *text, quote_add_fn *add_character)
{
	size_t left = strlen(text);

	buf_add_char(b, '"');
	while (left > 0) {
		uint32_t code;
		size_t used = utf8_decode(text, left, &code);

		if (used > 0) {
			add_character(b, text, used, code);
		} else {
			buf_add_str(b, "\\ufffd");
			used = 1;
		}
		text += used;
		left -= used;
	}
	buf_add_char(b, '"');
}
