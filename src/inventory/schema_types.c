/* SPDX-License-Identifier: MIT */
#include "schema_types.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/utf8.h"
#include "winalux/format/json.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"

const struct text_shape shape_package = { "a-z0-9", "a-z0-9+.:=~-", "a Debian package name", NULL };
const struct text_shape shape_user = { "a-z_", "a-z0-9_-", "a user name", NULL };
const struct text_shape shape_image = { "a-zA-Z0-9", "a-zA-Z0-9._/:@-", "an image reference",
					NULL };
const struct text_shape shape_path = { "/", "a-zA-Z0-9._/@+-", "an absolute path", NULL };
const struct text_shape shape_stack = { "a-z", "a-z0-9",
					"a stack's name of small letters and digits", NULL };
const struct text_shape shape_version = { "0-9", "0-9a-z.-", "a version such as 1.9.1", ".-" };
const struct text_shape shape_setting = { "a-zA-Z", "a-zA-Z0-9_.-", "the name of a setting", NULL };
const struct text_shape shape_variable = { "a-zA-Z_", "a-zA-Z0-9_", "a variable name", NULL };

/* --- helpers --- */

static bool set_has(const char *set, char c)
{
	for (; *set; set++) {
		if (set[1] == '-' && set[2]) {
			if (c >= set[0] && c <= set[2])
				return true;
			set += 2;
		} else if (c == *set) {
			return true;
		}
	}
	return false;
}

static bool ends_badly(const struct text_shape *shape, const char *text)
{
	return shape->joints && strchr(shape->joints, *text) &&
	       (!text[1] || strchr(shape->joints, text[1]));
}

bool shape_fits(const struct text_shape *shape, const char *text, size_t max)
{
	if (!*text || !set_has(shape->first, *text))
		return false;
	size_t len = 1;
	while (text[len] && len <= max) {
		if (!set_has(shape->rest, text[len]) || ends_badly(shape, text + len))
			return false;
		len++;
	}
	return len <= max;
}

bool text_is_printable(const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	}
	return utf8_is_valid(text, strlen(text));
}

bool number_parse(const struct yaml_node *node, uint64_t min, uint64_t max, uint64_t *ret)
{
	if (node->kind != YAML_SCALAR || (node->text[0] == '0' && node->text[1]))
		return false;
	return parse_whole_u64(node->text, min, max, ret);
}

static size_t max_of(const struct schema_field *f)
{
	return f->max ? f->max : SCHEMA_TEXT_MAX;
}

static void set_text(const struct schema_field *f, void *object, const char *text)
{
	char **member = schema_member(f, object);

	free(*member);
	*member = xstrdup(text);
}

void describe_pattern(struct json *object, const char *pattern)
{
	json_add_text(object, "type", "string");
	json_add_text(object, "pattern", pattern);
}

void describe_range(struct json *object, uint64_t min, uint64_t max)
{
	json_add_text(object, "type", "integer");
	json_add_int(object, "minimum", (int64_t)min);
	json_add_int(object, "maximum", (int64_t)max);
}

struct json *describe_array(const struct schema_field *f, struct json *object)
{
	json_add_text(object, "type", "array");
	if (f->min)
		json_add_int(object, "minItems", (int64_t)f->min);
	if (f->max)
		json_add_int(object, "maxItems", (int64_t)f->max);
	return json_add_object(object, "items");
}

void describe_shape(const struct text_shape *shape, size_t max, struct json *object)
{
	DEFER(freep) char *pattern = NULL;

	if (!shape) {
		json_add_text(object, "type", "string");
		return;
	}
	if (shape->joints)
		pattern = xasprintf("^(?!.*[%s]([%s]|$))[%s][%s]{0,%zu}$", shape->joints,
				    shape->joints, shape->first, shape->rest, max - 1);
	else
		pattern = xasprintf("^[%s][%s]{0,%zu}$", shape->first, shape->rest, max - 1);
	describe_pattern(object, pattern);
}

/* --- text --- */

