/* SPDX-License-Identifier: MIT */
/*
 * What all workspaces use, as a table that renews itself. The figures of all of them are one call
 * to Podman. What is there at all is asked for at the beginning, and again when the figures do not
 * fit it any more (one has gone stale, one is new, the daemon has another container), or now and
 * then.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"
#include "winalux/format/json.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "figures.h"
#include "find.h"
#include "screen.h"
#include "signals.h"
#include "top_table.h"

enum {
	INTERVAL_S = 5,
	INTERVAL_MAX_S = 3600,
	OBSERVE_SOONEST_MS = 10000, /* what is there, where the figures do not fit it */
	OBSERVE_LATEST_MS = 60000,  /* where they do */
	FRAME_ROWS = 3,             /* that are not workspaces: heading, titles, foot */
};

struct top_options {
	const char *sort;
	uint32_t interval_s;
	bool is_once;
};

static const struct option top_option_table[] = {
	{ .name = "sort",
	  .letter = 's',
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct top_options, sort),
	  .arg = "KEY",
	  .help = "largest first: cpu (default), memory or storage; or by name" },
	{ .name = "interval",
	  .letter = 'n',
	  .kind = OPTION_NUMBER,
	  .offset = offsetof(struct top_options, interval_s),
	  .arg = "SECONDS",
	  .help = "between two looks (5); it is measured every 10" },
	{ .name = "once",
	  .offset = offsetof(struct top_options, is_once),
	  .help = "print the table once, as is done outside a terminal" },
	{ .name = NULL },
};

/* --- once --- */

static void print_json(struct app *app, const struct look *look, const struct strv *names)
{
	struct json *root = json_new_object();
	struct json *array = json_add_array(root, "workspaces");

	for (size_t i = 0; i < look->facts.count; i++) {
		const struct workspace_facts *w = &look->facts.workspaces[i];

		if (find_is_chosen(names, w->name))
			json_append(array, figures_json(&look->telemetry, w));
	}
	app_print_json(app, root);
}

static void print_once(struct app *app, const struct look *look, const struct strv *names,
		       enum top_sort sort)
{
	const struct top_layout layout = {
		.columns = term_is_terminal(STDOUT_FILENO) ? term_width(STDOUT_FILENO, 80) : 0,
		.is_utf8 = term_speaks_utf8(),
		.has_color = app_wants_color(app, STDOUT_FILENO),
	};
	DEFER(top_rows_release) struct top_rows rows = { 0 };
	DEFER(buf_release) struct buf b = { 0 };

	if (look->facts.count == 0) {
		log_info("no workspaces on this account; `winalux deploy` makes them");
		return;
	}
	buf_init(&b, SIZE_MAX);
	top_rows_init(&rows, look, names, sort);
	top_render(&b, &look->telemetry, &rows, 0, SIZE_MAX, &layout);
	fwrite(b.data, 1, b.len, stdout);
}

/* --- live --- */

struct live {
	struct app *app;
	const struct strv *names;
	struct screen *screen;
	struct look look;
	struct error why; /* of the last look, when it failed */
	bool has_failed;
	enum top_sort sort;
	uint32_t interval_s;
	size_t first; /* row that is shown first */
	int64_t observed_ms;
};

/* A running workspace without figures of now, or figures of one that is not there. */
static bool does_not_fit(const struct look *look)
{
	for (size_t i = 0; i < look->facts.count; i++) {
		const struct workspace_facts *w = &look->facts.workspaces[i];
		const char *reason;
		const struct metrics *m = telemetry_figures(&look->telemetry, w, &reason);

		if (m ? telemetry_is_stale(&look->telemetry, m) : workspace_facts_dev_runs(w))
			return true;
	}
	for (size_t i = 0; i < look->telemetry.count; i++) {
		const struct telemetry_sample *s = &look->telemetry.samples[i];
		const struct workspace_facts *w = facts_find(&look->facts, s->workspace);

		if (!w || (!workspace_facts_dev_runs(w) && s->result == METRICS_FINE &&
			   !telemetry_is_stale(&look->telemetry, &s->metrics)))
			return true;
	}
	return false;
}

static bool must_observe(const struct live *l)
{
	const int64_t age_ms = clock_mono_ms() - l->observed_ms;

	if (l->has_failed || age_ms >= OBSERVE_LATEST_MS)
		return true;
	return age_ms >= OBSERVE_SOONEST_MS && does_not_fit(&l->look);
}

static int look_again(struct live *l, struct error *err)
{
	struct telemetry t;

	if (must_observe(l)) {
		struct look look;

		if (look_at_all(l->app, l->names, &look, err) < 0)
			return -1;
		look_release(&l->look);
		l->look = look;
		l->observed_ms = clock_mono_ms();
		return 0;
	}
	if (telemetry_read(host_podman(l->app->host), &l->look.facts, &t, err) < 0)
		return -1;
	telemetry_release(&l->look.telemetry);
	l->look.telemetry = t;
	return 0;
}

/* A service that has gone may come back: what was seen last stays, and it is asked for anew. */
static void refresh(struct live *l)
{
	l->has_failed = look_again(l, &l->why) < 0;
	if (l->has_failed)
		host_freep(&l->app->host);
}

