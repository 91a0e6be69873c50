/* SPDX-License-Identifier: MIT */
/* All that was measured of one workspace, and its last 24 hours. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"
#include "winalux/format/json.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "figures.h"
#include "table.h"
#include "view.h"

enum {
	HOUR_S = 3600,
	DAY_S = 24 * HOUR_S,
	SPARK_CELLS = 48, /* of a day: half an hour each */
};

static const char not_known[] = "not known";

/* What is shown: the figures of now may be missing, the history too. */
struct status {
	const struct workspace_facts *w;
	const struct telemetry *t;
	const struct metrics *m; /* NULL: none, for that reason */
	const char *reason;
	struct telemetry_history *history;
	bool is_utf8;
};

/* --- text --- */

static bool is_known(const struct status *s, const char *key, uint32_t group)
{
	if (s->m->known & group)
		return true;
	view_line(key, "%s", not_known);
	return false;
}

static char *age_text(int64_t age_ms)
{
	char text[32];

	clock_format_age(age_ms / 1000, text, sizeof(text));
	return xstrdup(text);
}

static void print_sample(const struct status *s)
{
	const struct metrics *m = s->m;
	DEFER(freep) char *age = age_text(telemetry_age_s(s->t, m) * 1000);

	view_line("measured", "%s ago%s, every %u s, %s", age,
		  telemetry_is_stale(s->t, m) ? " (nobody measures any more)" : "",
		  m->interval_ms / 1000,
		  m->covers_pod ? "the whole pod" : "the dev container without its sidecars");
	if (!is_known(s, "up", METRICS_UPTIME))
		return;
	DEFER(freep) char *up = age_text(m->sampled_boot_ms - m->started_boot_ms);
	view_line("up", "%s", up);
}

static void print_cpu(const struct status *s)
{
	const struct metrics *m = s->m;
	DEFER(freep) char *percent = figures_percent(m->cpu_used_milli, m->cpu_total_milli);
	DEFER(freep) char *took = view_took((int64_t)(m->cpu_total_us / 1000));
	DEFER(freep)
	char *spark = figures_spark(m->cpu_recent, METRICS_RECENT, METRICS_RECENT, s->is_utf8);

	if (!is_known(s, "cpu", METRICS_CPU))
		return;
	view_line("cpu", "%s of %g processors (%s), %g in use; %s since the first sample", percent,
		  m->cpu_total_milli / 1000.0, figures_of(m->cpu_is_limited),
		  m->cpu_used_milli / 1000.0, took);
	view_line("last", "%s (%u samples)", spark, (unsigned)METRICS_RECENT);
}

static void print_memory(const struct status *s)
{
	const struct metrics *m = s->m;
	DEFER(freep) char *rss = view_size(m->memory_rss_bytes);
	DEFER(freep) char *total = view_size(m->memory_total_bytes);
	DEFER(freep) char *pss = view_size(m->memory_pss_bytes);
	DEFER(freep) char *peak = view_size(m->memory_peak_bytes);
	DEFER(freep) char *percent = figures_percent(m->memory_rss_bytes, m->memory_total_bytes);

	if (!is_known(s, "memory", METRICS_MEMORY))
		return;
	view_line("memory", "%s of %s (%s), %s; what it costs (PSS) %s; peak %s", rss, total,
		  figures_of(m->memory_is_limited), percent,
		  m->known & METRICS_PSS ? pss : not_known,
		  m->known & METRICS_PEAK ? peak : not_known);
	view_line("processes", "%" PRIu32 ", threads %" PRIu32, m->processes, m->threads);
}

static void add_writers(struct buf *b, const struct metrics *m, enum metrics_writer_state state)
{
	const char *before = "";

	for (uint32_t i = 0; i < m->writer_count && i < METRICS_WRITERS_MAX; i++) {
		const struct metrics_writer *w = &m->writers[i];

		if (w->state != state)
			continue;
		buf_addf(b, "%s%s", before, w->command);
		if (w->pid)
			buf_addf(b, " (%" PRIu32 ")", w->pid);
		before = ", ";
	}
}

