/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_YAML_H
#define WINALUX_FORMAT_YAML_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/*
 * A YAML 1.1 document as a tree that remembers where each node stood (libyaml behind it).
 * Aliases share the anchored node; merge keys ("<<") are applied by yaml_parse. Limits stop bombs:
 * text size, nesting 64, 200,000 nodes counted through aliases, 1000 anchors. Duplicate keys, a
 * second document, tabs as indentation, bytes that are not UTF-8 and control characters are errors.
 */
enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line;            /* from 1 */
	unsigned column;          /* from 1 */
	bool is_quoted;           /* a scalar in quotes or a block: always a string */
	char *text;               /* scalar: NUL-terminated, has no NUL inside; else NULL */
	size_t count;             /* elements of a sequence, pairs of a mapping */
	struct yaml_node **keys;  /* mapping: scalars; else NULL */
	struct yaml_node **items; /* sequence elements or mapping values */
};

enum { YAML_MAX_BYTES = 4 << 20 };

struct yaml_document; /* owns the nodes */

/*
 * file_name is only for messages ("file:line:column: …", ERROR_INVENTORY). An empty document gives
 * a root of kind YAML_NULL. The caller frees *ret with yaml_document_free.
 */
int yaml_parse(const char *text, size_t len, const char *file_name, struct yaml_document **ret,
	       struct error *err);
void yaml_document_free(struct yaml_document *doc); /* libyaml itself exports a yaml_free */
void yaml_freep(struct yaml_document **doc);
const struct yaml_node *yaml_root(const struct yaml_document *doc);

/* Value of a key in a mapping, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/* A plain scalar as bool: true, yes, on and their opposites, as Yes and YES too; else false. */
bool yaml_as_bool(const struct yaml_node *node, bool *ret);

/* "mapping", "sequence", "string", "null": what a message calls this node. */
const char *yaml_kind_name(const struct yaml_node *node);

/*
 * Writing: a scalar as YAML needs it (plain where that is safe, else double-quoted). Adds to b.
 */
struct buf;
void yaml_add_scalar(struct buf *b, const char *text);

#endif
