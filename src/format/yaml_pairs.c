/* SPDX-License-Identifier: MIT */
#include "yaml_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/format/yaml.h"

void yaml_pairs_release(struct yaml_pairs *pairs)
{
	free(pairs->items);
}

void yaml_pairs_add(struct yaml_pairs *pairs, struct yaml_node *key, struct yaml_node *value,
		    bool is_merged)
{
	struct yaml_pair *pair = xgrow(&pairs->items, &pairs->cap, pairs->count, sizeof(*pair));

	*pair = (struct yaml_pair){ key, value, pairs->count, is_merged };
	pairs->count++;
}

static int compare_keys(const void *a, const void *b)
{
	const struct yaml_pair *x = a, *y = b;
	int by_text = strcmp(x->key->text, y->key->text);

	return by_text ? by_text : (x->order > y->order) - (x->order < y->order);
}

static int compare_order(const void *a, const void *b)
{
	const struct yaml_pair *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

bool yaml_pairs_find_duplicate(struct yaml_pairs *pairs, const struct yaml_node **ret_first,
			       const struct yaml_node **ret_second)
{
	struct yaml_pair *items = pairs->items;
	size_t kept = 0;

	if (pairs->count == 0)
		return false;
	qsort(items, pairs->count, sizeof(*items), compare_keys);
	for (size_t i = 0; i < pairs->count; i++) {
		const struct yaml_pair *last = kept > 0 ? &items[kept - 1] : NULL;

		if (!last || strcmp(last->key->text, items[i].key->text) != 0) {
			items[kept++] = items[i];
		} else if (!items[i].is_merged) {
			*ret_first = last->key;
			*ret_second = items[i].key;
			return true;
		}
	}
	pairs->count = kept;
	qsort(items, kept, sizeof(*items), compare_order);
	return false;
}
