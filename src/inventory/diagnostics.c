/* SPDX-License-Identifier: MIT */
/*
 * A value that stands once may be read many times (defaults are merged into every workspace), so
 * the same text at the same place is kept once. When the list is full, a warning makes room for an
 * error.
 */
#include "winalux/inventory/diagnostics.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/format/yaml.h"

enum { DIAGNOSTICS_MAX = 100 };

void diagnostics_release(struct diagnostics *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->items[i].text);
	free(d->items);
	*d = (struct diagnostics){ 0 };
}

static bool is_before(const struct diagnostic *a, const struct diagnostic *b)
{
	return a->line < b->line || (a->line == b->line && a->column < b->column);
}

/* Insertion keeps what was found first in front; the list is short. */
void diagnostics_sort(struct diagnostics *d)
{
	for (size_t i = 1; i < d->count; i++) {
		struct diagnostic moving = d->items[i];
		size_t at = i;

		for (; at > 0 && is_before(&moving, &d->items[at - 1]); at--)
			d->items[at] = d->items[at - 1];
		d->items[at] = moving;
	}
}

static bool is_known(const struct diagnostics *d, const struct diagnostic *item)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct diagnostic *known = &d->items[i];

		if (known->line == item->line && known->column == item->column &&
		    strcmp(known->text, item->text) == 0)
			return true;
	}
	return false;
}

/* Takes the last warning out of a full list; false when there is none. */
static bool drop_warning(struct diagnostics *d)
{
	size_t at = d->count;

	while (at > 0 && !d->items[at - 1].is_warning)
		at--;
	if (at == 0)
		return false;
	free(d->items[at - 1].text);
	memmove(&d->items[at - 1], &d->items[at], (d->count - at) * sizeof(d->items[0]));
	d->count--;
	return true;
}

/* Takes item.text. */
static void keep(struct diagnostics *d, struct diagnostic item)
{
	if (is_known(d, &item)) {
		free(item.text);
		return;
	}
	if (!item.is_warning)
		d->error_count++;
	if (d->count >= DIAGNOSTICS_MAX) {
		d->dropped_count++;
		if (item.is_warning || !drop_warning(d)) {
			free(item.text);
			return;
		}
	}
	struct diagnostic *place = xgrow(&d->items, &d->cap, d->count, sizeof(d->items[0]));
	*place = item;
	d->count++;
}

static struct diagnostic __attribute__((format(printf, 3, 0)))
make(const char *file, const struct yaml_node *node, const char *fmt, va_list ap)
{
	DEFER(freep) char *raw = xvasprintf(fmt, ap);
	struct diagnostic item = { .line = node ? node->line : 0,
				   .column = node ? node->column : 0 };
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	buf_add_printable(&text, file, strlen(file), false);
	if (node)
		buf_addf(&text, ":%u:%u", node->line, node->column);
	buf_add_str(&text, ": ");
	buf_add_printable(&text, raw, strlen(raw), false);
	item.text = buf_take(&text);
	return item;
}

void diagnostics_error(struct diagnostics *d, const char *file, const struct yaml_node *node,
		       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(d, make(file, node, fmt, ap));
	va_end(ap);
}

void diagnostics_warning(struct diagnostics *d, const char *file, const struct yaml_node *node,
			 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct diagnostic item = make(file, node, fmt, ap);
	va_end(ap);
	item.is_warning = true;
	keep(d, item);
}
