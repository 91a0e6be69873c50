/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/format/yaml.h"

#include "quote.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters first, so that it is no number, date or time; no character that YAML gives a meaning. */
static bool is_plain_safe(const char *text)
{
	static const char *const words[] = { "y",  "n",   "yes",  "no",   "true",
					     "on", "off", "null", "false" };
	size_t len = strlen(text);

	if (len == 0 || text[len - 1] == ' ' || !(is_letter(text[0]) || strchr("/_", text[0])))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	for (size_t i = 0; i < len; i++)
		if (!is_letter(text[i]) && !strchr("0123456789_./+=@- ", text[i]))
			return false;
	return true;
}

/* One character of a double-quoted scalar. */
static void add_character(struct buf *b, const char *text, size_t used, uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *escape;
	} escapes[] = {
		{ '"', "\\\"" },       { '\\', "\\\\" },      { '\n', "\\n" },
		{ '\t', "\\t" },       { '\r', "\\r" },       { 0x2028, "\\u2028" },
		{ 0x2029, "\\u2029" }, { 0xfeff, "\\ufeff" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
		if (code == escapes[i].code) {
			buf_add_str(b, escapes[i].escape);
			return;
		}
	}
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		buf_addf(b, "\\x%02x", (unsigned)code);
	else if (code == 0xfffe || code == 0xffff)
		buf_addf(b, "\\u%04x", (unsigned)code);
	else
		buf_add(b, text, used);
}

void yaml_add_scalar(struct buf *b, const char *text)
{
	if (is_plain_safe(text))
		buf_add_str(b, text);
	else
		quote_add(b, text, add_character);
}
