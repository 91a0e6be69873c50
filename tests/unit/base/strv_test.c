/* SPDX-License-Identifier: MIT */
#include "winalux/base/strv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

static void assert_joined(const struct strv *v, const char *wanted)
{
	DEFER(freep) char *joined = strv_join(v, "|");

	assert_string_equal(joined, wanted);
}

static void an_empty_list_has_no_items(void **state)
{
	struct strv v = { 0 };

	(void)state;
	assert_joined(&v, "");
	assert_false(strv_contains(&v, ""));
	strv_sort(&v);
	strv_release(&v);
	strv_release(NULL);
	assert_null(v.items);
}

static void additions_keep_the_list_terminated(void **state)
{
	DEFER(strv_release) struct strv v = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		strv_addf(&v, "item-%d", i);
		assert_int_equal(v.count, i + 1);
		assert_null(v.items[v.count]);
	}
	strv_add(&v, "copy");
	strv_add_owned(&v, xstrdup("owned"));
	assert_string_equal(v.items[0], "item-0");
	assert_string_equal(v.items[100], "copy");
	assert_string_equal(v.items[101], "owned");
	assert_true(strv_contains(&v, "item-42"));
	assert_false(strv_contains(&v, "item-4x"));
}

static void a_list_can_be_added_to_itself(void **state)
{
	DEFER(strv_release) struct strv v = { 0 };
	DEFER(strv_release) struct strv empty = { 0 };

	(void)state;
	strv_add_split(&v, "a b c", " ");
	strv_add_all(&v, &v);
	strv_add_all(&v, &empty);
	assert_joined(&v, "a|b|c|a|b|c");
}

static void sorting_is_bytewise(void **state)
{
	DEFER(strv_release) struct strv v = { 0 };

	(void)state;
	strv_add_split(&v, "b,é,B,a,_,10,9", ",");
	strv_sort(&v);
	assert_joined(&v, "10|9|B|_|a|b|é");
	assert_null(v.items[v.count]);
}

static void splitting_drops_empty_parts(void **state)
{
	static const struct {
		const char *text, *separators, *wanted;
	} cases[] = {
		{ "", " ", "" },
		{ "  ", " ", "" },
		{ "a", " ", "a" },
		{ " a  b ", " ", "a|b" },
		{ "a, b,c\td", ", \t", "a|b|c|d" },
		{ "a b", "", "a b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(strv_release) struct strv v = { 0 };

		strv_add_split(&v, cases[i].text, cases[i].separators);
		assert_joined(&v, cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_list_has_no_items),
		cmocka_unit_test(additions_keep_the_list_terminated),
		cmocka_unit_test(a_list_can_be_added_to_itself),
		cmocka_unit_test(sorting_is_bytewise),
		cmocka_unit_test(splitting_drops_empty_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
