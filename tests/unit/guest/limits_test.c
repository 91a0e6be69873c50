/* SPDX-License-Identifier: MIT */
/* Back-off, token bucket, MaxStartups, and the watch for the dev container: arithmetic without a
 * clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest/admission.h"
#include "guest/backoff.h"
#include "guest/bucket.h"
#include "guest/watch.h"
#include "winalux/base/mem.h"

static void delays_double_up_to_a_minute(void **state)
{
	static const int wanted[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct backoff b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(backoff_next(&b, 10), wanted[i]);
}

static void a_minute_of_life_starts_over(void **state)
{
	struct backoff b = { 0 };

	(void)state;
	backoff_next(&b, 0);
	backoff_next(&b, 0);
	assert_int_equal(backoff_next(&b, BACKOFF_RESET_MS - 1), 4000);
	assert_int_equal(backoff_next(&b, BACKOFF_RESET_MS), 1000);
	assert_int_equal(backoff_next(&b, 0), 2000);
}

static void a_bucket_passes_a_burst_and_then_its_rate(void **state)
{
	struct bucket b;
	uint64_t refused = 99;
	unsigned passed = 0;

	(void)state;
	bucket_init(&b, 5, 10, 1000);
	for (int i = 0; i < 20; i++)
		passed += bucket_take(&b, 1000, &refused);
	assert_int_equal(passed, 5);
	assert_int_equal(refused, 0);
	assert_false(bucket_take(&b, 1099, &refused));
	assert_true(bucket_take(&b, 1100, &refused));
	assert_int_equal(refused, 16);
	assert_false(bucket_take(&b, 1100, &refused));
}

static void a_bucket_never_holds_more_than_its_burst(void **state)
{
	struct bucket b;
	uint64_t refused;
	unsigned passed = 0;

	(void)state;
	bucket_init(&b, 3, 1000, 0);
	for (int i = 0; i < 3; i++)
		bucket_take(&b, 0, &refused);
	for (int i = 0; i < 10; i++)
		passed += bucket_take(&b, INT64_MAX / 2, &refused);
	assert_int_equal(passed, 3);
}

static void a_clock_that_stands_still_gives_nothing(void **state)
{
	struct bucket b;
	uint64_t refused;

	(void)state;
	bucket_init(&b, 1, 1, 500);
	assert_true(bucket_take(&b, 500, &refused));
	assert_false(bucket_take(&b, 500, &refused));
	assert_false(bucket_take(&b, 400, &refused));
}

/* Of the hundred possible throws of the dice. */
static unsigned refused_percent(unsigned unauthenticated, unsigned total)
{
	unsigned refused = 0;

	for (uint32_t random = 0; random < 100; random++)
		refused += admission_refuses(&admission_default, unauthenticated, total, random);
	return refused;
}

static void connections_are_refused_as_max_startups_says(void **state)
{
	static const struct {
		unsigned unauthenticated, percent;
	} cases[] = { { 0, 0 },   { 9, 0 },    { 10, 30 },  { 35, 65 },
		      { 59, 98 }, { 60, 100 }, { 100, 100 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			refused_percent(cases[i].unauthenticated, cases[i].unauthenticated),
			cases[i].percent);
}

static void a_full_table_refuses_everybody(void **state)
{
	(void)state;
	assert_int_equal(refused_percent(0, admission_default.total - 1), 0);
	assert_int_equal(refused_percent(0, admission_default.total), 100);
}

static void nothing_is_over_before_the_dev_container_was_seen(void **state)
{
	struct watch w = { 0 };

	(void)state;
	assert_false(watch_is_over(&w, false, 0));
	assert_false(watch_is_over(&w, false, 10 * WATCH_AWAY_MS));
}

static void a_minute_without_the_dev_container_is_the_end(void **state)
{
	struct watch w = { 0 };

	(void)state;
	assert_false(watch_is_over(&w, true, 5000));
	assert_false(watch_is_over(&w, false, 5000 + WATCH_AWAY_MS - 1));
	assert_true(watch_is_over(&w, false, 5000 + WATCH_AWAY_MS));
}

static void a_restart_in_between_does_not_count(void **state)
{
	struct watch w = { 0 };

	(void)state;
	assert_false(watch_is_over(&w, true, 0));
	assert_false(watch_is_over(&w, false, 50000));
	assert_false(watch_is_over(&w, true, 55000));
	assert_false(watch_is_over(&w, false, 100000));
	assert_true(watch_is_over(&w, false, 115000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_double_up_to_a_minute),
		cmocka_unit_test(a_minute_of_life_starts_over),
		cmocka_unit_test(a_bucket_passes_a_burst_and_then_its_rate),
		cmocka_unit_test(a_bucket_never_holds_more_than_its_burst),
		cmocka_unit_test(a_clock_that_stands_still_gives_nothing),
		cmocka_unit_test(connections_are_refused_as_max_startups_says),
		cmocka_unit_test(a_full_table_refuses_everybody),
		cmocka_unit_test(nothing_is_over_before_the_dev_container_was_seen),
		cmocka_unit_test(a_minute_without_the_dev_container_is_the_end),
		cmocka_unit_test(a_restart_in_between_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
