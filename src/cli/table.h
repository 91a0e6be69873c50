/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_TABLE_H
#define WINALUX_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Rows of cells under titles, for people: UTF-8 aware, two blanks between columns. */
struct table_column {
	const char *title;
	bool is_right;   /* numbers */
	bool can_shrink; /* cut with "…" where the terminal is too narrow */
};

enum table_color { TABLE_PLAIN, TABLE_GREEN, TABLE_YELLOW, TABLE_RED, TABLE_DIM };

struct table_cell {
	char *text;
	enum table_color color;
	bool is_rest; /* takes the place of all that follow in its row */
};

struct table {
	const struct table_column *columns; /* borrowed */
	size_t column_count;
	struct table_cell *cells; /* row by row */
	size_t cell_count;
	size_t cell_cap;
};

void table_init(struct table *t, const struct table_column *columns, size_t column_count);
void table_release(struct table *t);

/* The next cell, left to right. Control characters are escaped; NULL is "-". */
void table_add(struct table *t, const char *text);
void table_add_colored(struct table *t, enum table_color color, const char *text);
void table_addf(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One cell in place of all that are left in the row: it makes no column wider. */
void table_add_rest(struct table *t, enum table_color color, const char *text);

/* width 0: as wide as it takes. */
void table_render(const struct table *t, struct buf *b, int width, bool has_color);
/* On stdout, within the width of the terminal if it is one. */
void table_print(const struct table *t, bool has_color);

/* The escape sequence of a colour, "" for TABLE_PLAIN. */
const char *table_color_code(enum table_color color);

/*
 * Adds text to b cut to width columns, the last of them "…" where something is missing. Returns the
 * columns used.
 */
size_t text_add_cut(struct buf *b, const char *text, size_t width);

#endif
