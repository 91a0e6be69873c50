/* SPDX-License-Identifier: MIT */
/* A workspace of a few directories, with a /proc of its own and a clock that is set. */
#include "telemetry/storage.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "unit/guest/files.h"
#include "winalux/base/mem.h"

enum { TREES = 3, MUCH = 17 << 20 };

static struct storage storage;
static struct metrics metrics;
static struct write_counters writes;
static int trees[TREES + 1];
static const pid_t pids[] = { 19, 7 };
static char proc[256];
static struct storage_view view;

static int setup(void **state)
{
	char path[256], file[256], name[16];

	if (files_setup(state) < 0)
		return -1;
	storage_clear(&storage);
	metrics = (struct metrics){ 0 };
	writes = (struct write_counters){ 1000, 0 };
	for (unsigned i = 0; i < TREES; i++) {
		snprintf(name, sizeof(name), "tree-%u", i);
		mkdir(files_path(path, *state, name), 0755);
		trees[i] = open(path, O_PATH | O_CLOEXEC);
		files_write(files_path(file, path, "file"), "some text", 0644);
	}
	trees[TREES] = -1;
	files_path(proc, *state, "proc");
	mkdir(proc, 0755);
	mkdir(files_path(path, proc, "7"), 0755);
	mkdir(files_path(path, proc, "7/fd"), 0755);
	view = (struct storage_view){
		.now_boot_ms = 1000000,
		.trees = trees,
		.tree_count = TREES,
		.proc = proc,
		.pids = pids,
		.pid_count = ARRAY_SIZE(pids),
		.writes = &writes,
	};
	return 0;
}

static int teardown(void **state)
{
	storage_clear(&storage);
	for (unsigned i = 0; i < TREES; i++)
		close(trees[i]);
	return files_teardown(state);
}

/* Lets time pass, and works until nothing is left to be done for now. */
static void later(int64_t ms)
{
	view.now_boot_ms += ms;
	for (unsigned i = 0; storage_step(&storage, &view, 1000000, &metrics) != STORAGE_RESTING;
	     i++)
		assert_true(i < 100);
}

static uint64_t du(const char *directory, unsigned first, unsigned last)
{
	char command[512];
	uint64_t sum = 0;

	for (unsigned i = first; i <= last; i++) {
		uint64_t one = 0;

		snprintf(command, sizeof(command), "du -s --block-size=1 '%s/tree-%u'", directory,
			 i);
		FILE *out = popen(command, "re");
		assert_non_null(out);
		assert_int_equal(fscanf(out, "%" SCNu64, &one), 1);
		assert_int_equal(pclose(out), 0);
		sum += one;
	}
	return sum;
}

static void expect(uint64_t bytes, uint64_t files, bool is_estimated)
{
	assert_int_equal(metrics.known, METRICS_STORAGE);
	assert_int_equal(metrics.storage_used_bytes, bytes);
	assert_int_equal(metrics.storage_files, files);
	assert_int_equal(metrics.storage_is_estimated, is_estimated);
}

/* A file without a name that the process with number 7 has open as 3. */
static int open_deleted(void)
{
	static const char block[1 << 16] = "x";
	char path[256], target[64];
	const int fd = openat(trees[1], "deleted", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
	assert_int_equal(unlinkat(trees[1], "deleted", 0), 0);
	snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
	unlink(files_path(path, proc, "7/fd/3"));
	assert_int_equal(symlink(target, path), 0);
	return fd;
}

static void all_trees_come_to_one_exact_figure(void **state)
{
	later(0);
	expect(du(*state, 0, 2), 6, false);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms);
}

static void a_volume_that_two_share_counts_once(void **state)
{
	char path[256];
	const int again = open(files_path(path, *state, "tree-0"), O_PATH | O_CLOEXEC);
	const int shared[] = { trees[0], again, trees[0], -1, trees[1] };

	view.trees = shared;
	view.tree_count = ARRAY_SIZE(shared);
	later(0);
	expect(du(*state, 0, 1), 4, false);
	close(again);
}

static void what_an_earlier_daemon_counted_stays_until_a_scan_is_finished(void **state)
{
	unsigned calls = 1;

	metrics.known = METRICS_STORAGE;
	metrics.storage_used_bytes = 77;
	for (unsigned i = 0; i < 500; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(mknodat(trees[1], name, S_IFREG | 0644, 0), 0);
	}
	while (storage_step(&storage, &view, 0, &metrics) != STORAGE_RESTING) {
		assert_int_equal(metrics.known, METRICS_STORAGE);
		assert_int_equal(metrics.storage_used_bytes, 77);
		calls++;
	}
	assert_true(calls > 500 / TREE_COUNT_BATCH);
	expect(du(*state, 0, 2), 506, false);
}