static void text_expect(const struct schema_field *f, struct buf *b)
{
	const struct text_shape *shape = f->detail;

	buf_addf(b, "%s of at most %zu bytes", shape ? shape->expected : "a line of text",
		 max_of(f));
	if (shape)
		buf_addf(b, " ([%s][%s]*)", shape->first, shape->rest);
}

bool text_fits(const struct text_shape *shape, const struct yaml_node *node, size_t max)
{
	if (node->kind != YAML_SCALAR || strlen(node->text) > max)
		return false;
	return shape ? shape_fits(shape, node->text, max) : text_is_printable(node->text);
}

static bool text_read(const struct schema_reader *r, const struct schema_field *f,
		      const struct yaml_node *node, void *object)
{
	if (!text_fits(f->detail, node, max_of(f)))
		return schema_refuse(r, f, node);
	set_text(f, object, node->text);
	return true;
}

static void text_describe(const struct schema_field *f, struct json *object)
{
	describe_shape(f->detail, max_of(f), object);
}

const struct schema_type schema_text = { text_expect, text_read, text_describe };

/* --- numbers --- */

static void integer_expect(const struct schema_field *f, struct buf *b)
{
	buf_addf(b, "a whole number from %ju to %ju", (uintmax_t)f->min, (uintmax_t)f->max);
}

static bool integer_read(const struct schema_reader *r, const struct schema_field *f,
			 const struct yaml_node *node, void *object)
{
	uint64_t value;

	if (!number_parse(node, f->min, f->max, &value))
		return schema_refuse(r, f, node);
	*(uint32_t *)schema_member(f, object) = (uint32_t)value;
	return true;
}

static void integer_describe(const struct schema_field *f, struct json *object)
{
	describe_range(object, f->min, f->max);
}

const struct schema_type schema_integer = { integer_expect, integer_read, integer_describe };

static bool port_read(const struct schema_reader *r, const struct schema_field *f,
		      const struct yaml_node *node, void *object)
{
	uint64_t value;

	if (!number_parse(node, f->min, f->max, &value))
		return schema_refuse(r, f, node);
	*(uint16_t *)schema_member(f, object) = (uint16_t)value;
	return true;
}

const struct schema_type schema_port = { integer_expect, port_read, integer_describe };

static void add_milli(struct buf *b, uint64_t milli)
{
	buf_addf(b, "%ju", (uintmax_t)(milli / 1000));
	milli %= 1000;
	if (milli)
		buf_add_char(b, '.');
	for (uint64_t place = 100; milli; place /= 10) {
		buf_addf(b, "%ju", (uintmax_t)(milli / place));
		milli %= place;
	}
}

static void milli_expect(const struct schema_field *f, struct buf *b)
{
	buf_add_str(b, "a number from ");
	add_milli(b, f->min);
	buf_add_str(b, " to ");
	add_milli(b, f->max);
}

static bool milli_parse(const struct schema_field *f, const struct yaml_node *node, uint64_t *ret)
{
	return node->kind == YAML_SCALAR && parse_milli(node->text, f->max, ret) && *ret >= f->min;
}

static bool milli_read(const struct schema_reader *r, const struct schema_field *f,
		       const struct yaml_node *node, void *object)
{
	uint64_t milli = 0;

	if (!milli_parse(f, node, &milli))
		return schema_refuse(r, f, node);
	*(uint32_t *)schema_member(f, object) = (uint32_t)milli;
	return true;
}

static bool mib_read(const struct schema_reader *r, const struct schema_field *f,
		     const struct yaml_node *node, void *object)
{
	uint64_t milli = 0;

	if (!milli_parse(f, node, &milli))
		return schema_refuse(r, f, node);
	*(uint32_t *)schema_member(f, object) = (uint32_t)((milli * 1024 + 500) / 1000);
	return true;
}

static void milli_describe(const struct schema_field *f, struct json *object)
{
	json_add_text(object, "type", "number");
	json_add_number(object, "minimum", (double)f->min / 1000);
	json_add_number(object, "maximum", (double)f->max / 1000);
}

const struct schema_type schema_milli = { milli_expect, milli_read, milli_describe };
const struct schema_type schema_mib = { milli_expect, mib_read, milli_describe };

/* --- yes or no --- */

static void boolean_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "true or false");
}

