/* SPDX-License-Identifier: MIT */
/* One process and all of them, from trees of files such as /proc has. */
#include <sys/stat.h>

#include "telemetry/process_stat.h"
#include "telemetry/process_table.h"
#include "unit/guest/files.h"
#include "winalux/base/mem.h"

#define TAIL " 4 5 0 -1 4194560 6 7 8 9"
#define STAT(pid, name, state, parent, times, threads, started, rss)                               \
	pid " (" name ") " state " " parent TAIL " " times " 20 0 " threads " 0 " started          \
	    " 99 " rss " 18446744073709551615 1 2\n"

static void a_line_of_stat_is_read(void **state)
{
	struct process_stat p;

	(void)state;
	assert_true(process_stat_parse(
		STAT("17", "bash", "S", "1", "10 20 300 4000", "3", "555", "77"), &p));
	assert_int_equal(p.pid, 17);
	assert_int_equal(p.parent, 1);
	assert_int_equal(p.session, 5);
	assert_int_equal(p.terminal, 0);
	assert_int_equal(p.state, 'S');
	assert_int_equal(p.own_ticks, 30);
	assert_int_equal(p.waited_ticks, 4300);
	assert_int_equal(p.threads, 3);
	assert_int_equal(p.started_ticks, 555);
	assert_int_equal(p.rss_pages, 77);
}

static void a_name_may_look_like_anything(void **state)
{
	struct process_stat p;

	(void)state;
	assert_true(process_stat_parse(
		STAT("17", "a) R 9 (b) ", "S", "1", "1 1 -1 1", "1", "5", "7"), &p));
	assert_int_equal(p.parent, 1);
	assert_int_equal(p.waited_ticks, 1);
}

static void what_is_cut_or_odd_is_refused(void **state)
{
	static const char *const odd[] = {
		"",
		"17",
		"17 (bash",
		"17 (bash)",
		"17 (bash) S",
		"17 (bash) S 1 2 3\n",
		"x (bash) S 1 2 3",
		"17 (bash) S x" TAIL " 1 1 1 1 20 0 1 0 5 99 7\n",
		"0 (swapper) S 0" TAIL " 1 1 1 1 20 0 1 0 5 99 7\n",
	};
	struct process_stat p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		if (process_stat_parse(odd[i], &p))
			fail_msg("'%s' was read", odd[i]);
}

static void add_process(const char *proc, const char *pid, const char *text)
{
	char directory[256], path[256];

	mkdir(files_path(directory, proc, pid), 0755);
	files_write(files_path(path, directory, "stat"), text, 0644);
}

static bool is_odd(const struct process_stat *process, void *context)
{
	(void)context;
	return process->pid % 2 != 0;
}

static void all_processes_are_summed_up(void **state)
{
	struct process_sums sums;
	char path[256];

	add_process(*state, "1", STAT("1", "init", "S", "0", "1 2 3 4", "1", "5", "100"));
	add_process(*state, "8", STAT("8", "work", "R", "1", "10 20 0 0", "7", "6", "200"));
	add_process(*state, "9", STAT("9", "gone", "Z", "8", "5 5 0 0", "1", "6", "0"));
	add_process(*state, "net", "no process");
	mkdir(files_path(path, *state, "77"), 0755); /* it has gone while it was looked at */
	assert_true(process_table_sum(*state, NULL, NULL, &sums));
	assert_int_equal(sums.ticks, 10 + 30 + 10);
	assert_int_equal(sums.rss_pages, 300);
	assert_int_equal(sums.processes, 2);
	assert_int_equal(sums.threads, 8);
	assert_true(process_table_sum(*state, is_odd, NULL, &sums));
	assert_int_equal(sums.processes, 1);
	assert_false(process_table_sum(path, NULL, NULL, &sums) && sums.processes);
	assert_false(process_table_sum("/no/such/proc", NULL, NULL, &sums));
}

/* This very process is one of those in /proc. */
static void the_kernels_own_proc_is_read(void **state)
{
	struct process_sums sums;

	(void)state;
	assert_true(process_table_sum("/proc", NULL, NULL, &sums));
	assert_true(sums.processes >= 1 && sums.threads >= sums.processes);
	assert_true(sums.rss_pages > 0);
}

int main(void)
{
#define PROCESS_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		PROCESS_TEST(a_line_of_stat_is_read),
		PROCESS_TEST(a_name_may_look_like_anything),
		PROCESS_TEST(what_is_cut_or_odd_is_refused),
		PROCESS_TEST(all_processes_are_summed_up),
		PROCESS_TEST(the_kernels_own_proc_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
