/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_ITEMS_H
#define WINALUX_SRC_PODMAN_ITEMS_H

#include "client.h"
#include "decode.h"

/*
 * Takes a JSON array apart into its elements while it arrives, so that a list of 600 containers
 * is never in memory as a whole, neither as text nor as a tree.
 *
 * An item_fn reads the element that the text begins with and returns where it ends; NULL, and
 * nothing kept of it, when it is not JSON or not all there. Most elements arrive in one piece and
 * are read where they lie, without a search for their end.
 */
typedef const char *(*item_fn)(struct json_span item, void *context);

struct items {
	struct buf text; /* of the element that is coming */
	unsigned depth;  /* of brackets; 1 is inside of the array */
	bool is_in_string;
	bool is_escaped;
	bool is_whole; /* the array has ended */
	bool is_bad;
	bool is_read;  /* the element has been read by whole */
	item_fn whole; /* NULL: every element goes through the callback of items_feed */
	void *context; /* of whole */
};

/* A zeroed struct with text initialised is ready. */
typedef bool (*items_fn)(const char *text, size_t len, void *context);
/* False when the bytes are no array, or the callback says so. */
bool items_feed(struct items *s, const char *data, size_t len, items_fn fn, void *context);

/*
 * A list that is filled: what its structs are, and where its members items, count and cap stand.
 */
struct item_list {
	const struct decode_field *fields;
	size_t size; /* of a struct */
	void (*release)(void *item);
	void *items; /* the address of the member, as xgrow wants it */
	size_t *count;
	size_t *cap;
};
/* Calls and adds each element of the array in the answer ("null" is an empty one). */
int podman_call_items(struct podman *podman, struct request *rq, const struct item_list *list,
		      struct error *err);

#endif
