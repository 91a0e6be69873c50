/* SPDX-License-Identifier: MIT */
#include "telemetry/storage_growth.h"

#include "unit/guest/files.h"
#include "winalux/base/mem.h"

/* Growth from then to now; writes of -1 are not known. */
#define M (1 << 20)

static const struct {
	const char *what;
	int64_t written_then, written_now;
	bool counts_writes;
	int64_t used_then, used_now;
	uint64_t bytes, written;
	bool is_none;
} cases[] = {
	{ "nothing", 100, 100, true, 5000, 5000, 0, 0, true },
	{ "others write", 100, 100, true, 5000, 9000, 0, 0, true },
	{ "a file grows", 1 * M, 9 * M, true, 50 * M, 58 * M, 8 * M, 8 * M, false },
	{ "others write more", 1 * M, 9 * M, true, 50 * M, 90 * M, 8 * M, 40 * M, false },
	{ "a file is written over", 1 * M, 9 * M, true, 50 * M, 50 * M, 0, 8 * M, false },
	{ "others free", 1 * M, 9 * M, true, 50 * M, 45 * M, 0, 8 * M, false },
	{ "a large file is removed", 1 * M, 1 * M + 4096, true, 50 * M, 5 * M, 0, 45 * M, true },
	{ "PID 1 writes its page", 100, 4196, true, 5000, 5000, 0, 4096, true },
	{ "an exec that wrote has ended", 9 * M, 8 * M, true, 50 * M, 90 * M, 0, 40 * M, false },
	{ "the file systems are not known", 1 * M, 9 * M, true, -1, -1, 8 * M, 0, false },
	{ "nothing on a file system that does not count", 9, 9, false, 50, 50, 0, 0, true },
	{ "a file grows on such a one", 9, 9, false, 50, 90, 40, 40, false },
	{ "it shrinks", 9, 9, false, 50, 20, 0, 0, false },
	{ "other disks are written to", 9, 999, false, 50, 90, 40, 40, false },
	{ "writes are not known", -1, -1, true, 50, 90, 40, 40, false },
	{ "writes are not known any more", 9, -1, true, 50, 90, 40, 40, false },
	{ "neither is known", -1, -1, true, -1, -1, 0, 0, false },
};

static void growth_is_the_smaller_of_what_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct write_counters writes[] = {
			{ .written_bytes = (uint64_t)cases[i].written_then },
			{ .written_bytes = (uint64_t)cases[i].written_now },
		};
		const struct space_used used[] = {
			{ cases[i].used_then >= 0, cases[i].counts_writes,
			  cases[i].used_then >= 0 ? (uint64_t)cases[i].used_then : 0 },
			{ cases[i].used_now >= 0, cases[i].counts_writes,
			  cases[i].used_now >= 0 ? (uint64_t)cases[i].used_now : 0 },
		};
		struct storage_growth g;

		storage_growth_begin(&g, cases[i].written_then < 0 ? NULL : &writes[0], &used[0]);
		storage_growth_take(&g, cases[i].written_now < 0 ? NULL : &writes[1], &used[1]);
		if (storage_growth_bytes(&g) != cases[i].bytes ||
		    (used[0].is_known && storage_growth_written(&g) != cases[i].written) ||
		    storage_growth_is_none(&g) != cases[i].is_none)
			fail_msg("%s: %u, %u, %d", cases[i].what,
				 (unsigned)storage_growth_bytes(&g),
				 (unsigned)storage_growth_written(&g), storage_growth_is_none(&g));
	}
}

static void an_estimate_is_exact_only_while_nothing_happens(void **state)
{
	const struct write_counters writes = { 100, 0 }, more = { 100 + 2 * M, 0 };
	const struct space_used used = { true, true, 5000 }, grown = { true, true, 5000 + 2 * M };
	struct storage_growth g;

	(void)state;
	storage_growth_begin(&g, &writes, &used);
	assert_true(storage_estimate(1000, true, 0, &g).is_exact);
	assert_int_equal(storage_estimate(1000, true, 0, &g).bytes, 1000);
	assert_false(storage_estimate(1000, false, 0, &g).is_exact);
	assert_false(storage_estimate(1000, true, 400, &g).is_exact);
	assert_int_equal(storage_estimate(1000, true, 400, &g).bytes, 600);
	assert_int_equal(storage_estimate(1000, true, 4000, &g).bytes, 0);
	storage_growth_take(&g, &more, &grown);
	assert_false(storage_estimate(1000, true, 0, &g).is_exact);
	assert_int_equal(storage_estimate(1000, true, 0, &g).bytes, 1000 + 2 * M);
}

static void files_cut_short_make_no_growth_below_zero(void **state)
{
	const struct write_counters writes = { 100, 0 }, cut = { 100, 90 };
	const struct space_used used = { true, true, 5000 };
	struct storage_growth g;

	(void)state;
	storage_growth_begin(&g, &writes, &used);
	storage_growth_take(&g, &cut, &used);
	assert_int_equal(storage_growth_bytes(&g), 0);
	assert_int_equal(storage_estimate(1000, true, 0, &g).bytes, 1000);
}

static void each_file_system_is_used_once(void **state)
{
	const int disk = open(*state, O_PATH | O_CLOEXEC);
	const int twice[] = { disk, -1, disk }, kernel = open("/proc", O_PATH | O_CLOEXEC);
	const struct space_used one = space_used_of(twice, 1), two = space_used_of(twice, 3);
	const struct space_used none = space_used_of(twice + 1, 1);
	const struct space_used proc = space_used_of(&kernel, 1);

	assert_true(one.is_known && two.is_known);
	assert_in_range(two.bytes, one.bytes / 2, one.bytes + one.bytes / 2);
	assert_false(none.is_known);
	assert_true(proc.is_known && !proc.counts_writes && !proc.bytes);
	close(kernel);
	close(disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth_is_the_smaller_of_what_is_known),
		cmocka_unit_test(an_estimate_is_exact_only_while_nothing_happens),
		cmocka_unit_test(files_cut_short_make_no_growth_below_zero),
		cmocka_unit_test_setup_teardown(each_file_system_is_used_once, files_setup,
						files_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
