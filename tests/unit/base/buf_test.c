/* SPDX-License-Identifier: MIT */
#include "winalux/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

static void a_new_buffer_is_an_empty_string(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	assert_false(b.is_full);
	buf_release(&b);
}

static void release_accepts_nothing_and_zeroed(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_release(NULL);
	buf_release(&b);
	buf_release(&b);
	assert_null(b.data);
}

static void additions_grow_and_stay_terminated(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 100000);
	for (int i = 0; i < 10000; i++) {
		buf_add_str(&b, "ab");
		buf_add_char(&b, 'c');
		assert_int_equal(strlen(b.data), b.len);
	}
	assert_int_equal(b.len, 30000);
	buf_add(&b, "x\0y", 3);
	assert_memory_equal(b.data + 30000, "x\0y", 4);
}

static void the_maximum_can_be_reached_but_not_passed(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 4);
	buf_add_str(&b, "abcd");
	assert_false(b.is_full);
	assert_int_equal(b.len, 4);
	buf_add_char(&b, 'e');
	assert_true(b.is_full);
	assert_string_equal(b.data, "abcd");
}

static void a_full_buffer_takes_nothing_until_it_is_cleared(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 4);
	buf_add_str(&b, "ab");
	buf_add_str(&b, "cde");
	buf_addf(&b, "%d", 1);
	buf_add_char(&b, 'c');
	assert_true(b.is_full);
	assert_string_equal(b.data, "ab");
	buf_clear(&b);
	buf_add_str(&b, "wxyz");
	assert_false(b.is_full);
	assert_string_equal(b.data, "wxyz");
}

static void a_maximum_of_nothing_and_of_everything_work(void **state)
{
	DEFER(buf_release) struct buf none = { 0 };
	DEFER(buf_release) struct buf all = { 0 };

	(void)state;
	buf_init(&none, 0);
	buf_add_str(&none, "");
	assert_false(none.is_full);
	buf_add_char(&none, 'a');
	assert_true(none.is_full);
	buf_init(&all, SIZE_MAX);
	buf_add_str(&all, "abc");
	assert_string_equal(all.data, "abc");
	buf_add(&all, NULL, 0);
	assert_int_equal(all.len, 3);
}

static void formatted_text_is_added_whole_or_not_at_all(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 300);
	buf_addf(&b, "%s=%d;", "a", 7);
	buf_addf(&b, "%0200d", 1);
	assert_int_equal(b.len, 204);
	buf_addf(&b, "%0200d", 1);
	assert_true(b.is_full);
	assert_int_equal(b.len, 204);
}

static void consuming_takes_from_the_front(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 10);
	buf_consume(&b, 5);
	buf_add_str(&b, "abcdef");
	buf_consume(&b, 2);
	assert_string_equal(b.data, "cdef");
	buf_consume(&b, 0);
	buf_consume(&b, 100);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
}

static void taking_gives_the_text_away(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	char *text = buf_take(&b);
	assert_string_equal(text, "");
	free(text);
	buf_add_str(&b, "abc");
	text = buf_take(&b);
	assert_string_equal(text, "abc");
	free(text);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.max, 10);
	assert_string_equal(b.data, "");
	buf_release(&b);
}

struct text_case {
	const char *in;
	const char *wanted;
};

static void check_texts(void (*add)(struct buf *, const char *), const struct text_case *cases,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, 100);
		add(&b, cases[i].in);
		assert_string_equal(b.data, cases[i].wanted);
	}
}

static void url_escaping_leaves_only_unreserved_characters(void **state)
{
	static const struct text_case cases[] = {
		{ "", "" },
		{ "AZaz09-._~", "AZaz09-._~" },
		{ "a/b?c=d&e", "a%2Fb%3Fc%3Dd%26e" },
		{ "a b%+\"{}", "a%20b%25%2B%22%7B%7D" },
		{ "é\n", "%C3%A9%0A" },
	};

	(void)state;
	check_texts(buf_add_escaped, cases, ARRAY_SIZE(cases));
}

static void control_characters_and_broken_bytes_are_shown_as_codes(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		bool keep_newline;
		const char *wanted;
	} cases[] = {
		{ "abc é €", 10, false, "abc é €" },
		{ "\x1b[31mred", 8, false, "\\x1b[31mred" },
		{ "a\nb", 3, false, "a\\x0ab" },
		{ "a\nb\r", 4, true, "a\nb\\x0d" },
		{ "a\0b", 3, false, "a\\x00b" },
		{ "\x7f", 1, false, "\\x7f" },
		{ "\xc2\x9b"
		  "31m",
		  5, false, "\\xc2\\x9b31m" }, /* CSI as one C1 character */
		{ "a\xe2\x80\xae"
		  "b",
		  5, false, "a\\xe2\\x80\\xaeb" }, /* from here on, right to left */
		{ "\xc3", 1, false, "\\xc3" },
		{ "\xff\xfe", 2, false, "\\xff\\xfe" },
		{ "\xed\xa0\x80", 3, false, "\\xed\\xa0\\x80" }, /* a surrogate */
		{ "\xc0\xaf", 2, false, "\\xc0\\xaf" },          /* an overlong slash */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, 100);
		buf_add_printable(&b, cases[i].in, cases[i].len, cases[i].keep_newline);
		assert_string_equal(b.data, cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_buffer_is_an_empty_string),
		cmocka_unit_test(release_accepts_nothing_and_zeroed),
		cmocka_unit_test(additions_grow_and_stay_terminated),
		cmocka_unit_test(the_maximum_can_be_reached_but_not_passed),
		cmocka_unit_test(a_full_buffer_takes_nothing_until_it_is_cleared),
		cmocka_unit_test(a_maximum_of_nothing_and_of_everything_work),
		cmocka_unit_test(formatted_text_is_added_whole_or_not_at_all),
		cmocka_unit_test(consuming_takes_from_the_front),
		cmocka_unit_test(taking_gives_the_text_away),
		cmocka_unit_test(url_escaping_leaves_only_unreserved_characters),
		cmocka_unit_test(control_characters_and_broken_bytes_are_shown_as_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
