/* SPDX-License-Identifier: MIT */
/*
 * The table of top. What a row has to say first fits into 80 columns: name, processor, memory,
 * storage and a short line of the last ten minutes. Where there is more room the other columns come
 * in, one by one, and what is left then makes that line longer.
 */
#include "top_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"

#include "view.h"

enum { GAP = 2, SPARK_MIN = 10, SPARK_MAX = 30 };

/* --- rows --- */

static const char *const sort_names[TOP_SORT_COUNT] = {
	[TOP_BY_CPU] = "cpu",
	[TOP_BY_MEMORY] = "memory",
	[TOP_BY_STORAGE] = "storage",
	[TOP_BY_NAME] = "name",
};

const char *top_sort_name(enum top_sort sort)
{
	return sort_names[sort];
}

bool top_sort_parse(const char *text, enum top_sort *ret)
{
	for (enum top_sort i = 0; i < TOP_SORT_COUNT; i++) {
		if (strcmp(text, sort_names[i]) != 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

/* One more than the figure, 0 where it is not known: that is less than nothing used. */
static uint64_t sort_value(const struct metrics *m, enum top_sort sort)
{
	switch (sort) {
	case TOP_BY_CPU:
		return m->known & METRICS_CPU ? UINT64_C(1) + m->cpu_used_milli : 0;
	case TOP_BY_MEMORY:
		return m->known & METRICS_MEMORY ? 1 + m->memory_rss_bytes : 0;
	case TOP_BY_STORAGE:
		return m->known & METRICS_STORAGE ? 1 + m->storage_used_bytes : 0;
	case TOP_BY_NAME:
	case TOP_SORT_COUNT:
		break;
	}
	return 0;
}

/* Figures of now first, then those that nobody renews, then none. */
static int rank(const struct top_row *row)
{
	return !row->m ? 2 : row->is_stale;
}

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct top_row *left = a, *right = b;
	const enum top_sort sort = *(const enum top_sort *)context;

	if (sort == TOP_BY_NAME)
		return strcmp(left->w->name, right->w->name);
	if (rank(left) != rank(right))
		return rank(left) < rank(right) ? -1 : 1;
	const uint64_t l = left->m ? sort_value(left->m, sort) : 0;
	const uint64_t r = right->m ? sort_value(right->m, sort) : 0;
	if (l != r)
		return l > r ? -1 : 1;
	return strcmp(left->w->name, right->w->name);
}

void top_rows_init(struct top_rows *ret, const struct look *look, const struct strv *names,
		   enum top_sort sort)
{
	*ret = (struct top_rows){ .items = xcalloc(look->facts.count + 1, sizeof(*ret->items)) };
	for (size_t i = 0; i < look->facts.count; i++) {
		const struct workspace_facts *w = &look->facts.workspaces[i];

		if (names->count > 0 && !strv_contains(names, w->name))
			continue;
		struct top_row *row = &ret->items[ret->count++];
		row->w = w;
		row->m = telemetry_figures(&look->telemetry, w, &row->reason);
		row->is_stale = row->m && telemetry_is_stale(&look->telemetry, row->m);
	}
	qsort_r(ret->items, ret->count, sizeof(ret->items[0]), compare_rows, &sort);
}

void top_rows_release(struct top_rows *rows)
{
	free(rows->items);
	*rows = (struct top_rows){ 0 };
}

/* --- cells --- */

struct drawing {
	const struct telemetry *t;
	const struct top_layout *layout;
	size_t spark_cells;
};

static void add_cpu(struct table *t, const struct metrics *m)
{
	DEFER(freep) char *percent = figures_percent(m->cpu_used_milli, m->cpu_total_milli);
	DEFER(freep) char *text = xasprintf("%6s %-5s", percent, figures_of(m->cpu_is_limited));

	if (m->known & METRICS_CPU)
		table_add_colored(t, figures_color(m->cpu_used_milli, m->cpu_total_milli), text);
	else
		table_add(t, NULL);
}

/* " 512M  12.5% limit", "~1.2G" where there is nothing that it is a share of. */
static void add_size(struct table *t, bool is_known, const char *mark, uint64_t used,
		     uint64_t total, const char *of)
{
	DEFER(freep) char *size = figures_short_size(used);
	DEFER(freep) char *marked = xasprintf("%s%s", mark, size);
	DEFER(freep) char *percent = figures_percent(used, total);
	DEFER(freep)
	char *text = *percent ? xasprintf("%5s %6s %-5s", marked, percent, of)
			      : xasprintf("%5s", marked);

	if (is_known)
		table_add_colored(t, figures_color(used, total), text);
	else
		table_add(t, NULL);
}

static void add_memory(struct table *t, const struct metrics *m)
{
	add_size(t, m->known & METRICS_MEMORY, "", m->memory_rss_bytes, m->memory_total_bytes,
		 figures_of(m->memory_is_limited));
}

static void add_storage(struct table *t, const struct metrics *m)
{
	add_size(t, m->known & METRICS_STORAGE, m->storage_is_estimated ? "~" : "",
		 m->storage_used_bytes, m->storage_total_bytes,
		 m->storage_is_frozen ? "FROZEN" : "limit");
}

static void add_number(struct table *t, bool is_known, uint32_t value)
{
	if (is_known)
		table_addf(t, "%" PRIu32, value);
	else
		table_add(t, NULL);
}

/* What is below each title. */
enum top_column {
	COLUMN_NAME,
	COLUMN_STATE,
	COLUMN_CPU,
	COLUMN_SPARK,
	COLUMN_MEMORY,
	COLUMN_STORAGE,
	COLUMN_PROCESSES,
	COLUMN_SESSIONS,
	COLUMN_AGE,
	COLUMN_COUNT
};

static const struct table_column columns[COLUMN_COUNT] = {
	[COLUMN_NAME] = { .title = "NAME", .can_shrink = true },
	[COLUMN_STATE] = { .title = "STATE" },
	[COLUMN_CPU] = { .title = "   CPU OF" },
	[COLUMN_SPARK] = { .title = "10 MIN" },
	[COLUMN_MEMORY] = { .title = "MEMORY       OF" },
	[COLUMN_STORAGE] = { .title = "STORAGE      OF" },
	[COLUMN_PROCESSES] = { .title = "PROC", .is_right = true },
	[COLUMN_SESSIONS] = { .title = "SSH", .is_right = true },
	[COLUMN_AGE] = { .title = "AGE", .is_right = true },
};

static void add_spark(struct table *t, const struct drawing *d, const struct metrics *m)
{
	DEFER(freep)
	char *text =
		figures_spark(m->cpu_recent, METRICS_RECENT, d->spark_cells, d->layout->is_utf8);

	table_add(t, m->known & METRICS_CPU ? text : NULL);
}

/* With a mark where nobody renews it. */
static void add_age(struct table *t, const struct drawing *d, const struct top_row *row)
{
	char age[32];

	clock_format_age(telemetry_age_s(d->t, row->m), age, sizeof(age));
	DEFER(freep) char *text = xasprintf("%s%s", age, row->is_stale ? "!" : "");
	table_add_colored(t, row->is_stale ? TABLE_RED : TABLE_PLAIN, text);
}

static void add_cell(struct table *t, const struct drawing *d, enum top_column column,
		     const struct top_row *row)
{
	const char *status = workspace_facts_status(row->w);

	switch (column) {
	case COLUMN_NAME:
		table_add(t, row->w->name);
		break;
	case COLUMN_STATE:
		table_add_colored(t, view_status_color(status), status);
		break;
	case COLUMN_CPU:
		add_cpu(t, row->m);
		break;
	case COLUMN_SPARK:
		add_spark(t, d, row->m);
		break;
	case COLUMN_MEMORY:
		add_memory(t, row->m);
		break;
	case COLUMN_STORAGE:
		add_storage(t, row->m);
		break;
	case COLUMN_PROCESSES:
		add_number(t, row->m->known & METRICS_MEMORY, row->m->processes);
		break;
	case COLUMN_SESSIONS:
		add_number(t, row->m->known & METRICS_SESSIONS, row->m->ssh_sessions);
		break;
	case COLUMN_AGE:
		add_age(t, d, row);
		break;
	case COLUMN_COUNT:
		break;
	}
}

/* --- layout --- */

/* Those that come in where there is room, the first first, and what they take with their gap. */
static const struct {
	enum top_column column;
	size_t width;
} extras[] = {
	{ COLUMN_SPARK, SPARK_MIN + GAP }, { COLUMN_AGE, 4 + GAP },       { COLUMN_STATE, 7 + GAP },
	{ COLUMN_SESSIONS, 3 + GAP },      { COLUMN_PROCESSES, 4 + GAP },
};

enum { CPU_WIDTH = 12, SHARE_WIDTH = 19 };

static size_t name_width(const struct top_rows *rows)
{
	size_t width = strlen("NAME");

	for (size_t i = 0; i < rows->count; i++) {
		const size_t own = strlen(rows->items[i].w->name);

		width = own > width ? own : width;
	}
	return width;
}

/* Which columns there are, and how long the line of the last minutes may be. */
static void choose(const struct top_rows *rows, int terminal_columns,
		   bool ret_chosen[static COLUMN_COUNT], size_t *ret_spark_cells)
{
	size_t used = name_width(rows) + GAP + CPU_WIDTH + 2 * (GAP + SHARE_WIDTH);
	const size_t room = terminal_columns ? (size_t)terminal_columns : SIZE_MAX;

	ret_chosen[COLUMN_NAME] = ret_chosen[COLUMN_CPU] = true;
	ret_chosen[COLUMN_MEMORY] = ret_chosen[COLUMN_STORAGE] = true;
	for (size_t i = 0; i < ARRAY_SIZE(extras) && used + extras[i].width <= room; i++) {
		ret_chosen[extras[i].column] = true;
		used += extras[i].width;
	}
	const size_t more = room > used ? room - used : 0;
	*ret_spark_cells =
		SPARK_MIN + (more < SPARK_MAX - SPARK_MIN ? more : SPARK_MAX - SPARK_MIN);
}

/* Name and state, then why there is nothing more. */
static void add_bare_row(struct table *t, const struct top_row *row)
{
	DEFER(freep)
	char *text = xasprintf("%s: %s", workspace_facts_status(row->w), row->reason);

	table_add(t, row->w->name);
	table_add_rest(t, TABLE_DIM, text);
}

void top_render(struct buf *b, const struct telemetry *t, const struct top_rows *rows, size_t first,
		size_t count, const struct top_layout *layout)
{
	DEFER(table_release) struct table table = { 0 };
	struct drawing d = { .t = t, .layout = layout };
	struct table_column chosen_columns[COLUMN_COUNT];
	bool chosen[COLUMN_COUNT] = { false };
	size_t column_count = 0;

	choose(rows, layout->columns, chosen, &d.spark_cells);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (chosen[i])
			chosen_columns[column_count++] = columns[i];
	table_init(&table, chosen_columns, column_count);
	for (size_t i = first; i < rows->count && i - first < count; i++) {
		if (!rows->items[i].m) {
			add_bare_row(&table, &rows->items[i]);
			continue;
		}
		for (enum top_column k = 0; k < COLUMN_COUNT; k++)
			if (chosen[k])
				add_cell(&table, &d, k, &rows->items[i]);
	}
	table_render(&table, b, layout->columns, layout->has_color);
}
