/* SPDX-License-Identifier: MIT */
#include "winalux/telemetry/history.h"

#include <errno.h>
#include <sys/stat.h>

#include "unit/guest/files.h"

static struct history_entry entries[HISTORY_ENTRIES];
static char bytes[HISTORY_FILE_SIZE + 64];

static void append(const char *path, unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++) {
		const struct history_entry e = {
			.at_s = 1000 + 60 * (int64_t)i,
			.processes = i,
			.known = HISTORY_CPU,
		};

		assert_true(history_append(path, &e));
	}
}

static size_t read_bytes(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	assert_true(n >= 0);
	close(fd);
	return (size_t)n;
}

/* Entries number first to first + count - 1, and nothing else. */
static void assert_has(const char *path, unsigned first, size_t count)
{
	size_t got = SIZE_MAX;

	assert_true(history_decode(bytes, read_bytes(path), entries, &got));
	assert_int_equal(got, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(entries[i].processes, first + i);
		assert_int_equal(entries[i].at_s, 1000 + 60 * (int64_t)(first + i));
	}
}

static void the_oldest_comes_first(void **state)
{
	char path[256];

	append(files_path(path, *state, "alice"), 0, 3);
	assert_has(path, 0, 3);
	assert_int_equal(entries[2].known, HISTORY_CPU);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_full_ring_loses_its_oldest(void **state)
{
	char path[256];

	append(files_path(path, *state, "alice"), 0, HISTORY_ENTRIES);
	assert_has(path, 0, HISTORY_ENTRIES);
	append(path, HISTORY_ENTRIES, 1);
	assert_has(path, 1, HISTORY_ENTRIES);
	append(path, HISTORY_ENTRIES + 1, 2 * HISTORY_SLOTS);
	assert_has(path, HISTORY_ENTRIES + 1 + 2 * HISTORY_SLOTS - HISTORY_ENTRIES,
		   HISTORY_ENTRIES);
	assert_int_equal(read_bytes(path), HISTORY_FILE_SIZE);
}

/* Killed behind the entry and before it counts: as if the minute had not been. */
static void an_entry_that_was_not_counted_is_not_there(void **state)
{
	struct history_header before;
	char path[256];

	append(files_path(path, *state, "alice"), 0, HISTORY_ENTRIES + 7);
	read_bytes(path);
	memcpy(&before, bytes, sizeof(before));
	append(path, HISTORY_ENTRIES + 7, 1);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, &before, sizeof(before), 0), sizeof(before));
	close(fd);
	assert_has(path, 7, HISTORY_ENTRIES);
	append(path, HISTORY_ENTRIES + 7, 1);
	assert_has(path, 8, HISTORY_ENTRIES);
}

static void what_is_no_ring_is_made_anew(void **state)
{
	static char garbage[HISTORY_FILE_SIZE + 1];
	size_t count = 42;
	char path[256];

	files_path(path, *state, "alice");
	files_write(path, "", 0600);
	append(path, 0, 2);
	assert_has(path, 0, 2);
	memset(garbage, 'x', HISTORY_FILE_SIZE);
	files_write(path, garbage, 0600);
	assert_false(history_decode(bytes, read_bytes(path), entries, &count));
	assert_int_equal(count, 42);
	append(path, 5, 1);
	assert_has(path, 5, 1);
	assert_int_equal(truncate(path, HISTORY_FILE_SIZE - 1), 0);
	assert_false(history_decode(bytes, read_bytes(path), entries, &count));
	append(path, 6, 1);
	assert_has(path, 6, 1);
}

static void another_version_is_foreign(void **state)
{
	struct history_header h;
	size_t count, len;
	char path[256];

	append(files_path(path, *state, "alice"), 0, 2);
	len = read_bytes(path);
	memcpy(&h, bytes, sizeof(h));
	h.version++;
	memcpy(bytes, &h, sizeof(h));
	assert_false(history_decode(bytes, len, entries, &count));
	assert_false(history_decode("", 0, entries, &count));
}

/* Any count may be in a file that somebody else wrote. */
static void a_count_out_of_all_bounds_reads_nothing_outside(void **state)
{
	static const uint64_t counts[] = {
		0, 1, HISTORY_ENTRIES, HISTORY_SLOTS, UINT64_MAX - 1, UINT64_MAX
	};
	struct history_header h;
	size_t count, len;
	char path[256];

	append(files_path(path, *state, "alice"), 0, 2);
	len = read_bytes(path);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		memcpy(&h, bytes, sizeof(h));
		h.written = counts[i];
		memcpy(bytes, &h, sizeof(h));
		assert_true(history_decode(bytes, len, entries, &count));
		assert_int_equal(count, counts[i] < HISTORY_ENTRIES ? counts[i] : HISTORY_ENTRIES);
	}
}

static void what_is_no_file_is_left_alone(void **state)
{
	const struct history_entry e = { .at_s = 1 };
	char path[256], to[256];

	files_path(path, *state, "link");
	assert_int_equal(symlink(files_path(to, *state, "elsewhere"), path), 0);
	assert_false(history_append(path, &e));
	assert_int_equal(errno, ELOOP);
	assert_int_equal(access(to, F_OK), -1);
	assert_int_equal(mkfifo(files_path(path, *state, "fifo"), 0600), 0);
	assert_false(history_append(path, &e));
	assert_int_equal(errno, EINVAL);
	assert_false(history_append(files_path(path, *state, "no/such"), &e));
	assert_int_equal(errno, ENOENT);
}

#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILES_TEST(the_oldest_comes_first),
		FILES_TEST(a_full_ring_loses_its_oldest),
		FILES_TEST(an_entry_that_was_not_counted_is_not_there),
		FILES_TEST(what_is_no_ring_is_made_anew),
		FILES_TEST(another_version_is_foreign),
		FILES_TEST(a_count_out_of_all_bounds_reads_nothing_outside),
		FILES_TEST(what_is_no_file_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
