/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_CHECK_H
#define WINALUX_INVENTORY_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct diagnostics;
struct inventory;
struct profiles;
struct yaml_node;

/*
 * What is checked after reading: names and ports against each other, profiles and sidecars against
 * what there is. The n-th workspace is the n-th item of list; items without a name could not be
 * read.
 */
struct check {
	const char *file;
	struct diagnostics *diags;
	const struct profiles *profiles; /* NULL: nothing is known of profiles and sidecars */
	struct inventory *inventory;
	const struct yaml_node *list;
	const struct yaml_node *defaults; /* or NULL */
};

/* The value of a key of the n-th workspace, from its item or the defaults; else its item. */
const struct yaml_node *check_node(const struct check *c, size_t index, const char *key);

void check_workspaces(const struct check *c); /* names, keys, profile, sidecars */
void check_ports(const struct check *c);      /* ports of all workspaces against each other */

#endif