/* Whom the policy has stopped, and who writes where nothing can be stopped. */
static void print_writers(const struct metrics *m)
{
	DEFER(buf_release) struct buf stopped = { 0 }, sidecars = { 0 };

	buf_init(&stopped, SIZE_MAX);
	buf_init(&sidecars, SIZE_MAX);
	add_writers(&stopped, m, METRICS_WRITER_STOPPED);
	add_writers(&sidecars, m, METRICS_WRITER_SIDECAR);
	if (stopped.len > 0)
		view_line("FROZEN", "%s, until storage is below %d%%", stopped.data,
			  METRICS_THAW_PERCENT);
	if (sidecars.len > 0)
		view_line("writing", "%s, of sidecars: not stopped", sidecars.data);
}

static void print_storage(const struct status *s)
{
	const struct metrics *m = s->m;
	const char *mark = m->storage_is_estimated ? "~" : "";
	DEFER(freep) char *used = view_size(m->storage_used_bytes);
	DEFER(freep) char *total = view_size(m->storage_total_bytes);
	DEFER(freep) char *percent = figures_percent(m->storage_used_bytes, m->storage_total_bytes);
	const int64_t age_ms = m->sampled_boot_ms - m->storage_counted_boot_ms;
	DEFER(freep) char *age = age_text(age_ms);
	DEFER(buf_release) struct buf b = { 0 };

	if (!is_known(s, "storage", METRICS_STORAGE))
		return;
	buf_init(&b, SIZE_MAX);
	buf_addf(&b, "%s%s", mark, used);
	if (m->storage_total_bytes)
		buf_addf(&b, " of %s (soft limit: %s), %s%s", total, figures_policy(m), mark,
			 percent);
	else
		buf_add_str(&b, " (no limit)");
	buf_addf(&b, ", %" PRIu64 " files", m->storage_files);
	if (m->storage_counted_boot_ms && age_ms > m->interval_ms)
		buf_addf(&b, ", counted %s before that", age);
	view_line("storage", "%s", b.data);
	print_writers(m);
}

static void print_pressure(const struct status *s)
{
	const struct metrics *m = s->m;

	if (is_known(s, "pressure", METRICS_PRESSURE))
		view_line("pressure", "cpu %.2f%%, memory %.2f%%, io %.2f%% of the last 10 s",
			  m->pressure_cpu / 100.0, m->pressure_memory / 100.0,
			  m->pressure_io / 100.0);
}

static void print_network(const struct status *s)
{
	const struct metrics *m = s->m;
	DEFER(freep) char *received = view_size(m->network_received_bytes);
	DEFER(freep) char *sent = view_size(m->network_sent_bytes);
	DEFER(freep) char *connections = xasprintf("%" PRIu32, m->connections);

	if (is_known(s, "network", METRICS_NETWORK))
		view_line("network", "received %s, sent %s", received, sent);
	view_line("tcp", "%s", m->known & METRICS_CONNECTIONS ? connections : not_known);
}

static void print_sessions(const struct status *s)
{
	const struct metrics *m = s->m;
	DEFER(strv_release) struct strv keys = { 0 };

	if (!is_known(s, "ssh", METRICS_SESSIONS))
		return;
	for (uint32_t i = 0; i < m->key_count; i++)
		strv_addf(&keys, "%s (%" PRIu32 ")", m->keys[i].fingerprint, m->keys[i].sessions);
	DEFER(freep) char *text = strv_join(&keys, ", ");
	view_line("ssh", "%" PRIu32 " session%s%s%s", m->ssh_sessions,
		  m->ssh_sessions == 1 ? "" : "s", keys.count ? ": " : "", text);
}

