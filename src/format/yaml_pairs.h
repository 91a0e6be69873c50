/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_YAML_PAIRS_H
#define WINALUX_FORMAT_YAML_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

struct yaml_node;

/* A key and value on their way into a mapping. */
struct yaml_pair {
	struct yaml_node *key;
	struct yaml_node *value;
	size_t order; /* position of appearance; merged ones come after own ones */
	bool is_merged;
};

struct yaml_pairs {
	struct yaml_pair *items;
	size_t count, cap;
};

void yaml_pairs_release(struct yaml_pairs *pairs);
void yaml_pairs_add(struct yaml_pairs *pairs, struct yaml_node *key, struct yaml_node *value,
		    bool is_merged);

/*
 * Leaves one pair for each key, in the order of their appearance: own pairs win over merged ones,
 * earlier merged ones over later. A key that is given twice ends it: true, with both its nodes.
 */
bool yaml_pairs_find_duplicate(struct yaml_pairs *pairs, const struct yaml_node **ret_first,
			       const struct yaml_node **ret_second);

#endif
