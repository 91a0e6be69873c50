/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/term.h"
#include "winalux/base/utf8.h"

enum { GAP = 2, SHRINK_MIN = 8 };

static const char *const color_codes[] = {
	[TABLE_PLAIN] = "",       [TABLE_GREEN] = "\033[32m", [TABLE_YELLOW] = "\033[33m",
	[TABLE_RED] = "\033[31m", [TABLE_DIM] = "\033[2m",
};

const char *table_color_code(enum table_color color)
{
	return color_codes[color];
}

void table_init(struct table *t, const struct table_column *columns, size_t column_count)
{
	*t = (struct table){ .columns = columns, .column_count = column_count };
}

void table_release(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->cell_count; i++)
		free(t->cells[i].text);
	free(t->cells);
	*t = (struct table){ 0 };
}

void table_add_colored(struct table *t, enum table_color color, const char *text)
{
	struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	if (!text || !*text)
		text = "-";
	buf_add_printable(&b, text, strlen(text), false);
	struct table_cell *cell = xgrow(&t->cells, &t->cell_cap, t->cell_count, sizeof(*cell));
	*cell = (struct table_cell){ .text = buf_take(&b), .color = color };
	t->cell_count++;
}

void table_add(struct table *t, const char *text)
{
	table_add_colored(t, TABLE_PLAIN, text);
}

void table_addf(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	DEFER(freep) char *text = xvasprintf(fmt, ap);
	va_end(ap);
	table_add(t, text);
}

void table_add_rest(struct table *t, enum table_color color, const char *text)
{
	const size_t first = t->cell_count;

	table_add_colored(t, color, text);
	t->cells[first].is_rest = true;
	while (t->cell_count % t->column_count != 0)
		table_add(t, NULL);
}

size_t text_add_cut(struct buf *b, const char *text, size_t width)
{
	size_t left = strlen(text), columns = term_text_width(text);

	if (columns <= width) {
		buf_add_str(b, text);
		return columns;
	}
	columns = 0;
	while (left > 0) {
		uint32_t code;
		size_t used = utf8_decode(text, left, &code);
		size_t wide = used ? utf8_columns(code) : 1;

		if (columns + wide + 1 > width)
			break;
		used = used ? used : 1;
		buf_add(b, text, used);
		columns += wide;
		text += used;
		left -= used;
	}
	if (width == 0)
		return 0;
	buf_add_str(b, "…");
	return columns + 1;
}

static size_t natural_width(const struct table *t, size_t column)
{
	size_t width = term_text_width(t->columns[column].title);

	for (size_t i = column; i < t->cell_count; i += t->column_count) {
		size_t cell = t->cells[i].is_rest ? 0 : term_text_width(t->cells[i].text);
		width = cell > width ? cell : width;
	}
	return width;
}

/* Index of the widest column that may give way, or column_count. */
static size_t widest_shrinkable(const struct table *t, const size_t *widths)
{
	size_t best = t->column_count;

	for (size_t i = 0; i < t->column_count; i++) {
		if (!t->columns[i].can_shrink || widths[i] <= SHRINK_MIN)
			continue;
		if (best == t->column_count || widths[i] > widths[best])
			best = i;
	}
	return best;
}

static void fit(const struct table *t, size_t *widths, size_t limit)
{
	size_t total = GAP * (t->column_count - 1);

	for (size_t i = 0; i < t->column_count; i++)
		total += widths[i];
	for (; total > limit; total--) {
		size_t victim = widest_shrinkable(t, widths);
		if (victim == t->column_count)
			return;
		widths[victim]--;
	}
}

static void add_blanks(struct buf *b, size_t count)
{
	static const char blanks[] = "                                ";

	for (size_t more; count > 0; count -= more) {
		more = count < strlen(blanks) ? count : strlen(blanks);
		buf_add(b, blanks, more);
	}
}

static void add_cell(struct buf *b, const struct table_column *column, size_t width,
		     const struct table_cell *cell, bool has_color, bool is_last)
{
	const bool is_colored = has_color && cell->color != TABLE_PLAIN;
	const size_t wanted = column->is_right ? term_text_width(cell->text) : width;

	add_blanks(b, wanted < width ? width - wanted : 0);
	buf_add_str(b, is_colored ? color_codes[cell->color] : "");
	const size_t used = text_add_cut(b, cell->text, width);
	buf_add_str(b, is_colored ? "\033[0m" : "");
	if (is_last)
		buf_add_char(b, '\n');
	else
		add_blanks(b, GAP + (column->is_right ? 0 : width - used));
}

static void add_titles(const struct table *t, struct buf *b, const size_t *widths, bool has_color)
{
	for (size_t i = 0; i < t->column_count; i++) {
		DEFER(freep) char *title = xstrdup(t->columns[i].title);
		const struct table_cell cell = { .text = title, .color = TABLE_DIM };

		add_cell(b, &t->columns[i], widths[i], &cell, has_color, i + 1 == t->column_count);
	}
}

/* What a terminal has from a column on. */
static size_t rest_width(const size_t *widths, size_t column, int width)
{
	size_t before = 0;

	if (width == 0)
		return SIZE_MAX;
	for (size_t i = 0; i < column; i++)
		before += widths[i] + GAP;
	return before < (size_t)width ? (size_t)width - before : 0;
}

void table_render(const struct table *t, struct buf *b, int width, bool has_color)
{
	DEFER(freep) size_t *widths = xcalloc(t->column_count, sizeof(*widths));

	for (size_t i = 0; i < t->column_count; i++)
		widths[i] = natural_width(t, i);
	if (width > 0)
		fit(t, widths, (size_t)width);
	add_titles(t, b, widths, has_color);
	for (size_t i = 0; i < t->cell_count; i++) {
		const struct table_column left = { .title = "" };
		const struct table_cell *cell = &t->cells[i];
		size_t column = i % t->column_count;

		if (cell->is_rest) {
			add_cell(b, &left, rest_width(widths, column, width), cell, has_color,
				 true);
			i += t->column_count - column - 1;
			continue;
		}
		add_cell(b, &t->columns[column], widths[column], cell, has_color,
			 column + 1 == t->column_count);
	}
}

void table_print(const struct table *t, bool has_color)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	table_render(t, &b, term_is_terminal(STDOUT_FILENO) ? term_width(STDOUT_FILENO, 80) : 0,
		     has_color);
	fwrite(b.data, 1, b.len, stdout);
}
