/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_DIAGNOSTICS_H
#define WINALUX_INVENTORY_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>

struct yaml_node;

/*
 * What a reader of files found: all of it in one run, in the order of the file. Each text is one
 * line "file:line:column: what is wrong; what would be right". At most 100 are kept, the rest is
 * counted.
 */
struct diagnostic {
	bool is_warning;
	unsigned line;
	unsigned column;
	char *text;
};

struct diagnostics {
	struct diagnostic *items;
	size_t count;
	size_t cap;
	size_t error_count; /* of all, also the ones not kept */
	size_t dropped_count;
};

void diagnostics_release(struct diagnostics *d);
void diagnostics_sort(struct diagnostics *d); /* by line, then column */
/* node may be NULL (no position: "file: text"). */
void diagnostics_error(struct diagnostics *d, const char *file, const struct yaml_node *node,
		       const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void diagnostics_warning(struct diagnostics *d, const char *file, const struct yaml_node *node,
			 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
