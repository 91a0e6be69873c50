/* SPDX-License-Identifier: MIT */
#include "winalux/base/utf8.h"

#include <string.h>

#include "winalux/base/mem.h"

/* What a first byte in [first, last] announces; the second byte's range rules out broken forms. */
struct utf8_form {
	unsigned char first, last;
	unsigned char len;
	unsigned char second_min, second_max;
};

static const struct utf8_form utf8_forms[] = {
	{ 0x00, 0x7f, 1, 0, 0 },       { 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf }, { 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf }, { 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static const struct utf8_form *find_form(unsigned char first)
{
	for (size_t i = 0; i < ARRAY_SIZE(utf8_forms); i++)
		if (first >= utf8_forms[i].first && first <= utf8_forms[i].last)
			return &utf8_forms[i];
	return NULL;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *ret_code)
{
	const unsigned char *bytes = (const unsigned char *)text;

	if (len == 0)
		return 0;
	const struct utf8_form *form = find_form(bytes[0]);
	if (!form || form->len > len)
		return 0;

	uint32_t code = form->len == 1 ? bytes[0] : bytes[0] & (0x7fU >> form->len);
	for (size_t i = 1; i < form->len; i++) {
		unsigned char min = i == 1 ? form->second_min : 0x80;
		unsigned char max = i == 1 ? form->second_max : 0xbf;

		if (bytes[i] < min || bytes[i] > max)
			return 0;
		code = code << 6 | (bytes[i] & 0x3fU);
	}
	*ret_code = code;
	return form->len;
}

/* Bytes at the start of text that are ASCII, eight at a time. */
static size_t ascii_run(const char *text, size_t len)
{
	size_t run = 0;

	for (uint64_t word; len - run >= sizeof(word); run += sizeof(word)) {
		memcpy(&word, text + run, sizeof(word));
		if (word & 0x8080808080808080U)
			break;
	}
	while (run < len && (unsigned char)text[run] < 0x80)
		run++;
	return run;
}

bool utf8_is_valid(const char *text, size_t len)
{
	uint32_t code;

	while (len > 0) {
		/* Almost all of what is checked is ASCII: answers of libpod, inventories. */
		size_t ascii = ascii_run(text, len);
		size_t used = ascii ? ascii : utf8_decode(text, len, &code);

		if (used == 0)
			return false;
		text += used;
		len -= used;
	}
	return true;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t utf8_cut(const char *text, size_t len)
{
	size_t start = len;
	uint32_t code;

	for (unsigned back = 0; back < 4 && start > 0; back++) {
		start--;
		if (!is_continuation(text[start]))
			return utf8_decode(text + start, len - start, &code) ? len : start;
	}
	return len; /* not UTF-8 at all: any place is as good */
}

struct utf8_range {
	uint32_t first, last;
	unsigned columns;
};

/*
 * Blocks of Unicode 15 (EastAsianWidth.txt W and F; general categories Mn, Me, Cf), coarse: whole
 * blocks where a file of names and messages can meet them. wcwidth(3) would need a locale, which
 * the static guest and a bare container do not have.
 */
static const struct utf8_range utf8_ranges[] = {
	{ 0x0300, 0x036f, 0 },   { 0x0483, 0x0489, 0 },   { 0x0591, 0x05bd, 0 },
	{ 0x0610, 0x061a, 0 },   { 0x064b, 0x065f, 0 },   { 0x1100, 0x115f, 2 },
	{ 0x1ab0, 0x1aff, 0 },   { 0x1dc0, 0x1dff, 0 },   { 0x200b, 0x200f, 0 },
	{ 0x202a, 0x202e, 0 },   { 0x2060, 0x2064, 0 },   { 0x20d0, 0x20ff, 0 },
	{ 0x231a, 0x231b, 2 },   { 0x2e80, 0x303e, 2 },   { 0x3041, 0x33ff, 2 },
	{ 0x3400, 0x4dbf, 2 },   { 0x4e00, 0x9fff, 2 },   { 0xa000, 0xa4cf, 2 },
	{ 0xa960, 0xa97f, 2 },   { 0xac00, 0xd7a3, 2 },   { 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },   { 0xfe20, 0xfe2f, 0 },   { 0xfe30, 0xfe6f, 2 },
	{ 0xfeff, 0xfeff, 0 },   { 0xff00, 0xff60, 2 },   { 0xffe0, 0xffe6, 2 },
	{ 0x1f300, 0x1f64f, 2 }, { 0x1f680, 0x1f6ff, 2 }, { 0x1f900, 0x1f9ff, 2 },
	{ 0x20000, 0x3fffd, 2 }, { 0xe0100, 0xe01ef, 0 },
};

unsigned utf8_columns(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(utf8_ranges) && code >= utf8_ranges[i].first; i++)
		if (code <= utf8_ranges[i].last)
			return utf8_ranges[i].columns;
	return 1;
}

bool utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e ||
	       code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}
