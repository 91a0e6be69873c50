/* SPDX-License-Identifier: MIT */
/* Who writes beyond the storage limit, from a tree of files such as the host's /proc has. */
#include "telemetry/pod_writers.h"

#include "fixture.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { MIB = 1 << 20, LIMIT = 1000 * MIB };

static int setup(void **state)
{
	fixture_setup(state);
	struct fixture *f = *state;
	f->m = (struct metrics){ .known = METRICS_STORAGE,
				 .storage_policy = METRICS_POLICY_FREEZE,
				 .storage_total_bytes = LIMIT,
				 .storage_used_bytes = LIMIT };
	return 0;
}

/* What a process has written so far, in MiB: itself, and with the children it has waited for. */
static void wrote(const struct fixture *f, int pid, unsigned own, unsigned all)
{
	char name[64], text[128];
	const unsigned mib[] = { own, all };

	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "write_bytes: %u\ncancelled_write_bytes: %u\n",
			 (mib[i] + 1) * MIB, MIB);
		snprintf(name, sizeof(name), i ? "%d/io" : "%d/task/%d/io", pid, pid);
		fixture_write(f, name, text);
	}
	snprintf(name, sizeof(name), "%d/comm", pid);
	fixture_write(f, name, "a name of 15 by\n");
	snprintf(name, sizeof(name), "%d/status", pid);
	snprintf(text, sizeof(text), "Name:\tx\nNSpid:\t%d\t%d\t3\n", pid, pid - 9);
	fixture_write(f, name, text);
}

/* As pods_look() leaves it: alice's dev container is box 0, with PID 1 at 10; box 1 is a sidecar of
 * hers. Processes keep what is known of them. */
static void look(struct fixture *f, const struct pods_process *processes, size_t count)
{
	struct pods *p = &f->pods;
	const unsigned before = p->round++ % 2, now = p->round % 2;

	strcpy(p->items[0].name, "alice");
	p->items[0].first = 10;
	p->boxes[0] = (struct box){ .pid_namespace = 1, .round = 1, .first = 10, .pod = 0 };
	p->boxes[1] = (struct box){ .pid_namespace = 2, .round = 1, .first = 20, .pod = 0 };
	p->counts[now] = count;
	for (size_t i = 0; i < count; i++) {
		p->lists[now][i] = processes[i];
		p->lists[now][i].started_ticks = 700;
		for (size_t k = 0; k < p->counts[before]; k++) {
			if (p->lists[before][k].pid != processes[i].pid)
				continue;
			p->lists[now][i] = p->lists[before][k];
			p->lists[now][i].is_new = false;
		}
	}
}

static void who_writes_at_the_limit_is_named(void **state)
{
	struct fixture *f = *state;
	const struct pods_process all[] = { { .pid = 11 }, { .pid = 12 }, { .pid = 13 } };

	wrote(f, 11, 5, 5);
	wrote(f, 12, 5, 5);
	wrote(f, 13, 5, 5);
	look(f, all, 3);
	assert_true(pod_writers_fill(&f->pods, 0, &f->m)); /* nothing of before is known */
	assert_true(f->m.storage_is_over);
	assert_int_equal(f->m.writer_count, 0);
	wrote(f, 12, 6, 6);
	wrote(f, 13, 8, 8);
	look(f, all, 3);
	assert_true(pod_writers_fill(&f->pods, 0, &f->m));
	assert_int_equal(f->m.writer_count, 2);
	assert_int_equal(f->m.writers[0].pid, 4);
	assert_int_equal(f->m.writers[0].started_ticks, 700);
	assert_int_equal(f->m.writers[0].state, METRICS_WRITER_RUNS);
	assert_string_equal(f->m.writers[0].command, "a name of 15 by");
	assert_int_equal(f->m.writers[1].pid, 3);
	f->m.writer_count = 0;
	look(f, all, 3);
	assert_false(pod_writers_fill(&f->pods, 0, &f->m));
	assert_int_equal(f->m.writer_count, 0);
}

static void one_that_has_just_begun_is_known_whole(void **state)
{
	struct fixture *f = *state;
	const struct pods_process all[] = { { .pid = 11, .is_new = true } };

	wrote(f, 11, 2, 2);
	look(f, all, 1);
	pod_writers_fill(&f->pods, 0, &f->m);
	assert_int_equal(f->m.writer_count, 1);
}

