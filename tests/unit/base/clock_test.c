/* SPDX-License-Identifier: MIT */
#include "winalux/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

static void wall_times_are_printed_in_utc(void **state)
{
	static const struct {
		int64_t wall_s;
		const char *wanted;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },         { 1769903999, "2026-01-31T23:59:59Z" },
		{ -1, "1969-12-31T23:59:59Z" },        { -62135596800, "0001-01-01T00:00:00Z" },
		{ INT64_MIN, "0000-01-01T00:00:00Z" }, { INT64_MAX, "9999-12-31T23:59:59Z" },
	};
	char text[CLOCK_RFC3339_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		clock_format_rfc3339(cases[i].wall_s, text);
		assert_string_equal(text, cases[i].wanted);
	}
}

static void printed_times_read_back(void **state)
{
	char text[CLOCK_RFC3339_SIZE];

	(void)state;
	for (int64_t s = -62167219200; s < 253402300799; s += 98765432123 / 7) {
		int64_t again = 0;

		clock_format_rfc3339(s, text);
		assert_true(parse_rfc3339(text, &again));
		assert_true(again == s);
	}
}

static void ages_have_one_unit(void **state)
{
	static const struct {
		int64_t age_s;
		const char *wanted;
	} cases[] = {
		{ 0, "0s" },     { 59, "59s" },
		{ 60, "1m" },    { 3599, "59m" },
		{ 3600, "1h" },  { 86399, "23h" },
		{ 86400, "1d" }, { 900000, "10d" },
		{ -5, "0s" },    { INT64_MAX, "106751991167300d" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		clock_format_age(cases[i].age_s, text, sizeof(text));
		assert_string_equal(text, cases[i].wanted);
	}
	clock_format_age(900000, text, 3);
	assert_string_equal(text, "10");
}

static void what_is_left_is_never_negative_and_fits(void **state)
{
	int64_t now = clock_mono_ms();

	(void)state;
	assert_int_equal(clock_left_ms(now - 1000), 0);
	assert_int_equal(clock_left_ms(INT64_MIN), 0);
	assert_int_equal(clock_left_ms(INT64_MAX), INT_MAX);
	int left = clock_left_ms(now + 1000000);
	assert_true(left > 0 && left <= 1000000);
}

static void sleeping_lasts_at_least_as_long_as_asked(void **state)
{
	int64_t before = clock_mono_ms();

	(void)state;
	clock_sleep_ms(-1);
	clock_sleep_ms(0);
	clock_sleep_ms(20);
	assert_true(clock_mono_ms() - before >= 20);
}

static void the_wall_clock_is_past_this_code(void **state)
{
	(void)state;
	assert_true(clock_wall_s() > 1577836800); /* 2020 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_times_are_printed_in_utc),
		cmocka_unit_test(printed_times_read_back),
		cmocka_unit_test(ages_have_one_unit),
		cmocka_unit_test(what_is_left_is_never_negative_and_fits),
		cmocka_unit_test(sleeping_lasts_at_least_as_long_as_asked),
		cmocka_unit_test(the_wall_clock_is_past_this_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
