/* SPDX-License-Identifier: MIT */
/* Files of /proc with a workspace's own figures. */
#include "winalux/telemetry/proc_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

#define MEMINFO                                                                                    \
	"MemTotal:       24684084 kB\n"                                                            \
	"MemFree:        22067388 kB\n"                                                            \
	"MemAvailable:   20259584 kB\n"                                                            \
	"Buffers:           24200 kB\n"                                                            \
	"SwapTotal:        100000 kB\n"                                                            \
	"SwapFree:          90000 kB\n"                                                            \
	"AnonPages:         13756 kB\n"                                                            \
	"CommitLimit:    12342040 kB\n"                                                            \
	"VmallocTotal:   34359738367 kB\n"                                                         \
	"HugePages_Total:       7\n"                                                               \
	"Hugepagesize:       2048 kB\n"
#define PROCESSOR(n, mhz)                                                                          \
	"processor\t: " n "\n"                                                                     \
	"cpu MHz\t\t: " mhz "\n"                                                                   \
	"siblings\t: 4\n"                                                                          \
	"cpu cores\t: 2\n"                                                                         \
	"flags\t\t: fpu vme\n"                                                                     \
	"power management:\n\n"
#define CPUINFO                                                                                    \
	PROCESSOR("0", "2596.130")                                                                 \
	PROCESSOR("1", "800.000") PROCESSOR("2", "2000.1") PROCESSOR("3", "2001.000")

static const struct proc_host host = {
	.meminfo = MEMINFO,
	.cpuinfo = CPUINFO,
	.stat = "cpu  1 2 3\nintr 5 6\nctxt 7\nbtime 1795861968\nprocesses 8\n",
};

static char text[PROC_FILES_MAX_BYTES];

/* Two processors and 4 GiB, 100 s after it began, of which it has used the processor 12.34 s. */
static struct metrics sample(void)
{
	return (struct metrics){
		.known = METRICS_CPU | METRICS_MEMORY | METRICS_UPTIME,
		.sampled_boot_ms = 5100000,
		.sampled_s = 1795867068,
		.started_boot_ms = 5000000,
		.cpu_total_milli = 1500,
		.cpu_is_limited = true,
		.cpu_total_us = 12340000,
		.memory_is_limited = true,
		.memory_total_bytes = UINT64_C(4) << 30,
		.memory_rss_bytes = UINT64_C(1) << 30,
		.threads = 17,
	};
}

static const char *render(enum proc_file file, const struct proc_files *p, const struct metrics *m)
{
	const size_t len = proc_files_write(file, p, &host, m, text, sizeof(text));

	assert_int_equal(strlen(text), len);
	return text;
}

static void memory_is_the_limit_and_what_is_left_of_it(void **state)
{
	const struct metrics m = sample();
	const struct proc_files p = { 0 };

	(void)state;
	assert_string_equal(render(PROC_FILE_MEMINFO, &p, &m), "MemTotal:        4194304 kB\n"
							       "MemFree:         3145728 kB\n"
							       "MemAvailable:    3145728 kB\n"
							       "Buffers:               0 kB\n"
							       "SwapTotal:             0 kB\n"
							       "SwapFree:              0 kB\n"
							       "AnonPages:       1048576 kB\n"
							       "CommitLimit:     4194304 kB\n"
							       "VmallocTotal:   34359738367 kB\n"
							       "HugePages_Total:       0\n"
							       "Hugepagesize:       2048 kB\n");
}

static bool has_line(const char *in, const char *line)
{
	const char *at = strstr(in, line);

	return at && (at == in || at[-1] == '\n') && at[strlen(line)] == '\n';
}

static void expect_line(enum proc_file file, const struct proc_files *p, const struct metrics *m,
			const char *line)
{
	if (!has_line(render(file, p, m), line))
		fail_msg("'%s' is not in:\n%s", line, text);
}