static void print_services(const char *key, const struct metrics_service *services, uint32_t count)
{
	DEFER(strv_release) struct strv texts = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		const struct metrics_service *v = &services[i];
		DEFER(freep) char *port = v->port ? xasprintf("%u", v->port) : xstrdup("");
		const bool has_both = *port && *v->name;

		strv_addf(&texts, "%s%s%s %s", v->name, has_both ? " " : "", port,
			  v->state == METRICS_UNKNOWN ? not_known : figures_state(v->state));
	}
	DEFER(freep) char *text = strv_join(&texts, ", ");
	view_line(key, "%s", *text ? text : "-");
}

static void print_figures(const struct status *s)
{
	if (!s->m) {
		view_line("figures", "none: %s", s->reason);
		return;
	}
	print_sample(s);
	print_cpu(s);
	print_memory(s);
	print_storage(s);
	print_pressure(s);
	print_network(s);
	print_sessions(s);
	print_services("sidecars", s->m->sidecars, s->m->sidecar_count);
	print_services("ports", s->m->ports, s->m->port_count);
}

/* --- history --- */

static const struct {
	const char *title, *key;
	enum history_group group;
} figures[] = {
	{ "cpu", "cpu_share", HISTORY_CPU },
	{ "memory", "memory_bytes", HISTORY_MEMORY },
	{ "storage", "storage_bytes", HISTORY_STORAGE },
};

static const struct {
	const char *title, *key;
	int64_t seconds;
} spans[] = {
	{ "1 h", "1h", HOUR_S },
	{ "24 h", "24h", DAY_S },
};

static const struct table_column history_columns[] = {
	{ .title = "HISTORY" },
	{ .title = "LAST" },
	{ .title = "MIN", .is_right = true },
	{ .title = "MEAN", .is_right = true },
	{ .title = "MAX", .is_right = true },
};

static void add_value(struct table *t, enum history_group group, uint64_t value)
{
	DEFER(freep)
	char *text = group == HISTORY_CPU ? figures_percent(value, 1000) : view_size(value);

	table_add(t, text);
}

static void add_range(struct table *t, const struct status *s, size_t figure, size_t span)
{
	const enum history_group group = figures[figure].group;
	const struct telemetry_range r =
		telemetry_range(s->history, group, s->t->read_s - spans[span].seconds);

	table_add(t, figures[figure].title);
	table_add(t, spans[span].title);
	if (r.count == 0) {
		table_add_rest(t, TABLE_DIM, not_known);
		return;
	}
	add_value(t, group, r.min);
	add_value(t, group, r.mean);
	add_value(t, group, r.max);
}

/* The highest of each half hour, the last ends now. */
static char *day_spark(const struct status *s)
{
	const int64_t begin_s = s->t->read_s - DAY_S, cell_s = DAY_S / SPARK_CELLS;
	uint8_t percent[SPARK_CELLS];

	memset(percent, METRICS_RECENT_UNKNOWN, sizeof(percent));
	for (size_t i = 0; i < s->history->count; i++) {
		const struct history_entry *e = &s->history->entries[i];
		const int64_t cell = (e->at_s - begin_s) / cell_s;
		const unsigned value = e->cpu_permille < 1000 ? e->cpu_permille / 10U : 100;

		if (!(e->known & HISTORY_CPU) || e->at_s < begin_s || cell >= SPARK_CELLS)
			continue;
		if (percent[cell] == METRICS_RECENT_UNKNOWN || percent[cell] < value)
			percent[cell] = (uint8_t)value;
	}
	return figures_spark(percent, SPARK_CELLS, SPARK_CELLS, s->is_utf8);
}

static void print_history(struct app *app, const struct status *s)
{
	DEFER(table_release) struct table t = { 0 };
	DEFER(freep) char *spark = day_spark(s);

	if (s->history->count == 0) {
		view_line("history", "none yet");
		return;
	}
	table_init(&t, history_columns, ARRAY_SIZE(history_columns));
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		for (size_t k = 0; k < ARRAY_SIZE(spans); k++)
			add_range(&t, s, i, k);
	view_line("24 h cpu", "%s|", spark);
	putchar('\n');
	table_print(&t, app_wants_color(app, STDOUT_FILENO));
}