static bool boolean_read(const struct schema_reader *r, const struct schema_field *f,
			 const struct yaml_node *node, void *object)
{
	return yaml_as_bool(node, schema_member(f, object)) || schema_refuse(r, f, node);
}

static void boolean_describe(const struct schema_field *f, struct json *object)
{
	(void)f;
	json_add_text(object, "type", "boolean");
}

const struct schema_type schema_boolean = { boolean_expect, boolean_read, boolean_describe };

/* --- names of an enum --- */

static void names_expect(const struct schema_field *f, struct buf *b)
{
	const struct schema_names *names = f->detail;

	for (unsigned i = 0; i < names->count; i++) {
		if (i > 0)
			buf_add_str(b, i + 1 < names->count ? ", " : " or ");
		buf_addf(b, "'%s'", names->name(i));
	}
}

static bool names_read(const struct schema_reader *r, const struct schema_field *f,
		       const struct yaml_node *node, void *object)
{
	const struct schema_names *names = f->detail;

	for (unsigned i = 0; node->kind == YAML_SCALAR && i < names->count; i++) {
		if (strcmp(node->text, names->name(i)) == 0) {
			memcpy(schema_member(f, object), &i, sizeof(i));
			return true;
		}
	}
	return schema_refuse(r, f, node);
}

/* YAML 1.1 reads a plain off, on, yes or no as a boolean before a validator sees it. */
static void names_describe(const struct schema_field *f, struct json *object)
{
	const struct schema_names *names = f->detail;
	struct json *values = json_add_array(object, "enum");

	for (unsigned i = 0; i < names->count; i++) {
		json_append_text(values, names->name(i));
		if (strcmp(names->name(i), "off") == 0) {
			struct json *no;

			if (json_parse("false", 5, &no, NULL) == 0)
				json_append(values, no);
		}
	}
}

const struct schema_type schema_names = { names_expect, names_read, names_describe };

/* --- the frame of a file --- */

static void version_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "1 (this program knows no other version of the format)");
}

static bool version_read(const struct schema_reader *r, const struct schema_field *f,
			 const struct yaml_node *node, void *object)
{
	uint64_t version;

	(void)object;
	return number_parse(node, 1, 1, &version) || schema_refuse(r, f, node);
}

static void version_describe(const struct schema_field *f, struct json *object)
{
	(void)f;
	json_add_int(object, "const", 1);
}

const struct schema_type schema_version = { version_expect, version_read, version_describe };

static void keep_node(const struct schema_field *f, const struct yaml_node *node, void *object)
{
	*(const struct yaml_node **)schema_member(f, object) = node;
}

static void mapping_expect(const struct schema_field *f, struct buf *b)
{
	const struct schema *s = f->detail;

	buf_addf(b, "a mapping with keys of %s", s->noun);
}

static bool mapping_read(const struct schema_reader *r, const struct schema_field *f,
			 const struct yaml_node *node, void *object)
{
	if (node->kind != YAML_MAPPING)
		return schema_refuse(r, f, node);
	keep_node(f, node, object);
	return true;
}

static void mapping_describe(const struct schema_field *f, struct json *object)
{
	schema_describe(f->detail, true, object);
}

const struct schema_type schema_mapping = { mapping_expect, mapping_read, mapping_describe };

static void list_expect(const struct schema_field *f, struct buf *b)
{
	const struct schema *s = f->detail;

	buf_addf(b, "a list, each item %s", s->noun);
	if (f->max)
		buf_addf(b, " (%ju to %ju)", (uintmax_t)f->min, (uintmax_t)f->max);
}

static bool list_read(const struct schema_reader *r, const struct schema_field *f,
		      const struct yaml_node *node, void *object)
{
	if (node->kind != YAML_SEQUENCE)
		return schema_refuse(r, f, node);
	if (!schema_count_fits(r, f, node, node->count))
		return false;
	keep_node(f, node, object);
	return true;
}

static void list_describe(const struct schema_field *f, struct json *object)
{
	schema_describe(f->detail, false, describe_array(f, object));
}

const struct schema_type schema_list = { list_expect, list_read, list_describe };