static void add_heading(struct buf *b, const struct live *l, const struct top_rows *rows)
{
	DEFER(buf_release) struct buf text = { 0 };

	buf_init(&text, SIZE_MAX);
	if (l->has_failed)
		buf_add_printable(&text, l->why.text, strlen(l->why.text), false);
	else
		buf_addf(&text, "%zu workspace%s by %s, every %u s", rows->count,
			 rows->count == 1 ? "" : "s", top_sort_name(l->sort), l->interval_s);
	text_add_cut(b, text.data, (size_t)screen_columns(l->screen));
	buf_add_char(b, '\n');
}

static void add_foot(struct buf *b, const struct live *l, const struct top_rows *rows, size_t shown)
{
	DEFER(freep) char *text = NULL;

	if (shown < rows->count)
		text = xasprintf("%zu to %zu of %zu, arrows move; c m s n sort, q ends",
				 l->first + 1, l->first + shown, rows->count);
	else
		text = xstrdup("c m s n: sort by cpu, memory, storage, name; q: end");
	text_add_cut(b, text, (size_t)screen_columns(l->screen));
}

static size_t rows_at_once(const struct live *l)
{
	const int rows = screen_rows(l->screen);

	return rows > FRAME_ROWS ? (size_t)(rows - FRAME_ROWS) : 1;
}

static void draw(struct live *l)
{
	const struct top_layout layout = {
		.columns = screen_columns(l->screen),
		.is_utf8 = term_speaks_utf8(),
		.has_color = app_wants_color(l->app, STDOUT_FILENO),
	};
	const size_t room = rows_at_once(l);
	DEFER(top_rows_release) struct top_rows rows = { 0 };
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	top_rows_init(&rows, &l->look, l->names, l->sort);
	const size_t last_first = rows.count > room ? rows.count - room : 0;
	l->first = l->first < last_first ? l->first : last_first;
	const size_t left = rows.count - l->first;
	add_heading(&b, l, &rows);
	top_render(&b, &l->look.telemetry, &rows, l->first, room, &layout);
	add_foot(&b, l, &rows, left < room ? left : room);
	screen_draw(l->screen, b.data);
}

static void scroll(struct live *l, int rows)
{
	const size_t back = rows < 0 ? (size_t)-rows : 0;

	if (rows < 0)
		l->first -= back < l->first ? back : l->first;
	else
		l->first += (size_t)rows; /* draw() has the end */
}

static void sort_by(struct live *l, enum top_sort sort)
{
	l->sort = sort;
	l->first = 0;
}

/* False: it is over. */
static bool react(struct live *l, int key)
{
	switch (key) {
	case 'q':
	case SCREEN_END:
		return false;
	case 'c':
		sort_by(l, TOP_BY_CPU);
		break;
	case 'm':
		sort_by(l, TOP_BY_MEMORY);
		break;
	case 's':
		sort_by(l, TOP_BY_STORAGE);
		break;
	case 'n':
		sort_by(l, TOP_BY_NAME);
		break;
	case SCREEN_UP:
		scroll(l, -1);
		break;
	case SCREEN_DOWN:
		scroll(l, 1);
		break;
	case SCREEN_PAGE_UP:
		scroll(l, -(int)rows_at_once(l));
		break;
	case SCREEN_PAGE_DOWN:
		scroll(l, (int)rows_at_once(l));
		break;
	default:
		break;
	}
	return true;
}

/* Ctrl-C is how this ends, so it is no failure. */
static void watch(struct live *l)
{
	int64_t next_ms = clock_mono_ms() + l->interval_s * INT64_C(1000);

	for (;;) {
		draw(l);
		const int key = screen_key(l->screen, clock_left_ms(next_ms));
		if (!react(l, key))
			return;
		if (clock_left_ms(next_ms) > 0)
			continue;
		refresh(l);
		if (*signals_cancelled())
			return;
		next_ms = clock_mono_ms() + l->interval_s * INT64_C(1000);
	}
}

static int run_top(struct app *app, const void *options, const struct strv *args, struct error *err)
{
	const struct top_options *o = options;
	struct live l = {
		.app = app,
		.names = args,
		.interval_s = o->interval_s ? o->interval_s : INTERVAL_S,
		.observed_ms = clock_mono_ms(),
	};

	if (o->sort && !top_sort_parse(o->sort, &l.sort))
		return error_set(err, ERROR_USAGE,
				 "option '--sort': '%s' is none of cpu, memory, storage, name",
				 o->sort);
	if (l.interval_s > INTERVAL_MAX_S)
		return error_set(err, ERROR_USAGE, "option '--interval': at most %d seconds",
				 INTERVAL_MAX_S);
	if (look_at_all(app, args, &l.look, err) < 0)
		return -1;
	if (app->global.is_json) {
		print_json(app, &l.look, args);
	} else if (o->is_once || !(l.screen = screen_open())) {
		print_once(app, &l.look, args, l.sort);
	} else {
		watch(&l);
		screen_closep(&l.screen);
	}
	look_release(&l.look);
	return 0;
}

const struct command cmd_top = {
	.name = "top",
	.summary = "Show what workspaces use, as a table that renews itself",
	.args = "[NAME…]",
	.details =
		"Each share says what it is a share of: a limit of the workspace, or the host. '~' "
		"marks storage that is estimated. 10 MIN is the processor, highest of each part; "
		"AGE how long ago it was measured, with '!' where nobody measures any more; "
		"without room for AGE '!' stands before the name. Keys: "
		"c, m, s and n sort by cpu, memory, "
		"storage and name, arrows move, q ends. A terminal that is wider shows more "
		"columns. With --json, or outside a terminal, it prints what is now and ends.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = top_option_table,
	.options_size = sizeof(struct top_options),
	.run = run_top,
};
