/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "winalux/base/nearest.h"
#include "winalux/base/mem.h"

static void distances_count_edits_and_swaps(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} cases[] = {
		{ "", "", 0 },
		{ "a", "", 1 },
		{ "", "abc", 3 },
		{ "deploy", "deploy", 0 },
		{ "deplyo", "deploy", 1 },
		{ "deploi", "deploy", 1 },
		{ "destory", "destroy", 1 },
		{ "lst", "list", 1 },
		{ "kitten", "sitting", 3 },
		{ "ab", "ba", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(nearest_distance(cases[i].a, cases[i].b), cases[i].distance);
}

static void a_long_word_is_far_from_all(void **state)
{
	static const char long_word[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct nearest s = { .word = long_word };

	(void)state;
	assert_int_equal(nearest_distance(long_word, "a"), UINT_MAX);
	nearest_try(&s, long_word);
	assert_null(s.best);
}

static void the_nearest_wins_and_the_far_is_not_offered(void **state)
{
	struct nearest s = { .word = "restrat" };

	(void)state;
	nearest_try(&s, "list");
	assert_null(s.best);
	nearest_try(&s, "start");
	nearest_try(&s, "restart");
	nearest_try(&s, "destroy");
	assert_string_equal(s.best, "restart");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_count_edits_and_swaps),
		cmocka_unit_test(a_long_word_is_far_from_all),
		cmocka_unit_test(the_nearest_wins_and_the_far_is_not_offered),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
