/* SPDX-License-Identifier: MIT */
#include "winalux/base/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

static void cursors_move_only_on_success(void **state)
{
	const char *text = "ab 12x", *at = text, *start = NULL;
	uint64_t value = 99;
	size_t len = 0;

	(void)state;
	assert_false(parse_literal(&at, "abc"));
	assert_false(parse_char(&at, 'x'));
	assert_false(parse_char(&at, '\0'));
	assert_false(parse_spaces(&at));
	assert_false(parse_end(&at));
	assert_false(parse_u64(&at, 0, 9, &value));
	assert_false(parse_span(&at, "xyz", &start, &len));
	assert_ptr_equal(at, text);
	assert_true(parse_char(&at, 'a'));
	assert_true(parse_span(&at, "bc", &start, &len));
	assert_int_equal(len, 1);
	assert_ptr_equal(start, text + 1);
	assert_true(parse_spaces(&at));
	assert_false(parse_u64(&at, 0, 11, &value));
	assert_int_equal(value, 99);
	assert_true(parse_u64(&at, 0, 12, &value));
	assert_int_equal(value, 12);
	assert_true(parse_literal(&at, "x"));
	assert_true(parse_end(&at));
	assert_false(parse_char(&at, '\0'));
}

static void unsigned_numbers_know_their_limits(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		bool is_good;
		uint64_t wanted;
	} cases[] = {
		{ "0", 0, 10, true, 0 },
		{ "007", 0, 10, true, 7 },
		{ "10", 0, 10, true, 10 },
		{ "11", 0, 10, false, 0 },
		{ "1", 2, 10, false, 0 },
		{ "18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX, false, 0 },
		{ "99999999999999999999999", 0, UINT64_MAX, false, 0 },
		{ "", 0, 10, false, 0 },
		{ "-1", 0, UINT64_MAX, false, 0 },
		{ "+1", 0, 10, false, 0 },
		{ " 1", 0, 10, false, 0 },
		{ "1 ", 0, 10, false, 0 },
		{ "0x1", 0, 10, false, 0 },
		{ "1e1", 0, 10, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 77;
		bool is_good = parse_whole_u64(cases[i].text, cases[i].min, cases[i].max, &value);

		assert_int_equal(is_good, cases[i].is_good);
		assert_true(value == (is_good ? cases[i].wanted : 77));
	}
}

static void signed_numbers_know_their_limits(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
		bool is_good;
		int64_t wanted;
	} cases[] = {
		{ "-5", -5, 5, true, -5 },
		{ "-6", -5, 5, false, 0 },
		{ "6", -5, 5, false, 0 },
		{ "-0", -5, 5, true, 0 },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
		{ "--1", -5, 5, false, 0 },
		{ "-", -5, 5, false, 0 },
		{ "1.0", -5, 5, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t value = 77;
		bool is_good = parse_whole_i64(cases[i].text, cases[i].min, cases[i].max, &value);

		assert_int_equal(is_good, cases[i].is_good);
		assert_true(value == (is_good ? cases[i].wanted : 77));
	}
}

static void ports_are_1_to_65535(void **state)
{
	static const char *const bad[] = { "0", "65536", "", "-1", "80x", "4294967376" };
	uint16_t port = 0;

	(void)state;
	assert_true(parse_port("1", &port));
	assert_int_equal(port, 1);
	assert_true(parse_port("65535", &port));
	assert_int_equal(port, 65535);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_port(bad[i], &port));
	assert_int_equal(port, 65535);
}

/* A number with a limit, for the table of a parser that gives one unsigned value. */
struct limited_case {
	const char *text;
	uint64_t max;
	bool is_good;
	uint64_t wanted;
};

static void check_limited(bool (*parse)(const char *, uint64_t, uint64_t *),
			  const struct limited_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 77;
		bool is_good = parse(cases[i].text, cases[i].max, &value);

		if (is_good != cases[i].is_good)
			fail_msg("'%s' was %s", cases[i].text, is_good ? "accepted" : "refused");
		assert_true(value == (is_good ? cases[i].wanted : 77));
	}
}

