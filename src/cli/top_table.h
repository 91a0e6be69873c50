/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_TOP_TABLE_H
#define WINALUX_CLI_TOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "figures.h"

struct buf;
struct strv;

enum top_sort { TOP_BY_CPU, TOP_BY_MEMORY, TOP_BY_STORAGE, TOP_BY_NAME, TOP_SORT_COUNT };
const char *top_sort_name(enum top_sort sort); /* "cpu" */
bool top_sort_parse(const char *text, enum top_sort *ret);

struct top_row {
	const struct workspace_facts *w; /* borrowed, as all here */
	const struct metrics *m;         /* NULL: none */
	const char *reason;              /* why there is none */
	bool is_stale;                   /* nobody renews them */
};

/* The workspaces that names choose, the largest first; those without figures come last. */
struct top_rows {
	struct top_row *items;
	size_t count;
};
void top_rows_init(struct top_rows *ret, const struct look *look, const struct strv *names,
		   enum top_sort sort);
void top_rows_release(struct top_rows *rows);

/* How it is drawn. */
struct top_layout {
	int columns; /* of the terminal; 0: as wide as it takes */
	bool is_utf8;
	bool has_color;
};

/* The titles, and rows from first on, count at most. */
void top_render(struct buf *b, const struct telemetry *t, const struct top_rows *rows, size_t first,
		size_t count, const struct top_layout *layout);

#endif
