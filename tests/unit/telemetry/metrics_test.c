/* SPDX-License-Identifier: MIT */
#include "winalux/telemetry/metrics.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "unit/guest/files.h"

static void what_was_written_is_read(void **state)
{
	struct metrics written = { .known = METRICS_CPU, .cpu_used_milli = 143, .processes = 12 };
	struct metrics got;
	char path[256];

	files_path(path, *state, "metrics");
	assert_int_equal(metrics_read(path, &got), METRICS_ABSENT);
	strcpy(written.profile, "web");
	assert_true(metrics_write(path, &written));
	assert_int_equal(metrics_read(path, &got), METRICS_FINE);
	assert_int_equal(got.cpu_used_milli, 143);
	assert_int_equal(got.processes, 12);
	assert_int_equal(got.known, METRICS_CPU);
	assert_string_equal(got.profile, "web");
	assert_false(metrics_write("/no/such/directory/metrics", &written));
}

static void a_page_of_zeros_is_no_sample_yet(void **state)
{
	static const char zeros[METRICS_FILE_SIZE];
	struct metrics got;

	(void)state;
	assert_int_equal(metrics_decode(zeros, sizeof(zeros), &got), METRICS_ABSENT);
}

static void read_page(const char *path, char ret[static METRICS_FILE_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(pread(fd, ret, METRICS_FILE_SIZE, 0), sizeof(struct metrics));
	close(fd);
}

static void an_archived_copy_is_read_too(void **state)
{
	struct metrics value = { .processes = 12 }, got;
	char path[256], page[METRICS_FILE_SIZE];

	metrics_write(files_path(path, *state, "metrics"), &value);
	read_page(path, page);
	assert_int_equal(metrics_decode(page, sizeof(got), &got), METRICS_FINE);
	assert_int_equal(got.processes, 12);
	assert_int_equal(metrics_decode(page, sizeof(got) - 1, &got), METRICS_FOREIGN);
	page[offsetof(struct metrics, sequence_end)]++;
	assert_int_equal(metrics_decode(page, sizeof(got), &got), METRICS_TORN);
}

static void a_new_writer_mends_what_the_last_one_left(void **state)
{
	static const uint32_t last = UINT32_MAX; /* the number after it is not zero */
	struct metrics value = { .processes = 1 }, got;
	char path[256];

	metrics_write(files_path(path, *state, "metrics"), &value);
	int fd = open(path, O_WRONLY | O_CLOEXEC); /* it dies while it writes */
	assert_int_equal(pwrite(fd, &last, 4, offsetof(struct metrics, sequence_end)), 4);
	assert_int_equal(metrics_read(path, &got), METRICS_TORN);
	assert_int_equal(pwrite(fd, &last, 4, offsetof(struct metrics, sequence)), 4);
	for (value.processes = 2; value.processes < 5; value.processes++) {
		assert_true(metrics_write(path, &value));
		assert_int_equal(metrics_read(path, &got), METRICS_FINE);
		assert_int_equal(got.processes, value.processes);
	}
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_int_equal(metrics_read(path, &got), METRICS_FOREIGN);
	assert_true(metrics_write(path, &value));
	assert_int_equal(metrics_read(path, &got), METRICS_FINE);
	close(fd);
}

/* As on a full disk, the writer is told; it does not end, and goes on when there is room again. */
static void a_full_disk_ends_nobody(void **state)
{
	const struct metrics value = { .processes = 7 };
	struct rlimit before, full;
	struct metrics got;
	char path[256];

	files_path(path, *state, "metrics");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = before;
	full.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	const bool is_written = metrics_write(path, &value);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(is_written);
	assert_int_not_equal(metrics_read(path, &got), METRICS_FINE);
	assert_true(metrics_write(path, &value));
	assert_int_equal(metrics_read(path, &got), METRICS_FINE);
	assert_int_equal(got.processes, 7);
}

static void other_files_are_foreign(void **state)
{
	static char page[METRICS_FILE_SIZE];
	struct metrics got;
	char path[256];

	files_path(path, *state, "metrics");
	files_write(path, "", 0600);
	assert_int_equal(metrics_read(path, &got), METRICS_FOREIGN);
	files_write(path, "short", 0600);
	assert_int_equal(metrics_read(path, &got), METRICS_FOREIGN);
	memset(page, 'x', sizeof(page) - 1);
	files_write(path, page, 0600);
	assert_true(metrics_read(path, &got) >= METRICS_FOREIGN);
	assert_int_equal(metrics_read(*state, &got), METRICS_FOREIGN);
}

struct race {
	char path[256];
	_Atomic bool is_over;
};

static void *write_on(void *context)
{
	struct race *race = context;
	struct metrics value = { 0 };

	while (!atomic_load(&race->is_over)) {
		value.processes++;
		value.threads = value.processes;
		value.sidecar_count = value.processes;
		metrics_write(race->path, &value);
	}
	return NULL;
}

static void no_sample_is_torn_however_often_it_is_written(void **state)
{
	struct race race = { 0 };
	struct metrics got;
	unsigned fine = 0;
	pthread_t writer;

	files_path(race.path, *state, "metrics");
	assert_int_equal(pthread_create(&writer, NULL, write_on, &race), 0);
	while (fine < 2000) {
		if (metrics_read(race.path, &got) != METRICS_FINE)
			continue;
		fine++;
		assert_int_equal(got.processes, got.threads);
		assert_int_equal(got.processes, got.sidecar_count);
	}
	atomic_store(&race.is_over, true);
	pthread_join(writer, NULL);
}

int main(void)
{
#define METRICS_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		METRICS_TEST(what_was_written_is_read),
		METRICS_TEST(a_page_of_zeros_is_no_sample_yet),
		METRICS_TEST(an_archived_copy_is_read_too),
		METRICS_TEST(a_new_writer_mends_what_the_last_one_left),
		METRICS_TEST(a_full_disk_ends_nobody),
		METRICS_TEST(other_files_are_foreign),
		METRICS_TEST(no_sample_is_torn_however_often_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
