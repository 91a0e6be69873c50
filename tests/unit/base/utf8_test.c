/* SPDX-License-Identifier: MIT */
#include "winalux/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"
#include "winalux/base/term.h"

static void well_formed_characters_are_decoded(void **state)
{
	static const struct {
		const char *text;
		size_t used;
		uint32_t code;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t code = 0;

		assert_int_equal(utf8_decode(cases[i].text, strlen(cases[i].text), &code),
				 cases[i].used);
		assert_int_equal(code, cases[i].code);
		assert_true(utf8_is_valid(cases[i].text, strlen(cases[i].text)));
	}
	uint32_t nul = 7;
	assert_int_equal(utf8_decode("", 1, &nul), 1);
	assert_int_equal(nul, 0);
}

static void broken_forms_are_refused(void **state)
{
	static const char *const cases[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2\x41",
		"\xe0\x9f\xbf",
		"\xe2\x82",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf0\x9f\x98",
		"\xff",
		"a\xfe",
		"\xe2\x82\x41",
	};
	uint32_t code = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_false(utf8_is_valid(cases[i], strlen(cases[i])));
	assert_int_equal(utf8_decode("abc", 0, &code), 0);
	assert_int_equal(utf8_decode("\xe2\x82\xac", 2, &code), 0);
	assert_int_equal(code, 7);
	assert_true(utf8_is_valid("", 0));
}

static void cutting_never_splits_a_character(void **state)
{
	static const char text[] = "aé€😀b";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		size_t cut = utf8_cut(text, len);

		assert_true(cut <= len && cut + 4 > len);
		assert_true(utf8_is_valid(text, cut));
	}
	assert_int_equal(utf8_cut(text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80", 6), 6);
}

static void widths_are_those_of_a_terminal(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "é", 1 },
		{ "e\xcc\x81", 1 },
		{ "漢字", 4 },
		{ "한", 2 },
		{ "😀", 2 },
		{ "…", 1 },
		{ "\xff\xfe", 2 },
		{ "\t\n", 2 },
		{ "├─", 2 },
		{ "ｗ", 2 },
		{ "a\xe2\x80\x8b"
		  "b",
		  2 }, /* a zero-width space */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(term_text_width(cases[i].text), cases[i].columns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_characters_are_decoded),
		cmocka_unit_test(broken_forms_are_refused),
		cmocka_unit_test(cutting_never_splits_a_character),
		cmocka_unit_test(widths_are_those_of_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