static void what_others_use_is_not_told(void **state)
{
	struct metrics m = sample();
	const struct proc_files p = { 0 };

	(void)state;
	m.memory_is_limited = false;
	expect_line(PROC_FILE_MEMINFO, &p, &m, "MemTotal:       24684084 kB");
	expect_line(PROC_FILE_MEMINFO, &p, &m, "MemAvailable:   23635508 kB");
	expect_line(PROC_FILE_MEMINFO, &p, &m, "SwapTotal:        100000 kB");
	m.memory_is_limited = true;
	m.memory_rss_bytes = UINT64_C(5) << 30;
	expect_line(PROC_FILE_MEMINFO, &p, &m, "MemAvailable:          0 kB");
	expect_line(PROC_FILE_MEMINFO, &p, &m, "AnonPages:       4194304 kB");
}

static void there_are_as_many_processors_as_may_be_used(void **state)
{
	struct metrics m = sample();
	struct proc_files p = { 0 };

	(void)state;
	proc_files_count(&p, &host, &m, 1);
	assert_string_equal(render(PROC_FILE_CPUINFO, &p, &m),
			    "processor\t: 0\ncpu MHz\t\t:  2596.130\nsiblings\t: 2\n"
			    "cpu cores\t: 2\nflags\t\t: fpu vme\npower management:\n\n"
			    "processor\t: 1\ncpu MHz\t\t:   800.000\nsiblings\t: 2\n"
			    "cpu cores\t: 2\nflags\t\t: fpu vme\npower management:\n\n");
	m.cpu_total_milli = 100;
	proc_files_count(&p, &host, &m, 1);
	assert_int_equal(p.processors, 1);
	m.cpu_total_milli = 64000;
	proc_files_count(&p, &host, &m, 1);
	assert_int_equal(p.processors, 4);
	m.cpu_is_limited = false;
	m.cpu_total_milli = 1000;
	proc_files_count(&p, &host, &m, 1);
	assert_int_equal(p.processors, 4);
	assert_null(strstr(render(PROC_FILE_STAT, &p, &m), "cpu4"));
}

static void processors_that_do_not_fit_are_left_out_whole(void **state)
{
	const struct proc_files p = { .processors = 4 };
	const struct metrics m = sample();
	const size_t whole = strlen(render(PROC_FILE_CPUINFO, &p, &m));

	(void)state;
	for (size_t size = 1; size < whole; size++) {
		DEFER(freep) char *some = xmalloc(size);
		const size_t len = proc_files_write(PROC_FILE_CPUINFO, &p, &host, &m, some, size);

		assert_true(len < size && strlen(some) == len);
		assert_true(len == 0 || strcmp(some + len - 2, "\n\n") == 0);
	}
}

static void a_large_machine_is_cut_at_whole_processors(void **state)
{
	enum { COUNT = 1100, ROOM = 1000 };
	DEFER(freep) char *cpuinfo = xcalloc(COUNT, ROOM);
	struct proc_host large = { .cpuinfo = cpuinfo };
	struct metrics m = sample();
	struct proc_files p = { 0 };
	size_t len = 0, lines = 0;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++)
		len += (size_t)sprintf(cpuinfo + len, "processor\t: %u\nflags\t\t: %0850u\n\n", i,
				       i);
	m.cpu_is_limited = false;
	proc_files_count(&p, &large, &m, 1);
	assert_int_equal(p.processors, PROC_FILES_PROCESSORS_MAX);
	assert_true(proc_files_write(PROC_FILE_STAT, &p, &large, &m, text, sizeof(text)) > 0);
	for (const char *at = text; (at = strstr(at, "\ncpu")); at++)
		lines++;
	assert_int_equal(lines, PROC_FILES_PROCESSORS_MAX);
	assert_true(proc_files_write(PROC_FILE_CPUINFO, &p, &large, &m, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "processor\t: 1023\n"));
	assert_null(strstr(text, "processor\t: 1024\n"));
	cpuinfo[len / 2] = '\0'; /* as it was read into too little room */
	proc_files_count(&p, &large, &m, 1);
	assert_in_range(p.processors, COUNT / 2 - 2, COUNT / 2);
}

