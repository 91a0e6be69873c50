/* SPDX-License-Identifier: MIT */
/* What processes say that they have written, and what that comes to over time. */
#include "telemetry/write_counters.h"

#include "unit/guest/files.h"
#include "winalux/base/mem.h"

#define BEFORE "rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\nread_bytes: 1\n"
#define IO(written, cancelled)                                                                     \
	BEFORE "write_bytes: " written "\ncancelled_write_bytes: " cancelled "\n"

static void what_a_process_has_written_is_read(void **state)
{
	struct write_counters c;

	(void)state;
	assert_true(write_counters_parse(IO("323932160", "4096"), &c));
	assert_int_equal(c.written_bytes, 323932160);
	assert_int_equal(c.cancelled_bytes, 4096);
	assert_true(write_counters_parse("cancelled_write_bytes: 1\nwrite_bytes: 2\n", &c));
	assert_int_equal(c.written_bytes, 2);
}

static void what_is_cut_or_odd_is_refused(void **state)
{
	static const char *const odd[] = {
		"",
		"\n\n",
		BEFORE,
		BEFORE "write_bytes: 1\n",
		BEFORE "cancelled_write_bytes: 1\n",
		BEFORE "write_bytes: 1\ncancelled_write_bytes: 1",
		IO("-1", "0"),
		IO("1 2", "0"),
		IO("18446744073709551616", "0"),
		IO("", "0"),
	};
	struct write_counters c = { 5, 6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		if (write_counters_parse(odd[i], &c))
			fail_msg("'%s' was read", odd[i]);
	assert_int_equal(c.written_bytes + c.cancelled_bytes, 11);
}

static void processes_add_up(void **state)
{
	struct write_counters sum = { 0 };
	char path[256];

	files_write(files_path(path, *state, "io"), IO("1000", "10"), 0644);
	assert_true(write_counters_add(&sum, path));
	files_write(path, IO("500", "0"), 0644);
	assert_true(write_counters_add(&sum, path));
	files_write(path, "permission", 0644);
	assert_false(write_counters_add(&sum, path));
	assert_false(write_counters_add(&sum, "/no/such/io"));
	assert_int_equal(sum.written_bytes, 1500);
	assert_int_equal(sum.cancelled_bytes, 10);
}

static void the_kernels_own_counters_are_read(void **state)
{
	struct write_counters sum = { 0 };

	(void)state;
	if (access("/proc/self/io", R_OK) < 0) {
		print_message("this kernel does not count\n");
		skip();
	}
	assert_true(write_counters_add(&sum, "/proc/self/io"));
}

static struct write_growth take(struct write_counters first, struct write_counters second)
{
	struct write_growth g;

	write_growth_begin(&g, &first);
	assert_false(g.has_moved);
	write_growth_take(&g, &second);
	return g;
}

static void growth_is_what_was_written_less_what_was_cancelled(void **state)
{
	const struct write_growth g =
		take((struct write_counters){ 1000, 100 }, (struct write_counters){ 6000, 1100 });
	const struct write_growth still =
		take((struct write_counters){ 7, 8 }, (struct write_counters){ 7, 8 });
	const struct write_growth removed =
		take((struct write_counters){ 7, 8 }, (struct write_counters){ 7, 4104 });

	(void)state;
	assert_int_equal(g.net_bytes, 4000);
	assert_true(g.has_moved);
	assert_int_equal(still.net_bytes, 0);
	assert_false(still.has_moved);
	assert_int_equal(removed.net_bytes, 0);
	assert_true(removed.has_moved);
}

static void what_was_written_before_makes_no_room_when_it_is_cancelled(void **state)
{
	const struct write_counters more = { 1500, 5000 }, less = { 1500, 5100 };
	struct write_growth g =
		take((struct write_counters){ 1000, 0 }, (struct write_counters){ 1000, 5000 });

	(void)state;
	write_growth_take(&g, &more);
	assert_int_equal(g.net_bytes, 500);
	write_growth_take(&g, &less);
	assert_int_equal(g.net_bytes, 400);
}

static void who_ends_takes_nothing_off(void **state)
{
	const struct write_counters left = { 2000, 0 }, later = { 2500, 0 };
	struct write_growth g =
		take((struct write_counters){ 9000, 100 }, (struct write_counters){ 9500, 100 });

	(void)state;
	write_growth_take(&g, &left);
	assert_int_equal(g.net_bytes, 500);
	write_growth_take(&g, &later);
	assert_int_equal(g.net_bytes, 1000);
	assert_true(g.has_moved);
}

static void a_sum_that_is_not_known_may_have_moved(void **state)
{
	const struct write_counters first = { 1000, 0 }, later = { 9000, 0 }, last = { 9500, 0 };
	struct write_growth g;

	(void)state;
	write_growth_begin(&g, NULL);
	assert_true(g.has_moved);
	write_growth_begin(&g, &first);
	write_growth_take(&g, NULL);
	assert_true(g.has_moved);
	write_growth_take(&g, &later);
	assert_int_equal(g.net_bytes, 0);
	write_growth_take(&g, &last);
	assert_int_equal(g.net_bytes, 500);
}

int main(void)
{
#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_process_has_written_is_read),
		cmocka_unit_test(what_is_cut_or_odd_is_refused),
		FILES_TEST(processes_add_up),
		cmocka_unit_test(the_kernels_own_counters_are_read),
		cmocka_unit_test(growth_is_what_was_written_less_what_was_cancelled),
		cmocka_unit_test(what_was_written_before_makes_no_room_when_it_is_cancelled),
		cmocka_unit_test(who_ends_takes_nothing_off),
		cmocka_unit_test(a_sum_that_is_not_known_may_have_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
