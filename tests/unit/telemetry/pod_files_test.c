/* SPDX-License-Identifier: MIT */
/* What is kept of a pod beside its page: its history, and files for its /proc. */
#include <sys/stat.h>

#include "telemetry/pod_history.h"
#include "telemetry/pod_proc.h"
#include "unit/guest/files.h"
#include "winalux/telemetry/history.h"
#include "winalux/telemetry/metrics.h"

static struct pod_proc_host host;

static size_t read_history(const char *path, struct history_entry ret[static HISTORY_ENTRIES])
{
	static char bytes[HISTORY_FILE_SIZE];
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = read(fd, bytes, sizeof(bytes));
	size_t count = 0;

	close(fd);
	if (n < 0 || !history_decode(bytes, (size_t)n, ret, &count))
		return 0;
	return count;
}

static void an_entry_is_the_mean_of_a_minute(void **state)
{
	static struct history_entry entries[HISTORY_ENTRIES];
	struct metrics m = { .known = METRICS_CPU | METRICS_MEMORY,
			     .sampled_boot_ms = 1000,
			     .sampled_s = 77,
			     .cpu_total_milli = 2000,
			     .memory_rss_bytes = 5 };
	struct pod_history h = { 0 };
	char path[256];

	files_path(path, *state, "alice");
	assert_true(pod_history_add(&h, &m, path));
	m.sampled_boot_ms += 59000;
	assert_true(pod_history_add(&h, &m, path));
	assert_int_equal(access(path, F_OK), -1);
	m.sampled_boot_ms += 1000;
	m.cpu_total_us = 30 * 1000000; /* half a processor of two */
	assert_true(pod_history_add(&h, &m, path));
	assert_int_equal(read_history(path, entries), 1);
	assert_int_equal(entries[0].cpu_permille, 250);
	assert_int_equal(entries[0].memory_bytes, 5);
	assert_int_equal(entries[0].at_s, 77);
	assert_int_equal(entries[0].known, HISTORY_CPU | HISTORY_MEMORY);
	m.sampled_boot_ms += 60000;
	assert_false(pod_history_add(&h, &m, "/no/such/directory/alice"));
}

static long size_of(const char *directory, const char *name)
{
	char path[256];
	struct stat st;

	return stat(files_path(path, directory, name), &st) < 0 ? -1 : (long)st.st_size;
}

static void add_empty_files(const char *directory)
{
	char path[256];

	for (enum proc_file i = 0; i < PROC_FILE_COUNT; i++)
		files_write(files_path(path, directory, proc_file_name(i)), "", 0644);
}

static void files_are_filled_before_the_first_sample(void **state)
{
	add_empty_files(*state);
	pod_proc_read_host(&host, "/proc");
	pod_proc_prepare(&host, *state);
	for (enum proc_file i = 0; i < PROC_FILE_COUNT; i++)
		assert_true(size_of(*state, proc_file_name(i)) > 10);
}

static void files_are_rewritten_in_place(void **state)
{
	struct metrics m = { .known = METRICS_MEMORY | METRICS_UPTIME,
			     .cpu_total_milli = 1000,
			     .cpu_is_limited = true,
			     .memory_is_limited = true,
			     .memory_total_bytes = 64 << 20,
			     .sampled_boot_ms = 5000 };
	struct proc_files files = { 0 };
	struct stat before, after;
	char path[256], text[4096] = "";

	add_empty_files(*state);
	pod_proc_read_host(&host, "/proc");
	pod_proc_prepare(&host, *state);
	stat(files_path(path, *state, "meminfo"), &before);
	assert_true(pod_proc_write(&files, &host, &m, 0, *state));
	stat(path, &after);
	assert_int_equal(before.st_ino, after.st_ino);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_non_null(strstr(text, "65536 kB"));
}

static void a_workspace_without_them_has_none(void **state)
{
	struct metrics m = { .sampled_boot_ms = 5000 };
	struct proc_files files = { 0 };

	pod_proc_read_host(&host, "/proc");
	assert_true(pod_proc_write(&files, &host, &m, 0, *state));
	assert_int_equal(size_of(*state, "meminfo"), -1);
}

int main(void)
{
#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		FILES_TEST(an_entry_is_the_mean_of_a_minute),
		FILES_TEST(files_are_filled_before_the_first_sample),
		FILES_TEST(files_are_rewritten_in_place),
		FILES_TEST(a_workspace_without_them_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
