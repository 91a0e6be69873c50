/* SPDX-License-Identifier: MIT */
/*
 * The table of top. What a row has to say first fits into 80 columns: name, processor, memory,
 * storage and a short line of the last ten minutes. Where there is more room the other columns come
 * in, one by one, and what is left then makes that line longer. Where there is less, what a figure
 * is a share of goes first, then the shares of memory and storage, then these themselves: a row is
 * never wider than the terminal. A sample that nobody renews is marked behind its age, and where
 * that has no room in front of the name, which is cut at its end.
 */
#include "top_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"

#include "view.h"

enum {
	GAP = 2,
	SPARK_MIN = 10,
	SPARK_MAX = 30,
	NAME_MIN = 8,     /* what table_render leaves of a name */
	NAME_WANTED = 16, /* before figures take what is theirs */
	AGE_SIZE = 32,
};

/* How much is said of a share: what it is of, how large it is, or nothing but what is used. */
enum shape { SHAPE_WHOLE, SHAPE_PERCENT, SHAPE_BARE, SHAPE_COUNT };

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

#define FROZEN "FROZEN"

struct drawing {
	const struct telemetry *t;
	const struct top_layout *layout;
	size_t spark_cells;
	enum shape shape;
	bool has_age;
};

/* The mark stands in front, where no cut reaches it. */
static void add_name(struct table *t, const struct drawing *d, const struct top_row *row)
{
	const bool is_marked = row->is_stale && !d->has_age;
	DEFER(freep) char *text = xasprintf("%s%s", is_marked ? "!" : "", row->w->name);

	table_add_colored(t, is_marked ? TABLE_RED : TABLE_PLAIN, text);
}

static void add_cpu(struct table *t, const struct drawing *d, const struct metrics *m)
{
	DEFER(freep) char *percent = figures_percent(m->cpu_used_milli, m->cpu_total_milli);
	const char *of = figures_of(m->cpu_is_limited);
	DEFER(freep)
	char *text = d->shape == SHAPE_WHOLE ? xasprintf("%6s %-5s", percent, of)
					     : xasprintf("%6s", percent);

	if (m->known & METRICS_CPU)
		table_add_colored(t, figures_color(m->cpu_used_milli, m->cpu_total_milli), text);
	else
		table_add(t, NULL);
}

/* What there is to say of a size. */
struct share {
	bool is_known;
	bool is_estimated;
	bool is_frozen;
	uint64_t used, total;
	const char *of;
};

/*
 * " 512M  12.5% limit", "~1.2G" where there is nothing that it is a share of. That something is
 * frozen is said in every shape.
 */
static char *share_text(const struct share *s, enum shape shape)
{
	DEFER(freep) char *size = figures_short_size(s->used);
	DEFER(freep) char *marked = xasprintf("%s%s", s->is_estimated ? "~" : "", size);
	DEFER(freep) char *percent = figures_percent(s->used, s->total);

	switch (*percent ? shape : SHAPE_BARE) {
	case SHAPE_WHOLE:
		return xasprintf("%5s %6s %-5s", marked, percent, s->is_frozen ? FROZEN : s->of);
	case SHAPE_PERCENT:
		return xasprintf("%5s %6s", marked, s->is_frozen ? FROZEN : percent);
	case SHAPE_BARE:
	case SHAPE_COUNT:
		break;
	}
	return xasprintf("%5s", s->is_frozen && *percent ? FROZEN : marked);
}

static void add_share(struct table *t, const struct drawing *d, const struct share *s)
{
	DEFER(freep) char *text = share_text(s, d->shape);

	if (s->is_known)
		table_add_colored(t, figures_color(s->used, s->total), text);
	else
		table_add(t, NULL);
}

static void add_memory(struct table *t, const struct drawing *d, const struct metrics *m)
{
	const struct share s = {
		.is_known = m->known & METRICS_MEMORY,
		.used = m->memory_rss_bytes,
		.total = m->memory_total_bytes,
		.of = figures_of(m->memory_is_limited),
	};

	add_share(t, d, &s);
}

