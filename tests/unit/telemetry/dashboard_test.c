/* SPDX-License-Identifier: MIT */
#include "telemetry/dashboard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"

static struct dashboard sample(void)
{
	return (struct dashboard){
		.result = METRICS_FINE,
		.metrics = {
			.known = METRICS_CPU | METRICS_MEMORY | METRICS_STORAGE,
			.sampled_boot_ms = 100000,
			.interval_ms = 10000,
			.cpu_used_milli = 286,
			.cpu_total_milli = 2000,
			.cpu_is_limited = true,
			.memory_rss_bytes = UINT64_C(42) << 20,
			.memory_total_bytes = UINT64_C(3918) << 20,
			.memory_is_limited = true,
			.storage_used_bytes = (UINT64_C(49) << 30) / 100 + (1 << 20),
			.storage_total_bytes = UINT64_C(10) << 30,
			.processes = 12,
			.profile = "web",
			.port_count = 1,
			.ports = { { .name = "Web Server", .port = 8000, .state = METRICS_UP } },
		},
		.now_boot_ms = 105000,
		.now = { .tm_hour = 18, .tm_min = 30, .tm_sec = 14 },
		.user = "developer",
		.columns = 200,
		.is_utf8 = true,
	};
}

static char *draw(const struct dashboard *d)
{
	char *text = xmalloc(DASHBOARD_SIZE);
	const size_t len = dashboard_draw(d, text, DASHBOARD_SIZE);

	assert_int_equal(strlen(text), len);
	return text;
}

static void expect(const struct dashboard *d, const char *part, bool is_wanted)
{
	DEFER(freep) char *text = draw(d);

	if (!!strstr(text, part) != is_wanted)
		fail_msg("'%s' is%s in:\n%s", part, is_wanted ? " not" : "", text);
}

static void it_is_drawn_as_people_know_it(void **state)
{
	const struct dashboard d = sample();
	DEFER(freep) char *text = draw(&d);

	(void)state;
	assert_string_equal(
		text,
		"W I N A L U X   W O R K S T A T I O N\n"
		"Secure rootless development environment\n"
		"\n"
		"STATUS\n"
		"  CPU Load:  ■■□□□□□□□□ 14.3%\n"
		"  Storage:   □□□□□□□□□□ 4% (0.49GB / 10GB)\n"
		"  Memory:    42MB / 3918MB\n"
		"  Activity:  12 processes\n"
		"NETWORK\n"
		"  ✦ Primary Port : 8000 (Web Server)\n"
		"  ✦ Admin Port   : 2222 (Internal SSH)\n"
		"SANDBOX NOTES\n"
		"  ✦ Persistence    Files in /home/developer are volume-backed. Redeploying the "
		"container will NOT delete your work.\n"
		"  ✦ Security       This is a rootless system. No sudo access available.\n"
		"  ✦ Interface      Type task --list to see all available commands.\n"
		"\n"
		"Connected as developer | Profile: WEB | 18:30:14\n");
}

static void what_is_not_known_is_not_shown_as_zero(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.metrics.known = METRICS_MEMORY;
	expect(&d, "CPU Load:  not known\n", true);
	expect(&d, "Storage:   not known\n", true);
	expect(&d, "42MB", true);
	d.result = METRICS_ABSENT;
	expect(&d, "nothing was measured yet", true);
	expect(&d, "Memory:    not known\n", true);
	expect(&d, "Admin Port", true);
	expect(&d, "Primary", false);
	d.result = METRICS_TORN;
	expect(&d, "half written", true);
	d.result = METRICS_FOREIGN;
	expect(&d, "cannot be read", true);
}

static void an_old_sample_says_its_age(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.now_boot_ms = 120000;
	expect(&d, " s ago", false);
	d.now_boot_ms = 145000;
	expect(&d, "  measured 45 s ago\n", true);
}