static void without_any_tree_nothing_is_known(void **state)
{
	(void)state;
	view.tree_count = 0;
	later(0);
	assert_int_equal(metrics.known, 0);
	view.trees = &trees[TREES];
	view.tree_count = 1;
	later(100000);
	assert_int_equal(metrics.known, 0);
}

static void what_is_written_makes_an_estimate_until_the_next_scan(void **state)
{
	char path[256];

	later(0);
	const uint64_t counted = metrics.storage_used_bytes;
	const int64_t counted_boot_ms = metrics.storage_counted_boot_ms;
	files_write(files_path(path, *state, "tree-1/more"), "more text", 0644);
	writes.written_bytes += 2 << 20;
	later(10000);
	assert_true(metrics.storage_is_estimated);
	assert_in_range(metrics.storage_used_bytes, counted, counted + (2 << 20));
	assert_int_equal(metrics.storage_counted_boot_ms, counted_boot_ms);
	later(STORAGE_PAUSE_MS);
	expect(du(*state, 0, 2), 7, false);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms);
}

static void who_waits_for_room_need_not_wait_for_a_pause(void **state)
{
	(void)state;
	later(0);
	later(1000);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms - 1000);
	view.is_urgent = true;
	later(1000);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms);
}

static void much_that_is_written_is_counted_at_once(void **state)
{
	(void)state;
	later(0);
	writes.written_bytes += MUCH;
	later(1000);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms);
	assert_false(metrics.storage_is_estimated);
	writes.written_bytes += MUCH;
	writes.cancelled_bytes += MUCH;
	later(1000);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms - 1000);
	assert_true(metrics.storage_is_estimated);
}

static void what_is_written_during_a_scan_leaves_an_estimate(void **state)
{
	later(0);
	view.now_boot_ms += STORAGE_PAUSE_MS;
	assert_int_equal(storage_step(&storage, &view, 0, &metrics), STORAGE_TREES);
	writes.written_bytes += 2 << 20;
	later(0);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms);
	assert_int_equal(metrics.storage_files, 6);
	assert_true(metrics.storage_is_estimated);
	later(2 * STORAGE_PAUSE_MS);
	expect(du(*state, 0, 2), 6, false);
}

static void pauses_become_longer_while_nothing_is_new(void **state)
{
	char path[256];

	later(0);
	for (unsigned i = 1; i < STORAGE_PAUSES_MAX + 3; i++) {
		const unsigned pauses = i < STORAGE_PAUSES_MAX ? i : STORAGE_PAUSES_MAX;

		later((int64_t)pauses * STORAGE_PAUSE_MS - 1);
		assert_true(metrics.storage_counted_boot_ms < view.now_boot_ms);
		later(1);
		assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms);
	}
	files_write(files_path(path, *state, "tree-1/more"), "more text", 0644);
	later((int64_t)STORAGE_PAUSES_MAX * STORAGE_PAUSE_MS);
	later(STORAGE_PAUSE_MS);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms);
}

static void who_cannot_be_read_makes_nothing_exact(void **state)
{
	view.writes = NULL;
	later(0);
	expect(du(*state, 0, 2), 6, true);
}

static void a_new_volume_is_counted_at_once(void **state)
{
	view.tree_count = 2;
	later(0);
	expect(du(*state, 0, 1), 4, false);
	view.tree_count = 3;
	later(1);
	expect(du(*state, 0, 2), 6, false);
}

static void a_volume_that_is_missing_counts_until_the_next_scan(void **state)
{
	const uint64_t all = du(*state, 0, 2);

	later(0);
	view.tree_count = 2;
	later(1);
	expect(all, 6, true);
	later(STORAGE_PAUSE_MS);
	expect(du(*state, 0, 1), 4, false);
}

static void a_volume_that_goes_in_mid_scan_counts_as_before(void **state)
{
	const uint64_t all = du(*state, 0, 2);

	later(0);
	view.now_boot_ms += STORAGE_PAUSE_MS;
	assert_int_equal(storage_step(&storage, &view, 0, &metrics), STORAGE_TREES);
	view.tree_count = 1;
	later(0);
	assert_int_equal(metrics.storage_counted_boot_ms, view.now_boot_ms);
	expect(all, 6, true);
}