static void print_status(struct app *app, const struct status *s)
{
	const char *profile = s->w->state.profile;

	view_line("name", "%s", s->w->name);
	view_line("state", "%s", workspace_facts_status(s->w));
	view_line("profile", "%s", profile && *profile ? profile : "-");
	print_figures(s);
	print_history(app, s);
}

/* --- JSON --- */

static void add_json_value(struct json *o, const char *key, enum history_group group,
			   uint64_t value)
{
	if (group == HISTORY_CPU)
		json_add_number(o, key, (double)value / 1000);
	else
		json_add_int(o, key, (int64_t)value);
}

static void add_json_range(struct json *span, const struct status *s, size_t figure,
			   int64_t seconds)
{
	const enum history_group group = figures[figure].group;
	const struct telemetry_range r = telemetry_range(s->history, group, s->t->read_s - seconds);

	if (r.count == 0) {
		json_add_null(span, figures[figure].key);
		return;
	}
	struct json *o = json_add_object(span, figures[figure].key);
	add_json_value(o, "min", group, r.min);
	add_json_value(o, "mean", group, r.mean);
	add_json_value(o, "max", group, r.max);
	json_add_int(o, "minutes", (int64_t)r.count);
}

static void add_json_entries(struct json *history, const struct status *s)
{
	struct json *array = json_add_array(history, "entries");

	for (size_t i = 0; i < s->history->count; i++) {
		const struct history_entry *e = &s->history->entries[i];
		struct json *o = json_append_object(array);
		char at[CLOCK_RFC3339_SIZE];

		clock_format_rfc3339(e->at_s, at);
		json_add_text(o, "at", at);
		for (size_t k = 0; k < ARRAY_SIZE(figures); k++) {
			if (e->known & figures[k].group)
				add_json_value(o, figures[k].key, figures[k].group,
					       telemetry_entry_value(e, figures[k].group));
			else
				json_add_null(o, figures[k].key);
		}
		if (e->known & HISTORY_MEMORY)
			json_add_int(o, "processes", e->processes);
		else
			json_add_null(o, "processes");
	}
}

static void print_json(struct app *app, const struct status *s)
{
	struct json *root = figures_json(s->t, s->w);
	struct json *history = json_add_object(root, "history");

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		struct json *span = json_add_object(history, spans[i].key);

		for (size_t k = 0; k < ARRAY_SIZE(figures); k++)
			add_json_range(span, s, k, spans[i].seconds);
	}
	add_json_entries(history, s);
	app_print_json(app, root);
}

static int run_status(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	DEFER(look_release) struct look look = { 0 };
	DEFER(freep) void *history = xcalloc(1, sizeof(struct telemetry_history));
	struct status s = { .history = history, .is_utf8 = term_speaks_utf8() };

	(void)options;
	if (look_at_all(app, args, &look, err) < 0)
		return -1;
	s.t = &look.telemetry;
	s.w = facts_find(&look.facts, args->items[0]);
	s.m = telemetry_figures(s.t, s.w, &s.reason);
	if (telemetry_read_history(host_podman(app->host), &look.facts, s.w->name, s.history, err) <
	    0)
		return -1;
	if (app->global.is_json)
		print_json(app, &s);
	else
		print_status(app, &s);
	return 0;
}

const struct command cmd_status = {
	.name = "status",
	.summary = "Show what one workspace uses, now and in the last 24 hours",
	.args = "NAME",
	.details = "Each share says what it is a share of: a limit of the workspace, or the host. "
		   "Memory is the sum of all processes' resident sets, in which what they share "
		   "counts for each; PSS, counted once a minute, counts it once. '~' marks storage "
		   "that is estimated. --json has each minute of the history.",
	.min_args = 1,
	.max_args = 1,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.run = run_status,
};