static void without_limits_the_host_is_named(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.metrics.cpu_is_limited = d.metrics.memory_is_limited = false;
	d.metrics.storage_total_bytes = 0;
	d.metrics.storage_is_estimated = true;
	expect(&d, "14.3% of the host\n", true);
	expect(&d, "3918MB of the host\n", true);
	expect(&d, "Storage:   ~0.49GB\n", true);
}

static void bars_follow_their_share(void **state)
{
	static const struct {
		unsigned used_milli;
		const char *shown;
	} cases[] = {
		{ 0, "□□□□□□□□□□ 0.0%" },     { 99, "□□□□□□□□□□ 4.9%" },
		{ 100, "■□□□□□□□□□ 5.0%" },   { 200, "■□□□□□□□□□ 10.0%" },
		{ 1990, "■■■■■■■■■■ 99.5%" }, { 9999, "■■■■■■■■■■ 100.0%" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dashboard d = sample();

		d.metrics.cpu_used_milli = cases[i].used_milli;
		expect(&d, cases[i].shown, true);
	}
}

static void colors_change_at_their_thresholds(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.has_color = true;
	expect(&d, "\033[32m■■", true);
	d.metrics.cpu_used_milli = 1600;
	expect(&d, "\033[33m■■", true);
	d.metrics.cpu_used_milli = 1900;
	expect(&d, "\033[31m■■", true);
	d.has_color = false;
	expect(&d, "\033", false);
}

static void terminals_without_utf_8_get_ascii(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.is_utf8 = false;
	DEFER(freep) char *text = draw(&d);
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c < 128);
	assert_non_null(strstr(text, "##-------- 14.3%"));
	assert_non_null(strstr(text, "* Primary Port"));
}

static unsigned columns_of(const char *line, size_t len)
{
	unsigned columns = 0;
	uint32_t code;

	for (size_t used; len > 0; line += used, len -= used) {
		used = utf8_decode(line, len, &code);
		assert_true(used > 0);
		columns += utf8_columns(code);
	}
	return columns;
}

/* Everything that there may be to say, each as long as it gets. */
static struct dashboard wordy(void)
{
	struct dashboard d = sample();
	struct metrics *m = &d.metrics;

	m->cpu_used_milli = m->cpu_total_milli;
	m->cpu_is_limited = m->memory_is_limited = false;
	m->memory_rss_bytes = m->memory_total_bytes = UINT64_C(9999999) << 20;
	m->storage_used_bytes = m->storage_total_bytes = UINT64_C(9999) << 30;
	m->storage_is_estimated = m->storage_is_frozen = true;
	memset(m->profile, 'w', sizeof(m->profile) - 1);
	memset(m->ports[0].name, 'w', sizeof(m->ports[0].name) - 1);
	m->ports[0].state = METRICS_DOWN;
	m->sidecar_count = 1;
	m->sidecars[0] = (struct metrics_service){ .name = "memcached-for-sessions",
						   .port = 11211,
						   .state = METRICS_UNKNOWN };
	m->writer_count = 2;
	m->writers[0] = (struct metrics_writer){
		"sixteen-letters", 5, UINT32_MAX, METRICS_WRITER_STOPPED, { 0 }
	};
	m->writers[1] = (struct metrics_writer){ "redis", 5, 0, METRICS_WRITER_SIDECAR, { 0 } };
	d.now_boot_ms = INT64_C(1) << 50;
	return d;
}

static void expect_lines_to_fit(const struct dashboard *d)
{
	DEFER(freep) char *text = draw(d);

	for (const char *at = text; *at; at += strcspn(at, "\n") + 1)
		if (columns_of(at, strcspn(at, "\n")) > d->columns)
			fail_msg("%u columns: '%.*s'", d->columns, (int)strcspn(at, "\n"), at);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (unsigned columns = DASHBOARD_MIN_COLUMNS; columns < 120; columns++) {
		struct dashboard d = sample(), w = wordy();

		d.columns = w.columns = columns;
		expect_lines_to_fit(&d);
		expect_lines_to_fit(&w);
	}
}

