/* SPDX-License-Identifier: MIT */
/* What is published of a pod, from a tree of files such as the host's /proc has. */
#include "telemetry/pod_page.h"

#include "fixture.h"

/* A pod of the process 10, which began at tick 700, as a look leaves it. */
static void look(struct fixture *f, uint64_t used_us)
{
	struct pod *pod = &f->pods.items[0];

	f->pods.round++;
	strcpy(pod->name, "alice");
	pod->first = 10;
	pod->first_started_ticks = 700;
	pod->sums = (struct process_sums){ .rss_pages = 256, .processes = 3, .threads = 5 };
	pod->cpu_used_us = used_us;
	pod->knows_cpu = f->pods.round > 1;
	f->pods.boxes[0] = (struct box){ .pid_namespace = 1, .round = 1, .first = 10, .pod = 0 };
	f->pods.counts[f->pods.round % 2] = 1;
	f->pods.lists[f->pods.round % 2][0] = (struct pods_process){ .pid = 10, .box = 0 };
}

static void figures_are_those_of_the_pod(void **state)
{
	struct fixture *f = *state;
	const struct metrics *m = &f->page.metrics;

	look(f, 0);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	assert_true(m->covers_pod);
	assert_int_equal(m->boot, metrics_boot());
	assert_int_equal(m->known, METRICS_MEMORY | METRICS_UPTIME);
	assert_int_equal(m->memory_rss_bytes, 256 * sysconf(_SC_PAGESIZE));
	assert_int_equal(m->processes, 3);
	assert_int_equal(m->threads, 5);
	assert_int_equal(m->started_boot_ms, 7000);
	assert_int_equal(m->cpu_recent[METRICS_RECENT - 1], METRICS_RECENT_UNKNOWN);
	look(f, 5000000);
	pod_page_fill(&f->page, &f->pods, 0, 60000, 10000);
	assert_true(m->known & METRICS_CPU);
	assert_int_equal(m->cpu_used_milli, 500);
	assert_int_equal(m->cpu_total_us, 5000000);
	assert_int_equal(m->cpu_recent[METRICS_RECENT - 1], 500 * 100 / m->cpu_total_milli);
	assert_int_equal(m->cpu_recent[METRICS_RECENT - 2], METRICS_RECENT_UNKNOWN);
}

static void a_clock_that_jumps_back_makes_no_figure(void **state)
{
	struct fixture *f = *state;

	look(f, 0);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	look(f, 5000000);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	assert_false(f->page.metrics.known & METRICS_CPU);
}

static void what_the_workspace_is_comes_from_its_own_page(void **state)
{
	struct fixture *f = *state;
	struct metrics own = { .known = METRICS_CPU | METRICS_SESSIONS,
			       .ssh_sessions = 2,
			       .cpu_total_milli = 1500,
			       .cpu_is_limited = true,
			       .port_count = 99999,
			       .sidecar_count = 1 };
	const struct metrics *m = &f->page.metrics;
	char path[256];

	strcpy(own.profile, "web");
	strcpy(own.sidecars[0].name, "redis");
	fixture_write(f, "10/root" METRICS_OWN_PATH, "garbage");
	look(f, 0);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	assert_string_equal(m->profile, "");
	assert_true(metrics_write(files_path(path, f->proc, "10/root" METRICS_OWN_PATH), &own));
	pod_page_fill(&f->page, &f->pods, 0, 60000, 10000);
	assert_string_equal(m->profile, "web");
	assert_string_equal(m->sidecars[0].name, "redis");
	assert_int_equal(m->cpu_total_milli, 1500);
	assert_true(m->cpu_is_limited);
	assert_true(m->known & METRICS_SESSIONS);
	assert_int_equal(m->ssh_sessions, 2);
	assert_int_equal(m->port_count, METRICS_PORTS_MAX);
}

