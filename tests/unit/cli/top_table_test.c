/* SPDX-License-Identifier: MIT */
#include "cli/top_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"
#include "winalux/plan/names.h"

enum { NOW_S = 10000 };

static void add_dev(struct facts *f, const char *workspace)
{
	struct container *c =
		xgrow(&f->containers.items, &f->containers.cap, f->containers.count++, sizeof(*c));

	c->id = xstrdup(workspace);
	c->name = xasprintf("winalux-%s-dev", workspace);
	c->pod_id = xstrdup("");
	c->state = CONTAINER_RUNNING;
	labels_add(&c->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&c->labels, LABEL_ROLE, ROLE_DEV);
	labels_add(&c->labels, LABEL_WORKSPACE, workspace);
	labels_add(&c->labels, LABEL_TELEMETRY, "10");
}

static void add_sample(struct telemetry *t, const char *workspace, int64_t age_s)
{
	struct telemetry_sample *s = xgrow(&t->samples, &t->cap, t->count++, sizeof(*s));

	*s = (struct telemetry_sample){
		.workspace = xstrdup(workspace),
		.result = METRICS_FINE,
		.metrics = {
			.known = METRICS_CPU | METRICS_MEMORY | METRICS_STORAGE,
			.sampled_s = NOW_S - age_s,
			.interval_ms = 10000,
			.cpu_used_milli = 4000,
			.cpu_total_milli = 4000,
			.cpu_is_limited = true,
			.memory_rss_bytes = UINT64_C(999) << 20,
			.memory_total_bytes = UINT64_C(999) << 20,
			.memory_is_limited = true,
			.storage_is_estimated = true,
			.storage_used_bytes = UINT64_C(999) << 30,
			.storage_total_bytes = UINT64_C(999) << 30,
			.processes = 1234,
		},
	};
}

/* One with that name whose figures are of now, carl whose figures are old, dora without any. */
static struct look account(const char *name)
{
	struct look look = { .telemetry = { .daemon = TELEMETRY_RUNNING, .read_s = NOW_S } };

	add_dev(&look.facts, name);
	add_dev(&look.facts, "carl");
	add_dev(&look.facts, "dora");
	facts_index(&look.facts);
	add_sample(&look.telemetry, name, 1);
	add_sample(&look.telemetry, "carl", 600);
	return look;
}

static char *render(const struct look *look, int columns)
{
	const struct top_layout layout = { .columns = columns, .is_utf8 = true };
	const struct strv all = { 0 };
	DEFER(top_rows_release) struct top_rows rows = { 0 };
	struct buf b;

	buf_init(&b, SIZE_MAX);
	top_rows_init(&rows, look, &all, TOP_BY_NAME);
	top_render(&b, &look->telemetry, &rows, 0, SIZE_MAX, &layout);
	return buf_take(&b);
}

static void expect(const struct look *look, int columns, const char *wanted)
{
	DEFER(freep) char *text = render(look, columns);

	if (!strstr(text, wanted))
		fail_msg("%d columns: '%s' is not in:\n%s", columns, wanted, text);
}

/* The line, without its newline. The caller frees it. */
static char *take_line(const char **at)
{
	const size_t len = strcspn(*at, "\n");
	char *line = xstrndup(*at, len);

	*at += len + ((*at)[len] == '\n');
	return line;
}

static void no_row_is_wider_than_the_terminal(void **state)
{
	static const char *const names[] = { "bob", "robert-the-second",
					     "a-name-of-thirty-letters-long" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		DEFER(look_release) struct look look = account(names[i]);

		look.telemetry.samples[0].metrics.storage_is_frozen = i == 1;
		look.telemetry.samples[0].metrics.known |= METRICS_SESSIONS;
		look.telemetry.samples[0].metrics.ssh_sessions = i == 2 ? UINT32_MAX : 1;
		look.telemetry.samples[1].metrics.sampled_s -= INT64_C(200) * 86400;
		for (int columns = 16; columns < 160; columns++) {
			DEFER(freep) char *text = render(&look, columns);

			for (const char *at = text; *at;) {
				DEFER(freep) char *line = take_line(&at);

				if (term_text_width(line) > (size_t)columns)
					fail_msg("%d columns: '%s'", columns, line);
			}
		}
	}
}

static void what_nobody_renews_is_marked_in_any_width(void **state)
{
	DEFER(look_release) struct look look = account("robert-the-second");

	(void)state;
	for (int columns = 16; columns < 160; columns++) {
		DEFER(freep) char *text = render(&look, columns);
		size_t marks = 0;

		for (const char *at = text; (at = strchr(at, '!')); at++)
			marks++;
		if (marks != 1)
			fail_msg("%d columns: %zu marks in:\n%s", columns, marks, text);
	}
	expect(&look, 100, " 10m!\n");
	expect(&look, 40, "\n!carl ");
}

static void a_narrow_terminal_shows_less_of_each_figure(void **state)
{
	DEFER(look_release) struct look look = account("bob");

	(void)state;
	look.telemetry.samples[0].metrics.storage_is_frozen = true;
	expect(&look, 80, "   999M 100.0% limit  ~999G 100.0% FROZEN    1s\n");
	expect(&look, 61, "bob    100.0% limit   999M 100.0% limit  ~999G 100.0% FROZEN\n");
	expect(&look, 50,
	       "NAME      CPU  MEMORY        STORAGE\n"
	       "bob    100.0%   999M 100.0%  ~999G FROZEN\n");
	expect(&look, 40,
	       "NAME      CPU  MEMORY  STORAGE\nbob    100.0%   999M   FROZEN\n"
	       "!carl  100.0%   999M   ~999G\ndora   running: nothing was measured yet\n");
	expect(&look, 24, "bob    100.0%   999M\n");
	expect(&look, 16, "bob    100.0%\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_row_is_wider_than_the_terminal),
		cmocka_unit_test(what_nobody_renews_is_marked_in_any_width),
		cmocka_unit_test(a_narrow_terminal_shows_less_of_each_figure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
