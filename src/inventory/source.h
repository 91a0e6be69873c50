/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_SOURCE_H
#define WINALUX_INVENTORY_SOURCE_H

#include <stddef.h>

struct buf;
struct diagnostics;
struct error;
struct yaml_document;

/*
 * Reads a file, a pipe or "-" (standard input) of at most INVENTORY_MAX_BYTES, and no more than
 * that is read. The caller releases *ret. ERROR_INVENTORY: cannot be read, a directory, larger.
 */
int source_read(const char *path, struct buf *ret, struct error *err);

/* yaml_parse, with a failure in diags too, at its place. */
int source_parse(const char *text, size_t len, const char *file, struct diagnostics *diags,
		 struct yaml_document **ret, struct error *err);

#endif