static void forty_columns_are_enough(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.columns = 40;
	d.metrics.ports[0].state = METRICS_DOWN;
	DEFER(freep) char *text = draw(&d);
	assert_string_equal(text, "W I N A L U X   W O R K S T A T I O N\n"
				  "Secure rootless development environment\n"
				  "\n"
				  "STATUS\n"
				  "  CPU Load:  ■□□□□ 14.3%\n"
				  "  Storage:   □□□□□ 4% (0.49GB / 10GB)\n"
				  "  Memory:    42MB / 3918MB\n"
				  "  Activity:  12 processes\n"
				  "NETWORK\n"
				  "  ✦ Primary Port : 8000 (Web Server)\n"
				  "    nothing listens\n"
				  "  ✦ Admin Port   : 2222 (Internal SSH)\n"
				  "SANDBOX NOTES\n"
				  "  ✦ Persistence\n"
				  "    Files in /home/developer are\n"
				  "    volume-backed. Redeploying the\n"
				  "    container will NOT delete your work.\n"
				  "  ✦ Security\n"
				  "    This is a rootless system. No sudo\n"
				  "    access available.\n"
				  "  ✦ Interface\n"
				  "    Type task --list to see all\n"
				  "    available commands.\n"
				  "\n"
				  "Connected as developer | Profile: WEB |\n"
				  "  18:30:14\n");
}

static void colors_take_no_columns(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.columns = 40;
	d.has_color = true;
	d.metrics.ports[0].state = METRICS_DOWN;
	expect(&d, "(0.49GB / 10GB)\n", true);
	expect(&d, "(Web Server)\n    \033[33mnothing listens", false);
	expect(&d, "(Web Server)\033[33m\n    nothing listens\033[0m\n", true);
}

static void sidecars_and_ports_show_their_state(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.metrics.port_count = 2;
	d.metrics.ports[0].state = METRICS_DOWN;
	d.metrics.ports[1] = (struct metrics_service){ .port = 7420, .state = METRICS_UNKNOWN };
	d.metrics.sidecar_count = 2;
	d.metrics.sidecars[0] =
		(struct metrics_service){ .name = "redis", .port = 6379, .state = METRICS_UP };
	d.metrics.sidecars[1] = (struct metrics_service){ .name = "db", .state = METRICS_DOWN };
	expect(&d, "  ✦ Primary Port : 8000 (Web Server) nothing listens\n", true);
	expect(&d, "  ✦ Extra Port   : 7420\n", true);
	expect(&d, "SIDECARS\n  ✦ redis 127.0.0.1:6379 up\n  ✦ db down\n", true);
}