static void time_is_the_workspaces(void **state)
{
	struct metrics m = sample();
	struct proc_files p = { 0 };

	(void)state;
	proc_files_count(&p, &host, &m, 3);
	assert_string_equal(render(PROC_FILE_STAT, &p, &m),
			    "cpu            1234 0 0          18766 0 0 0 0 0 0\n"
			    "cpu0         617 0 0        9383 0 0 0 0 0 0\n"
			    "cpu1         617 0 0        9383 0 0 0 0 0 0\n"
			    "intr 0\nctxt 0\nbtime 1795861968\nprocesses 0\nprocs_running       3\n"
			    "procs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n");
	assert_string_equal(render(PROC_FILE_UPTIME, &p, &m), "100.00 187.66                   \n");
	m.sampled_boot_ms += 12345;
	m.cpu_total_us += 1000000;
	proc_files_count(&p, &host, &m, 3);
	assert_string_equal(render(PROC_FILE_UPTIME, &p, &m), "112.34 211.35                   \n");
}

static void idle_time_never_goes_back(void **state)
{
	struct metrics m = sample();
	struct proc_files p = { 0 };
	uint64_t idle_us = 0;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		m.sampled_boot_ms += 10000;
		m.cpu_total_us += i % 3 ? 40000000 : 0; /* the limit is not kept to */
		m.cpu_total_milli = i % 5 ? 4000 : 1000;
		proc_files_count(&p, &host, &m, 9);
		assert_true(p.idle_us >= idle_us);
		idle_us = p.idle_us;
	}
	m.cpu_total_us = 0; /* counted anew */
	const uint64_t busy_us = p.busy_us;
	proc_files_count(&p, &host, &m, 9);
	assert_int_equal(p.busy_us, busy_us);
}

static void loads_follow_as_the_kernels_do(void **state)
{
	struct metrics m = sample();
	struct proc_files p = { 0 };

	(void)state;
	proc_files_count(&p, &host, &m, 2);
	expect_line(PROC_FILE_LOADAVG, &p, &m,
		    "0.00 0.00 0.00 2/17 0                                   ");
	for (unsigned i = 0; i < 6; i++) {
		m.sampled_boot_ms += 10000;
		proc_files_count(&p, &host, &m, 2);
	}
	/* 2 * (1 - 1/e), and the same with a fifth and a fifteenth. */
	expect_line(PROC_FILE_LOADAVG, &p, &m,
		    "1.27 0.37 0.13 2/17 0                                   ");
	m.sampled_boot_ms += 86400000;
	proc_files_count(&p, &host, &m, 0);
	expect_line(PROC_FILE_LOADAVG, &p, &m,
		    "0.00 0.00 0.00 0/17 0                                   ");
}

static void without_the_hosts_texts_the_rest_is_there(void **state)
{
	const struct proc_host none = { 0 };
	struct metrics m = sample();
	struct proc_files p = { 0 };

	(void)state;
	proc_files_count(&p, &none, &m, 1);
	assert_int_equal(p.processors, 2);
	assert_int_equal(proc_files_write(PROC_FILE_MEMINFO, &p, &none, &m, text, sizeof(text)), 0);
	assert_int_equal(proc_files_write(PROC_FILE_CPUINFO, &p, &none, &m, text, sizeof(text)), 0);
	proc_files_write(PROC_FILE_STAT, &p, &none, &m, text, sizeof(text));
	assert_true(has_line(text, "btime 1795861968"));
	m.known = 0;
	p = (struct proc_files){ 0 };
	proc_files_count(&p, &none, &m, 1);
	assert_string_equal(render(PROC_FILE_UPTIME, &p, &m), "0.00 0.00                       \n");
}

/* --- two samples --- */

/* What stands at the beginning of each line is there in the same order. */
static void expect_keys(const char *a, const char *b)
{
	while (*a && *b) {
		const size_t len = strcspn(a, " \t:\n");

		if (strncmp(a, b, len) != 0)
			fail_msg("'%.*s' is not '%.*s'", (int)strcspn(b, "\n"), b, (int)len, a);
		a += strcspn(a, "\n") + 1;
		b += strcspn(b, "\n") + 1;
	}
	assert_int_equal(*a, *b);
}