static void fractions_are_read_as_thousandths(void **state)
{
	static const struct limited_case cases[] = {
		{ "4", 4000, true, 4000 },
		{ "4.001", 4000, false, 0 },
		{ "0.5", 4000, true, 500 },
		{ "0.05", 4000, true, 50 },
		{ "0.123", 4000, true, 123 },
		{ "0.1234", 4000, false, 0 },
		{ "0.12300", 4000, true, 123 },
		{ "0", 4000, true, 0 },
		{ ".5", 4000, false, 0 },
		{ "5.", 9000, false, 0 },
		{ "1e3", UINT64_MAX, false, 0 },
		{ "-1", UINT64_MAX, false, 0 },
		{ "1,5", UINT64_MAX, false, 0 },
		{ "", UINT64_MAX, false, 0 },
		{ "18446744073709551", UINT64_MAX, false, 0 },
		{ "18446744073709550.999", UINT64_MAX, true, UINT64_C(18446744073709550999) },
	};

	(void)state;
	check_limited(parse_milli, cases, ARRAY_SIZE(cases));
}

static void durations_have_units(void **state)
{
	static const struct limited_case cases[] = {
		{ "90", 100000, true, 90000 },
		{ "90s", 100000, true, 90000 },
		{ "5m", 300000, true, 300000 },
		{ "5m", 299999, false, 0 },
		{ "2h", UINT64_MAX, true, 7200000 },
		{ "1d", UINT64_MAX, true, 86400000 },
		{ "0", UINT64_MAX, true, 0 },
		{ "1w", UINT64_MAX, false, 0 },
		{ "1 s", UINT64_MAX, false, 0 },
		{ "1sm", UINT64_MAX, false, 0 },
		{ "s", UINT64_MAX, false, 0 },
		{ "", UINT64_MAX, false, 0 },
		{ "1.5s", UINT64_MAX, false, 0 },
		{ "213503982334602d", UINT64_MAX, false, 0 },
		{ "18446744073709551615", UINT64_MAX, false, 0 },
	};

	(void)state;
	check_limited(parse_duration_ms, cases, ARRAY_SIZE(cases));
}

static void times_of_rfc3339_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t wanted;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "2000-02-29T12:00:00Z", 951825600 },
		{ "2024-02-29T00:00:00z", 1709164800 },
		{ "2026-01-31T23:59:59Z", 1769903999 },
		{ "2026-01-31 23:59:59.123456789Z", 1769903999 },
		{ "2026-02-01T01:29:59+01:30", 1769903999 },
		{ "2026-01-31T18:59:59-05:00", 1769903999 },
		{ "2016-12-31T23:59:60Z", 1483228800 },
		{ "0001-01-01T00:00:00Z", -62135596800 }, /* Go's zero time */
		{ "0000-01-01T00:00:00Z", -62167219200 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t value = 7;

		if (!parse_rfc3339(cases[i].text, &value))
			fail_msg("'%s' was refused", cases[i].text);
		if (value != cases[i].wanted)
			fail_msg("'%s' is %lld", cases[i].text, (long long)value);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-01-31",
		"2026-01-31T23:59:59",
		"2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-32T00:00:00Z",
		"2026-01-31T24:00:00Z",
		"2026-01-31T23:60:00Z",
		"2026-01-31T23:59:61Z",
		"2026-01-31T23:59:59.Z",
		"2026-01-31T23:59:59+1:00",
		"2026-01-31T23:59:59+24:00",
		"2026-01-31T23:59:59Zx",
		"26-01-31T23:59:59Z",
		"+026-01-31T23:59:59Z",
		"2026-1-31T23:59:59Z",
		"2026-01-31T23:59",
	};
	int64_t value = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse_rfc3339(bad[i], &value))
			fail_msg("'%s' was accepted", bad[i]);
	assert_int_equal(value, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cursors_move_only_on_success),
		cmocka_unit_test(unsigned_numbers_know_their_limits),
		cmocka_unit_test(signed_numbers_know_their_limits),
		cmocka_unit_test(ports_are_1_to_65535),
		cmocka_unit_test(fractions_are_read_as_thousandths),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(times_of_rfc3339_are_read),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
