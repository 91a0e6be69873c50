/* SPDX-License-Identifier: MIT */
#include "cli/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/exposition.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/mem.h"

enum { NONE = METRICS_RECENT_UNKNOWN };

static void a_line_shows_the_highest_of_each_part(void **state)
{
	static const struct {
		uint8_t percent[6];
		size_t count, cells;
		bool is_utf8;
		const char *wanted;
	} cases[] = {
		{ { 0, 50, 100 }, 3, 3, true, "▁▄█" },
		{ { 0, 50, 100 }, 3, 3, false, ".=@" },
		{ { 0, 100, NONE, NONE, 3, NONE }, 6, 3, true, "█ ▁" },
		{ { 7, 7, 99, 7, 7, 7 }, 6, 2, false, "#." },
		{ { 20, 101, 254 }, 3, 3, false, ":  " }, /* what is no percentage is not known */
		{ { 100 }, 1, 30, false, "@" },
		{ { 0 }, 0, 30, false, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep)
		char *text = figures_spark(cases[i].percent, cases[i].count, cases[i].cells,
					   cases[i].is_utf8);
		assert_string_equal(text, cases[i].wanted);
	}
}

static void a_share_is_never_more_than_the_whole(void **state)
{
	static const struct {
		uint64_t used, total;
		const char *wanted;
	} cases[] = {
		{ 143, 1000, "14.3%" }, { 0, 7, "0.0%" },
		{ 9, 7, "100.0%" },     { UINT64_MAX, UINT64_MAX, "100.0%" },
		{ 5, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *text = figures_percent(cases[i].used, cases[i].total);
		assert_string_equal(text, cases[i].wanted);
	}
	assert_int_equal(figures_color(79, 100), TABLE_PLAIN);
	assert_int_equal(figures_color(80, 100), TABLE_YELLOW);
	assert_int_equal(figures_color(95, 100), TABLE_RED);
	assert_int_equal(figures_color(95, 0), TABLE_PLAIN);
}

static void short_sizes_have_at_most_four_columns(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *wanted;
	} cases[] = {
		{ 0, "0K" },
		{ 4096, "4K" },
		{ 999 << 10, "999K" },
		{ 1000 << 10, "1.0M" },
		{ 512 << 20, "512M" },
		{ UINT64_C(1288490189), "1.2G" },
		{ UINT64_C(24) << 30, "24G" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *text = figures_short_size(cases[i].bytes);
		assert_string_equal(text, cases[i].wanted);
	}
	DEFER(freep) char *huge = figures_short_size(UINT64_MAX);
	assert_true(strlen(huge) > 0);
}

/* Everything at its largest, as a page of somebody else could have it. */
static void wild_figures_are_told_all_the_same(void **state)
{
	struct telemetry_sample sample = { .workspace = xstrdup("alice") };
	struct workspace_facts w = { .name = "alice" };
	const struct look look = {
		.facts = { .workspaces = &w, .count = 1 },
		.telemetry = { .daemon = TELEMETRY_RUNNING,
			       .read_s = clock_wall_s(),
			       .samples = &sample,
			       .count = 1 },
	};
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	memset(&sample.metrics, 0x7f, sizeof(sample.metrics));
	buf_init(&b, 1 << 20);
	exposition_add(&b, &look);
	assert_non_null(strstr(b.data, "\nwinalux_workspace_up{workspace=\"alice\"} 0\n"));
	assert_null(strstr(b.data, "rss_bytes{"));
	free(sample.workspace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_shows_the_highest_of_each_part),
		cmocka_unit_test(a_share_is_never_more_than_the_whole),
		cmocka_unit_test(short_sizes_have_at_most_four_columns),
		cmocka_unit_test(wild_figures_are_told_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