static void pss_is_measured_once_a_minute(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "10/smaps_rollup",
		      "00400000-7fff ---p 00000000 00:00 0 [rollup]\n"
		      "Rss:     900 kB\nPss:     100 kB\nPss_Dirty: 7 kB\n");
	look(f, 0);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	assert_int_equal(f->page.metrics.memory_pss_bytes, 100 << 10);
	fixture_write(f, "10/smaps_rollup", "x\nPss:     200 kB\n");
	pod_page_fill(&f->page, &f->pods, 0, 60000, 10000);
	assert_int_equal(f->page.metrics.memory_pss_bytes, 100 << 10);
	assert_true(f->page.metrics.known & METRICS_PSS);
	pod_page_fill(&f->page, &f->pods, 0, 110000, 10000);
	assert_int_equal(f->page.metrics.memory_pss_bytes, 200 << 10);
}

static void a_pod_that_began_anew_has_no_past(void **state)
{
	struct fixture *f = *state;

	look(f, 0);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	look(f, 5000000);
	pod_page_fill(&f->page, &f->pods, 0, 60000, 10000);
	f->pods.items[0].first_started_ticks = 900;
	pod_page_fill(&f->page, &f->pods, 0, 70000, 10000);
	assert_false(f->page.metrics.known & METRICS_CPU);
	assert_int_equal(f->page.metrics.cpu_recent[METRICS_RECENT - 2], METRICS_RECENT_UNKNOWN);
}

static void a_new_daemon_goes_on_from_the_last_page(void **state)
{
	struct fixture *f = *state;
	struct metrics before = { .covers_pod = true,
				  .known = METRICS_STORAGE,
				  .started_boot_ms = 7000,
				  .cpu_total_us = 99,
				  .storage_used_bytes = 77 };
	const struct metrics *m = &f->page.metrics;

	look(f, 0);
	before.cpu_recent[METRICS_RECENT - 1] = 5;
	pod_page_resume(&f->page, &f->pods, 0, &before);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	assert_int_equal(m->cpu_total_us, 99);
	assert_true(m->known & METRICS_STORAGE);
	assert_int_equal(m->storage_used_bytes, 77);
	assert_true(m->storage_is_estimated);
	assert_int_equal(m->cpu_recent[METRICS_RECENT - 2], 5);
	before.started_boot_ms = 6990; /* of the container before */
	pod_page_resume(&f->page, &f->pods, 0, &before);
	pod_page_fill(&f->page, &f->pods, 0, 60000, 10000);
	assert_int_equal(m->cpu_total_us, 0);
	assert_false(m->known & METRICS_STORAGE);
}

static void storage_that_was_counted_stays(void **state)
{
	struct fixture *f = *state;

	look(f, 0);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	f->page.metrics.known |= METRICS_STORAGE;
	f->page.metrics.storage_used_bytes = 77;
	f->page.metrics.storage_is_over = true;
	f->page.metrics.storage_is_frozen = true; /* PID 1 says nothing any more */
	pod_page_fill(&f->page, &f->pods, 0, 60000, 10000);
	assert_true(f->page.metrics.known & METRICS_STORAGE);
	assert_int_equal(f->page.metrics.storage_used_bytes, 77);
	assert_true(f->page.metrics.storage_is_over);
	assert_false(f->page.metrics.storage_is_frozen);
}

static void the_network_of_the_pod_is_read(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "10/net/dev", "a\nb\n  eth0: 5 0 0 0 0 0 0 0 6 0\n");
	fixture_write(f, "10/net/snmp", "Tcp: CurrEstab\nTcp: 4\n");
	look(f, 0);
	pod_page_fill(&f->page, &f->pods, 0, 50000, 10000);
	assert_int_equal(f->page.metrics.network_received_bytes, 5);
	assert_int_equal(f->page.metrics.network_sent_bytes, 6);
	assert_int_equal(f->page.metrics.connections, 4);
	assert_true(f->page.metrics.known & METRICS_NETWORK);
	assert_true(f->page.metrics.known & METRICS_CONNECTIONS);
}

int main(void)
{
#define PAGE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		PAGE_TEST(figures_are_those_of_the_pod),
		PAGE_TEST(a_clock_that_jumps_back_makes_no_figure),
		PAGE_TEST(what_the_workspace_is_comes_from_its_own_page),
		PAGE_TEST(pss_is_measured_once_a_minute),
		PAGE_TEST(a_pod_that_began_anew_has_no_past),
		PAGE_TEST(a_new_daemon_goes_on_from_the_last_page),
		PAGE_TEST(storage_that_was_counted_stays),
		PAGE_TEST(the_network_of_the_pod_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