static size_t count_words(const char *at)
{
	size_t count = 0;

	for (at += strspn(at, " \t\n"); *at; at += strspn(at, " \t\n"), count++)
		at += strcspn(at, " \t\n");
	return count;
}

/*
 * Whoever reads while it is written gets the beginning of one text and the end of the other. Memory
 * may shrink from seven digits to one, and the mix has a figure of its own then ("3      0 kB").
 */
static void expect_mixes(enum proc_file file, const char *a, const char *b)
{
	const bool begins_with_key = file != PROC_FILE_UPTIME && file != PROC_FILE_LOADAVG;
	DEFER(freep) char *mix = xstrdup(a);
	const size_t len = strlen(a), words = count_words(a);

	if (strlen(b) != len)
		fail_msg("%s has %zu and %zu bytes", proc_file_name(file), len, strlen(b));
	for (size_t at = 0; at <= len; at++) {
		memcpy(mix, b, at);
		memcpy(mix + at, a + at, len - at);
		if (begins_with_key)
			expect_keys(a, mix);
		const size_t seen = count_words(mix);
		if (file == PROC_FILE_MEMINFO ? seen < words : seen != words)
			fail_msg("%s at byte %zu: '%s'", proc_file_name(file), at, mix);
	}
}

static void two_samples_have_one_length_and_their_mix_parses(void **state)
{
	struct metrics m = sample();
	struct proc_files p = { 0 };

	(void)state;
	proc_files_count(&p, &host, &m, 1);
	for (unsigned i = 0; i < 40; i++) {
		struct metrics next = m;
		struct proc_files after = p;

		next.sampled_boot_ms += 10000 + i * 7;
		next.cpu_total_us += i * 500001;
		next.memory_rss_bytes += i << 24;
		next.threads += i % 5;
		proc_files_count(&after, &host, &next, 1 + i % 4);
		for (enum proc_file file = 0; file < PROC_FILE_COUNT; file++) {
			DEFER(freep) char *a = xstrdup(render(file, &p, &m));
			DEFER(freep) char *b = xstrdup(render(file, &after, &next));

			expect_mixes(file, a, b);
			expect_mixes(file, b, a);
		}
		m = next;
		p = after;
	}
}

static void the_largest_figures_have_the_length_of_the_least(void **state)
{
	const struct metrics few = { .memory_is_limited = true };
	struct metrics many = sample();
	const struct proc_files least = { .processors = 4, .counted_boot_ms = 1 };
	const struct proc_files most = {
		.processors = 4,
		.runnable = 4194304,
		.counted_boot_ms = INT64_C(1000000000000),
		.loads = { 4194304U << 9, 4194304U << 9, 4194304U << 9 },
		.busy_us = UINT64_C(3000000000000000),
		.idle_us = UINT64_C(3000000000000000),
	};

	(void)state;
	many.threads = 4194304;
	many.memory_total_bytes = UINT64_C(24684084) << 10;
	for (enum proc_file file = 0; file < PROC_FILE_COUNT; file++) {
		const size_t len = strlen(render(file, &least, &few));

		assert_int_equal(strlen(render(file, &most, &many)), len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_the_limit_and_what_is_left_of_it),
		cmocka_unit_test(what_others_use_is_not_told),
		cmocka_unit_test(there_are_as_many_processors_as_may_be_used),
		cmocka_unit_test(processors_that_do_not_fit_are_left_out_whole),
		cmocka_unit_test(a_large_machine_is_cut_at_whole_processors),
		cmocka_unit_test(time_is_the_workspaces),
		cmocka_unit_test(idle_time_never_goes_back),
		cmocka_unit_test(loads_follow_as_the_kernels_do),
		cmocka_unit_test(without_the_hosts_texts_the_rest_is_there),
		cmocka_unit_test(two_samples_have_one_length_and_their_mix_parses),
		cmocka_unit_test(the_largest_figures_have_the_length_of_the_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