static void it_is_over_until_there_is_room_again(void **state)
{
	static const struct {
		uint64_t used;
		bool is_over;
	} steps[] = {
		{ LIMIT - 1, false },
		{ LIMIT, true },
		{ LIMIT - 1, true },
		{ LIMIT / 100 * 95, true },
		{ LIMIT / 100 * 95 - 1, false },
		{ LIMIT - 1, false },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		f->m.storage_used_bytes = steps[i].used;
		look(f, NULL, 0);
		pod_writers_fill(&f->pods, 0, &f->m);
		assert_int_equal(f->m.storage_is_over, steps[i].is_over);
	}
	f->m.storage_used_bytes = LIMIT;
	f->m.storage_policy = METRICS_POLICY_WARN;
	pod_writers_fill(&f->pods, 0, &f->m);
	assert_false(f->m.storage_is_over);
	f->m.storage_policy = METRICS_POLICY_FREEZE;
	f->m.known = 0;
	pod_writers_fill(&f->pods, 0, &f->m);
	assert_false(f->m.storage_is_over);
}

/* 11 is a login's shell, 12 a script: a child of each has written much and ended. */
static void a_shell_is_no_writer_for_what_it_waited_for(void **state)
{
	struct fixture *f = *state;
	const struct pods_process all[] = { { .pid = 11, .leads_terminal = true }, { .pid = 12 } };

	for (unsigned i = 1; i <= 3; i++) {
		f->m.writer_count = 0;
		wrote(f, 11, 0, i * 10);
		wrote(f, 12, 0, i * 10);
		look(f, all, 2);
		pod_writers_fill(&f->pods, 0, &f->m);
		assert_int_equal(f->m.writer_count, i == 3);
	}
	assert_int_equal(f->m.writers[0].pid, 3);
	f->m.writer_count = 0;
	wrote(f, 11, 2, 42);
	look(f, all, 2);
	pod_writers_fill(&f->pods, 0, &f->m);
	assert_int_equal(f->m.writer_count, 1);
	assert_int_equal(f->m.writers[0].pid, 2);
}

static void sidecars_are_named_behind_the_others(void **state)
{
	struct fixture *f = *state;
	const struct pods_process all[] = { { .pid = 21, .box = 1, .is_new = true },
					    { .pid = 31, .is_new = true } };

	f->m.writers[0] = (struct metrics_writer){ .pid = 99, .state = METRICS_WRITER_STOPPED };
	f->m.writer_count = 1;
	wrote(f, 21, 50, 50);
	wrote(f, 31, 2, 2);
	look(f, all, 2);
	pod_writers_fill(&f->pods, 0, &f->m);
	assert_int_equal(f->m.writer_count, 3);
	assert_int_equal(f->m.writers[0].pid, 22);
	assert_int_equal(f->m.writers[1].state, METRICS_WRITER_SIDECAR);
	assert_int_equal(f->m.writers[1].pid, 0);
	assert_int_equal(f->m.writers[2].pid, 99);
	wrote(f, 21, 99, 99);
	look(f, all, 2);
	assert_false(pod_writers_fill(&f->pods, 0, &f->m));
	assert_int_equal(f->m.writers[0].state, METRICS_WRITER_SIDECAR);
}

static void of_too_many_the_largest_are_named(void **state)
{
	struct fixture *f = *state;
	struct pods_process all[METRICS_WRITERS_MAX + 4] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		all[i] = (struct pods_process){ .pid = 11 + (pid_t)i, .is_new = true };
		wrote(f, all[i].pid, 2 + (unsigned)i, 2 + (unsigned)i);
	}
	look(f, all, ARRAY_SIZE(all));
	pod_writers_fill(&f->pods, 0, &f->m);
	assert_int_equal(f->m.writer_count, METRICS_WRITERS_MAX);
	assert_int_equal(f->m.writers[0].pid, 2 + METRICS_WRITERS_MAX + 3);
	assert_int_equal(f->m.writers[METRICS_WRITERS_MAX - 1].pid, 2 + 4);
}

/* Memory of long ago is none: what was written since may have been written long ago. */
static void a_pause_begins_anew(void **state)
{
	struct fixture *f = *state;
	const struct pods_process all[] = { { .pid = 11 } };

	wrote(f, 11, 1, 1);
	look(f, all, 1);
	pod_writers_fill(&f->pods, 0, &f->m);
	look(f, all, 1);
	wrote(f, 11, 500, 500);
	look(f, all, 1);
	assert_true(pod_writers_fill(&f->pods, 0, &f->m));
	assert_int_equal(f->m.writer_count, 0);
}

int main(void)
{
#define WRITERS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		WRITERS_TEST(who_writes_at_the_limit_is_named),
		WRITERS_TEST(one_that_has_just_begun_is_known_whole),
		WRITERS_TEST(it_is_over_until_there_is_room_again),
		WRITERS_TEST(a_shell_is_no_writer_for_what_it_waited_for),
		WRITERS_TEST(sidecars_are_named_behind_the_others),
		WRITERS_TEST(of_too_many_the_largest_are_named),
		WRITERS_TEST(a_pause_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