static void a_deleted_file_counts_while_it_is_open(void **state)
{
	const uint64_t named = du(*state, 0, 2);
	const int fd = open_deleted();
	struct stat st;
	char path[256];

	fstat(fd, &st);
	later(0);
	expect(named + (uint64_t)st.st_blocks * 512, 7, false);
	assert_int_equal(unlink(files_path(path, proc, "7/fd/3")), 0);
	close(fd);
	later(STORAGE_LOOK_MS);
	expect(named, 7, true);
	later(STORAGE_PAUSE_MS);
	expect(named, 6, false);
}

static void a_file_that_is_deleted_later_is_not_counted_twice(void **state)
{
	(void)state;
	later(0);
	const uint64_t named = metrics.storage_used_bytes;
	const int fd = open_deleted();
	later(STORAGE_LOOK_MS);
	assert_in_range(metrics.storage_used_bytes, named, named + 4096);
	assert_true(metrics.storage_is_estimated);
	later(STORAGE_PAUSE_MS);
	assert_true(metrics.storage_used_bytes >= named + (1 << 16));
	assert_false(metrics.storage_is_estimated);
	close(fd);
}

static void descriptors_are_looked_at_a_few_at_a_time(void **state)
{
	char path[256], name[16];
	unsigned calls = 1;
	const int fd = open_deleted();

	(void)state;
	for (unsigned i = 4; i < 3 * STORAGE_FINISH_FDS; i++) {
		snprintf(name, sizeof(name), "7/fd/%u", i);
		assert_int_equal(symlink("/", files_path(path, proc, name)), 0);
	}
	while (storage_step(&storage, &view, 1000000, &metrics) != STORAGE_RESTING)
		calls++;
	assert_int_equal(calls, 4);
	assert_int_equal(metrics.storage_files, 7);
	close(fd);
}

static unsigned resident_bytes(void)
{
	static unsigned char pages[sizeof(storage) / 4096 + 2];
	const uintptr_t begin = (uintptr_t)&storage & ~(uintptr_t)4095;
	const uintptr_t end = ((uintptr_t)&storage + sizeof(storage) + 4095) & ~(uintptr_t)4095;
	unsigned count = 0;

	assert_int_equal(
		mincore((char *)&storage - ((uintptr_t)&storage - begin), end - begin, pages), 0);
	for (uintptr_t i = 0; i < (end - begin) / 4096; i++)
		count += pages[i] & 1;
	return count * 4096;
}

static void memory_is_given_back_between_scans(void **state)
{
	char from[256], to[256];

	files_path(from, *state, "tree-0/file");
	assert_int_equal(link(from, files_path(to, *state, "tree-0/link")), 0);
	later(0);
	assert_int_equal(metrics.storage_files, 6);
	assert_in_range(resident_bytes(), 1, 64 << 10);
}

int main(void)
{
#define STORAGE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		STORAGE_TEST(all_trees_come_to_one_exact_figure),
		STORAGE_TEST(a_volume_that_two_share_counts_once),
		STORAGE_TEST(what_an_earlier_daemon_counted_stays_until_a_scan_is_finished),
		STORAGE_TEST(without_any_tree_nothing_is_known),
		STORAGE_TEST(what_is_written_makes_an_estimate_until_the_next_scan),
		STORAGE_TEST(who_waits_for_room_need_not_wait_for_a_pause),
		STORAGE_TEST(much_that_is_written_is_counted_at_once),
		STORAGE_TEST(what_is_written_during_a_scan_leaves_an_estimate),
		STORAGE_TEST(pauses_become_longer_while_nothing_is_new),
		STORAGE_TEST(who_cannot_be_read_makes_nothing_exact),
		STORAGE_TEST(a_new_volume_is_counted_at_once),
		STORAGE_TEST(a_volume_that_is_missing_counts_until_the_next_scan),
		STORAGE_TEST(a_volume_that_goes_in_mid_scan_counts_as_before),
		STORAGE_TEST(a_deleted_file_counts_while_it_is_open),
		STORAGE_TEST(a_file_that_is_deleted_later_is_not_counted_twice),
		STORAGE_TEST(descriptors_are_looked_at_a_few_at_a_time),
		STORAGE_TEST(memory_is_given_back_between_scans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
