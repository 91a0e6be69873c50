/* SPDX-License-Identifier: MIT */
#include "winalux/telemetry/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "unit/guest/files.h"

static void what_was_published_is_read(void **state)
{
	struct metrics written = { .known = METRICS_CPU, .cpu_used_milli = 143, .processes = 12 };
	struct metrics got;
	char path[256];

	files_path(path, *state, "metrics");
	assert_int_equal(metrics_read(path, &got), METRICS_ABSENT);
	struct metrics *page = metrics_create(path);
	assert_non_null(page);
	assert_int_equal(metrics_read(path, &got), METRICS_ABSENT);
	strcpy(written.profile, "web");
	metrics_publish(page, &written);
	assert_int_equal(metrics_read(path, &got), METRICS_FINE);
	assert_int_equal(got.cpu_used_milli, 143);
	assert_int_equal(got.processes, 12);
	assert_int_equal(got.known, METRICS_CPU);
	assert_string_equal(got.profile, "web");
	assert_int_equal(metrics_decode(page, METRICS_FILE_SIZE, &got), METRICS_FINE);
	assert_int_equal(metrics_decode(page, sizeof(got) - 1, &got), METRICS_FOREIGN);
	munmap(page, METRICS_FILE_SIZE);
}

static void a_new_writer_goes_on_in_the_same_file(void **state)
{
	struct metrics value = { .processes = 1 }, got;
	char path[256];

	struct metrics *first = metrics_create(files_path(path, *state, "metrics"));
	metrics_publish(first, &value);
	first->sequence++; /* it dies while it writes */
	assert_int_equal(metrics_read(path, &got), METRICS_TORN);
	assert_int_equal(metrics_decode(first, METRICS_FILE_SIZE, &got), METRICS_TORN);
	struct metrics *second = metrics_create(path);
	value.processes = 2;
	metrics_publish(second, &value);
	assert_int_equal(metrics_read(path, &got), METRICS_FINE);
	assert_int_equal(got.processes, 2);
	munmap(first, METRICS_FILE_SIZE);
	munmap(second, METRICS_FILE_SIZE);
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
	struct metrics *page;
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
		metrics_publish(race->page, &value);
	}
	return NULL;
}

static void no_sample_is_torn_however_often_it_is_written(void **state)
{
	struct race race = { 0 };
	struct metrics got;
	unsigned fine = 0;
	pthread_t writer;
	char path[256];

	race.page = metrics_create(files_path(path, *state, "metrics"));
	assert_int_equal(pthread_create(&writer, NULL, write_on, &race), 0);
	while (fine < 2000) {
		if (metrics_read(path, &got) != METRICS_FINE)
			continue;
		fine++;
		assert_int_equal(got.processes, got.threads);
		assert_int_equal(got.processes, got.sidecar_count);
	}
	atomic_store(&race.is_over, true);
	pthread_join(writer, NULL);
	munmap(race.page, METRICS_FILE_SIZE);
}

int main(void)
{
#define METRICS_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		METRICS_TEST(what_was_published_is_read),
		METRICS_TEST(a_new_writer_goes_on_in_the_same_file),
		METRICS_TEST(other_files_are_foreign),
		METRICS_TEST(no_sample_is_torn_however_often_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
