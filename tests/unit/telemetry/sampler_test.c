/* SPDX-License-Identifier: MIT */
#include "telemetry/sampler.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "unit/guest/files.h"

/* The only process there is, with that many ticks. */
static void set_process(const char *proc, unsigned own, unsigned waited, const char *rss)
{
	char directory[256], path[256], text[256];

	mkdir(files_path(directory, proc, "1"), 0755);
	snprintf(text, sizeof(text),
		 "1 (init) S 0 1 1 0 -1 0 0 0 0 0 %u 0 %u 0 20 0 3 0 5 99 %s 1 2\n", own, waited,
		 rss);
	files_write(files_path(path, directory, "stat"), text, 0644);
}

static void use_of_the_processor_is_that_between_two_samples(void **state)
{
	struct metrics m = { .cpu_total_milli = 2000, .memory_total_bytes = 1 };
	struct sampler s;

	sampler_init(&s, *state);
	s.ticks_per_s = 100;
	set_process(*state, 1000, 500, "10");
	sampler_take(&s, 5000, &m);
	assert_int_equal(m.known, METRICS_MEMORY);
	assert_int_equal(m.memory_rss_bytes, 10 * s.page_bytes);
	assert_int_equal(m.threads, 3);
	set_process(*state, 1100, 650, "20"); /* 2.5 s of 10 */
	sampler_take(&s, 15000, &m);
	assert_int_equal(m.known, METRICS_CPU | METRICS_MEMORY);
	assert_int_equal(m.cpu_used_milli, 250);
	assert_int_equal(m.memory_rss_bytes, 20 * s.page_bytes);
	assert_int_equal(m.cpu_total_milli, 2000);
}

static void time_that_nobody_waited_for_is_no_use_below_zero(void **state)
{
	struct metrics m = { 0 };
	struct sampler s;

	sampler_init(&s, *state);
	set_process(*state, 1000, 500, "10");
	sampler_take(&s, 5000, &m);
	set_process(*state, 900, 0, "10");
	sampler_take(&s, 15000, &m);
	assert_int_equal(m.cpu_used_milli, 0);
	assert_true(m.known & METRICS_CPU);
	sampler_take(&s, 15000, &m); /* twice in one moment */
	assert_false(m.known & METRICS_CPU);
}

static void without_a_limit_the_host_is_the_whole(void **state)
{
	struct metrics m = { 0 };
	struct sampler s;

	set_process(*state, 1, 1, "1");
	sampler_init(&s, *state);
	sampler_take(&s, 1, &m);
	assert_true(m.cpu_total_milli >= 1000);
	assert_true(m.memory_total_bytes > (64 << 20));
	assert_false(m.cpu_is_limited || m.memory_is_limited);
}

static void what_cannot_be_read_is_not_known(void **state)
{
	struct metrics m = { .known = METRICS_CPU | METRICS_MEMORY | METRICS_STORAGE };
	struct sampler s;

	(void)state;
	sampler_init(&s, "/no/such/proc");
	sampler_take(&s, 1, &m);
	assert_int_equal(m.known, METRICS_STORAGE);
}

/* Children that have gone between the samples are in it: this process has waited for them. */
static void short_lived_children_count(void **state)
{
	struct metrics m = { 0 };
	struct sampler s;

	(void)state;
	sampler_init(&s, "/proc");
	sampler_take(&s, 1000, &m);
	const uint64_t before = s.ticks_before;
	for (int i = 0; i < 4; i++) {
		const pid_t pid = fork();

		if (pid == 0) {
			const clock_t end = clock() + CLOCKS_PER_SEC / 20;

			while (clock() < end)
				;
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	sampler_take(&s, 2000, &m);
	assert_true(s.ticks_before >= before + s.ticks_per_s / 10);
	assert_true(m.cpu_used_milli >= 100);
}

int main(void)
{
#define SAMPLER_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		SAMPLER_TEST(use_of_the_processor_is_that_between_two_samples),
		SAMPLER_TEST(time_that_nobody_waited_for_is_no_use_below_zero),
		SAMPLER_TEST(without_a_limit_the_host_is_the_whole),
		SAMPLER_TEST(what_cannot_be_read_is_not_known),
		SAMPLER_TEST(short_lived_children_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