static void storage_warns_before_it_is_used_up(void **state)
{
	static const struct {
		unsigned hundredths;
		bool is_estimated;
		uint8_t policy;
		const char *shown, *color;
	} cases[] = {
		{ 799, false, METRICS_POLICY_WARN, NULL, NULL },
		{ 830, false, METRICS_POLICY_FREEZE,
		  "  Storage is 83% full (8.30GB of 10GB): 'task storage' lists the largest "
		  "folders.\n",
		  "\033[33m  Storage is" },
		{ 951, true, METRICS_POLICY_WARN,
		  "  Storage is ~95% full (~9.51GB of 10GB): ", "\033[31m  Storage is" },
		{ 951, false, METRICS_POLICY_FREEZE,
		  "largest folders. At 100% its processes are frozen.\n", "\033[31m  Storage is" },
		{ 1100, false, METRICS_POLICY_WARN,
		  "  Storage is 110% full (11.00GB of 10GB): ", "\033[31m  Storage is" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dashboard d = sample();

		d.metrics.storage_used_bytes =
			((UINT64_C(1) << 30) * cases[i].hundredths) / 100 + (1 << 20);
		d.metrics.storage_is_estimated = cases[i].is_estimated;
		d.metrics.storage_policy = cases[i].policy;
		expect(&d, cases[i].shown ? cases[i].shown : "Storage is", cases[i].shown != NULL);
		d.has_color = true;
		if (cases[i].color)
			expect(&d, cases[i].color, true);
		d.metrics.known = METRICS_CPU;
		expect(&d, "Storage is", false);
	}
}

static void who_was_stopped_is_named(void **state)
{
	struct dashboard d = sample();

	(void)state;
	d.columns = 300;
	d.metrics.writer_count = 4;
	d.metrics.writers[0] = (struct metrics_writer){ "runs", 5, 6, METRICS_WRITER_RUNS, { 0 } };
	d.metrics.writers[1] =
		(struct metrics_writer){ "d\033d", 5, 77, METRICS_WRITER_STOPPED, { 0 } };
	d.metrics.writers[2] =
		(struct metrics_writer){ "tar", 5, 80, METRICS_WRITER_STOPPED, { 0 } };
	expect(&d, "  FROZEN (soft limit): d?d (77), tar (80) stopped until storage is below 95%; ",
	       true);
	expect(&d, "Sidecars write", false);
	d.metrics.writers[3] =
		(struct metrics_writer){ "redis", 5, 0, METRICS_WRITER_SIDECAR, { 0 } };
	expect(&d, "  Sidecars write and are not stopped: redis.\n", true);
	for (uint32_t i = 0; i < METRICS_WRITERS_MAX; i++) {
		d.metrics.writers[i] = (struct metrics_writer){
			"sixteen letters!", 5, UINT32_MAX, METRICS_WRITER_STOPPED, { 0 }
		};
		memcpy(d.metrics.writers[i].command, "sixteen letters!", METRICS_COMMAND_SIZE);
	}
	d.metrics.writer_count = UINT32_MAX;
	expect(&d, "sixteen letters! (4294967295) stopped until", true);
	d.result = METRICS_ABSENT;
	expect(&d, "FROZEN", false);
}

static void figures_without_sidecars_say_so(void **state)
{
	struct dashboard d = sample();

	(void)state;
	expect(&d, "without sidecars", false);
	d.metrics.sidecar_count = 1;
	d.metrics.sidecars[0] = (struct metrics_service){ .name = "redis", .state = METRICS_UP };
	expect(&d, "  Activity:  12 processes\n  without sidecars\n", true);
	d.metrics.covers_pod = true;
	expect(&d, "without sidecars", false);
}

static void what_the_file_says_moves_no_cursor(void **state)
{
	struct dashboard d = sample();

	(void)state;
	memset(d.metrics.profile, '\033', sizeof(d.metrics.profile));
	memset(d.metrics.ports[0].name, 7, sizeof(d.metrics.ports[0].name));
	d.metrics.port_count = d.metrics.sidecar_count = UINT32_MAX;
	memset(d.metrics.sidecars, 0xff, sizeof(d.metrics.sidecars));
	expect(&d, "\033", false);
	expect(&d, "\a", false);
}

static void a_small_buffer_is_not_overrun(void **state)
{
	struct dashboard d = sample();

	(void)state;
	for (size_t size = 1; size < 900; size++) {
		DEFER(freep) char *text = xmalloc(size);

		d.columns = size % 2 ? 200 : DASHBOARD_MIN_COLUMNS;
		assert_true(dashboard_draw(&d, text, size) < size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_drawn_as_people_know_it),
		cmocka_unit_test(what_is_not_known_is_not_shown_as_zero),
		cmocka_unit_test(an_old_sample_says_its_age),
		cmocka_unit_test(without_limits_the_host_is_named),
		cmocka_unit_test(bars_follow_their_share),
		cmocka_unit_test(colors_change_at_their_thresholds),
		cmocka_unit_test(terminals_without_utf_8_get_ascii),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(forty_columns_are_enough),
		cmocka_unit_test(colors_take_no_columns),
		cmocka_unit_test(sidecars_and_ports_show_their_state),
		cmocka_unit_test(storage_warns_before_it_is_used_up),
		cmocka_unit_test(who_was_stopped_is_named),
		cmocka_unit_test(figures_without_sidecars_say_so),
		cmocka_unit_test(what_the_file_says_moves_no_cursor),
		cmocka_unit_test(a_small_buffer_is_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