static void add_storage(struct table *t, const struct drawing *d, const struct metrics *m)
{
	const struct share s = {
		.is_known = m->known & METRICS_STORAGE,
		.is_estimated = m->storage_is_estimated,
		.is_frozen = m->storage_is_frozen,
		.used = m->storage_used_bytes,
		.total = m->storage_total_bytes,
		.of = figures_of(true),
	};

	add_share(t, d, &s);
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

/* Figures have the titles of their shape. */
static const struct table_column columns[COLUMN_COUNT] = {
	[COLUMN_NAME] = { .title = "NAME", .can_shrink = true },
	[COLUMN_STATE] = { .title = "STATE" },
	[COLUMN_SPARK] = { .title = "10 MIN" },
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
static void format_age(const struct drawing *d, const struct top_row *row,
		       char ret[static AGE_SIZE])
{
	char age[AGE_SIZE - 1];

	clock_format_age(telemetry_age_s(d->t, row->m), age, sizeof(age));
	snprintf(ret, AGE_SIZE, "%s%s", age, row->is_stale ? "!" : "");
}

static void add_age(struct table *t, const struct drawing *d, const struct top_row *row)
{
	char age[AGE_SIZE];

	format_age(d, row, age);
	table_add_colored(t, row->is_stale ? TABLE_RED : TABLE_PLAIN, age);
}

static void add_cell(struct table *t, const struct drawing *d, enum top_column column,
		     const struct top_row *row)
{
	const char *status = workspace_facts_status(row->w);

	switch (column) {
	case COLUMN_NAME:
		add_name(t, d, row);
		break;
	case COLUMN_STATE:
		table_add_colored(t, view_status_color(status), status);
		break;
	case COLUMN_CPU:
		add_cpu(t, d, row->m);
		break;
	case COLUMN_SPARK:
		add_spark(t, d, row->m);
		break;
	case COLUMN_MEMORY:
		add_memory(t, d, row->m);
		break;
	case COLUMN_STORAGE:
		add_storage(t, d, row->m);
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

/* Those that come in where there is room, the first first. */
static const enum top_column extras[] = {
	COLUMN_SPARK, COLUMN_AGE, COLUMN_STATE, COLUMN_SESSIONS, COLUMN_PROCESSES,
};

static size_t digits(uint32_t value)
{
	size_t count = 1;

	for (; value >= 10; value /= 10)
		count++;
	return count;
}

static size_t cell_width(const struct drawing *d, enum top_column column, const struct top_row *row)
{
	char age[AGE_SIZE];

	switch (column) {
	case COLUMN_STATE:
		return strlen(workspace_facts_status(row->w));
	case COLUMN_PROCESSES:
		return digits(row->m->processes);
	case COLUMN_SESSIONS:
		return digits(row->m->ssh_sessions);
	case COLUMN_AGE:
		format_age(d, row, age);
		return strlen(age);
	case COLUMN_NAME:
	case COLUMN_CPU:
	case COLUMN_SPARK:
	case COLUMN_MEMORY:
	case COLUMN_STORAGE:
	case COLUMN_COUNT:
		break;
	}
	return SPARK_MIN;
}

/* What an extra column takes with its gap. */
static size_t extra_width(const struct drawing *d, const struct top_rows *rows,
			  enum top_column column)
{
	size_t width = strlen(columns[column].title);

	for (size_t i = 0; i < rows->count; i++) {
		const size_t own = rows->items[i].m ? cell_width(d, column, &rows->items[i]) : 0;

		width = own > width ? own : width;
	}
	return GAP + width;
}

/* What figures take in each shape; a title may be wider than what is below it. */
static const struct {
	size_t cpu, share;
	const char *cpu_title, *memory_title, *storage_title;
} shapes[SHAPE_COUNT] = {
	[SHAPE_WHOLE] = { 12, 19, "   CPU OF", "MEMORY       OF", "STORAGE      OF" },
	[SHAPE_PERCENT] = { 6, 12, "   CPU", "MEMORY", "STORAGE" },
	[SHAPE_BARE] = { 6, 7, "   CPU", "MEMORY", "STORAGE" },
};

/* With the mark that one of them may have. */
static size_t name_width(const struct top_rows *rows)
{
	size_t width = strlen("NAME");

	for (size_t i = 0; i < rows->count; i++) {
		const size_t own = strlen(rows->items[i].w->name) + rows->items[i].is_stale;

		width = own > width ? own : width;
	}
	return width;
}

static size_t no_more(size_t value, size_t limit)
{
	return value < limit ? value : limit;
}

/* Name, processor and so many sizes. */
static size_t width_of(enum shape shape, size_t name, size_t sizes)
{
	return name + GAP + shapes[shape].cpu + sizes * (GAP + shapes[shape].share);
}

/* Which columns there are, and how much they say. */
static void choose(const struct top_rows *rows, int terminal_columns,
		   bool ret_chosen[static COLUMN_COUNT], struct drawing *d)
{
	const size_t room = terminal_columns ? (size_t)terminal_columns : SIZE_MAX;
	const size_t name = name_width(rows);

	while (d->shape < SHAPE_BARE && width_of(d->shape, no_more(name, NAME_WANTED), 2) > room)
		d->shape++;
	size_t used = width_of(d->shape, name, 2);
	ret_chosen[COLUMN_NAME] = ret_chosen[COLUMN_CPU] = true;
	ret_chosen[COLUMN_MEMORY] = width_of(d->shape, no_more(name, NAME_MIN), 1) <= room;
	ret_chosen[COLUMN_STORAGE] = width_of(d->shape, no_more(name, NAME_MIN), 2) <= room;
	for (size_t i = 0; i < ARRAY_SIZE(extras); i++) {
		const size_t width = extra_width(d, rows, extras[i]);

		if (used + width > room)
			break;
		used += width;
		ret_chosen[extras[i]] = true;
	}
	d->has_age = ret_chosen[COLUMN_AGE];
	d->spark_cells = SPARK_MIN + no_more(room > used ? room - used : 0, SPARK_MAX - SPARK_MIN);
}

static struct table_column column_of(enum top_column column, enum shape shape)
{
	struct table_column c = columns[column];

	if (column == COLUMN_CPU)
		c.title = shapes[shape].cpu_title;
	else if (column == COLUMN_MEMORY)
		c.title = shapes[shape].memory_title;
	else if (column == COLUMN_STORAGE)
		c.title = shapes[shape].storage_title;
	return c;
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

	choose(rows, layout->columns, chosen, &d);
	for (enum top_column i = 0; i < COLUMN_COUNT; i++)
		if (chosen[i])
			chosen_columns[column_count++] = column_of(i, d.shape);
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
