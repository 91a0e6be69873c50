/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_EDIT_H
#define WINALUX_INVENTORY_EDIT_H

#include <stddef.h>

struct buf;
struct error;
struct strv;

/*
 * Adds stacks to a workspace in the text of an inventory: comments and layout stay, only the list
 * of its 'stacks' changes, or a line is added behind its name. Where defaults have stacks and the
 * workspace has none, it gets these as well, since a list of its own takes their place. ret is
 * initialised here, on success only. ERROR_NOT_FOUND: no such workspace; ERROR_INVENTORY: the text
 * is not understood, or written in a way that only a person should change.
 */
int inventory_add_stacks(const char *text, size_t len, const char *file, const char *workspace,
			 const struct strv *stacks, struct buf *ret, struct error *err);

#endif
