/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_SCHEMA_H
#define WINALUX_INVENTORY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct diagnostics;
struct json;
struct yaml_node;

/*
 * One engine for all our YAML files. A mapping is described by a table of fields; each field has a
 * type, which knows how to read a node into the struct, what to say a right value is, and its JSON
 * Schema. From one table come reading with defaults, the messages for unknown, missing and wrong
 * keys, the JSON Schema and the table of keys in the manual.
 *
 * Readers return false after they reported something; they go on as far as they can, so that all
 * problems show in one run. What they stored until then is in the object and is released with it.
 */
struct schema_reader {
	const char *file;
	struct diagnostics *diags;
	/* Another program's file: unknown keys are its own (warnings), templates are not evaluated.
	 */
	bool is_foreign;
	/* A mapping of defaults: nothing is required, and SCHEMA_OWN keys are out of place. */
	bool is_defaults;
};

struct schema_field;

struct schema_type {
	/* What a right value is: "a number from 0.1 to 1024". */
	void (*expect)(const struct schema_field *f, struct buf *b);
	bool (*read)(const struct schema_reader *r, const struct schema_field *f,
		     const struct yaml_node *node, void *object);
	void (*describe)(const struct schema_field *f, struct json *object);
};

enum schema_flags {
	SCHEMA_REQUIRED = 1 << 0,
	SCHEMA_OWN = 1 << 1,    /* never from defaults */
	SCHEMA_OR_ONE = 1 << 2, /* a list that may be one plain value */
};

struct schema_field {
	const char *key;
	const struct schema_type *type;
	size_t offset; /* of the member in the object */
	unsigned flags;
	uint64_t min, max;  /* value, thousandths, bytes or items, as the type says; max 0: none */
	const void *detail; /* what the type needs besides: shape, names, schema of the items */
	const char *excludes; /* another key that means the same and may not stand beside it */
	const char
		*fallback; /* default as text, read like a value; NULL: the member stays zeroed */
	const char *doc;   /* one sentence without the full stop */
};

struct schema {
	const char *noun;                  /* "a workspace" */
	const struct schema_field *fields; /* ends with a NULL key */
};

/*
 * Reads a mapping into object, which is zeroed. A key that is missing is taken from defaults (a
 * mapping or NULL): scalars, lists and mappings are replaced as a whole. An empty value ("key:")
 * means the built-in default.
 */
bool schema_read(const struct schema_reader *r, const struct schema *s,
		 const struct yaml_node *node, const struct yaml_node *defaults, void *object);

/* The value that schema_read would read, for messages later on; NULL when there is none. */
const struct yaml_node *schema_value(const struct yaml_node *node, const struct yaml_node *defaults,
				     const char *key);

/* "'key' must be <expected>, not <what stands there>". Returns false. */
bool schema_refuse(const struct schema_reader *r, const struct schema_field *f,
		   const struct yaml_node *node);
/* The same for an element of a list, and with a reason behind it. */
bool schema_refuse_item(const struct schema_reader *r, const struct schema_field *f,
			const struct yaml_node *node, const char *expected);

/* Is count, of the items at node, between min and max? Reports it if not. */
bool schema_count_fits(const struct schema_reader *r, const struct schema_field *f,
		       const struct yaml_node *node, size_t count);

/* The member of a field. */
void *schema_member(const struct schema_field *f, void *object);

/* A node in a message: 'text', shortened, or "a list", "a mapping", "nothing". The caller frees it.
 */
char *schema_show(const struct yaml_node *node);

/* Adds type, properties, required and additionalProperties. */
void schema_describe(const struct schema *s, bool is_defaults, struct json *object);
/* The rows of the table of keys: mdoc list items or lines of a Markdown table. */
void schema_add_docs(const struct schema *s, bool is_markdown, struct buf *b);

#endif
