/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_SCHEMA_TYPES_H
#define WINALUX_INVENTORY_SCHEMA_TYPES_H

#include "schema.h"

struct strv;

/*
 * Texts of a shape: one character of first, then characters of rest. Sets are written as in a
 * regular expression ("a-z0-9_-", the "-" last), so that code and JSON Schema have one source.
 */
struct text_shape {
	const char *first;
	const char *rest;
	const char *expected; /* "a Debian package name" */
	const char *joints;   /* of rest: none follows another, nor ends the text; or NULL */
};
extern const struct text_shape shape_package, shape_user, shape_image, shape_path, shape_stack,
	shape_variable, shape_setting;
/* Also a part of an image's name (image/reference.h). */
extern const struct text_shape shape_version;
enum { VERSION_MAX = 40 };

/* Does text have this shape and at most max bytes? */
bool shape_fits(const struct text_shape *shape, const char *text, size_t max);

/* The member is named behind each; min and max are in its unit. */
extern const struct schema_type schema_text;    /* char *: bytes; detail: shape or NULL */
extern const struct schema_type schema_boolean; /* bool */
extern const struct schema_type schema_integer; /* uint32_t */
extern const struct schema_type schema_port;    /* uint16_t */
extern const struct schema_type schema_milli;   /* uint32_t: thousandths */
extern const struct schema_type schema_mib; /* uint32_t: read as GiB with a fraction; thousandths */
extern const struct schema_type schema_names; /* unsigned (an enum); detail: struct schema_names */
extern const struct schema_type schema_strings; /* struct strv; detail: shape or NULL */
/* struct strv of "K=V"; detail: shape of the names or NULL for those of variables */
extern const struct schema_type schema_environment;
extern const struct schema_type
	schema_requirements;                    /* struct strv of PEP 508 name, extras, version */
extern const struct schema_type schema_version; /* nothing: the file's "version: 1" */
extern const struct schema_type
	schema_mapping;                      /* const struct yaml_node *; detail: struct schema */
extern const struct schema_type schema_list; /* const struct yaml_node *; detail: struct schema */

/* Words of an enum, in its order. */
struct schema_names {
	const char *(*name)(unsigned value);
	unsigned count;
};

enum { SCHEMA_TEXT_MAX = 4096 }; /* bytes of a text whose field names no maximum */

/* Helpers of types elsewhere. */
/* Is node a scalar of this shape, or printable where shape is NULL, of at most max bytes? */
bool text_fits(const struct text_shape *shape, const struct yaml_node *node, size_t max);
void describe_shape(const struct text_shape *shape, size_t max, struct json *object);
bool text_is_printable(const char *text); /* UTF-8 without control characters */
/* A whole number without sign and leading zeros. */
bool number_parse(const struct yaml_node *node, uint64_t min, uint64_t max, uint64_t *ret);
void describe_pattern(struct json *object, const char *pattern);
void describe_range(struct json *object, uint64_t min, uint64_t max);
/* {"type": "array", "items": {…}}; returns items. */
struct json *describe_array(const struct schema_field *f, struct json *object);

#endif
