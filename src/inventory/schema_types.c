/* SPDX-License-Identifier: MIT */
#include "schema_types.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"
#include "winalux/base/utf8.h"
#include "winalux/format/json.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"

#include "requirement.h"

enum { TEXT_MAX = 4096, ENVIRONMENT_MAX = 32768, PHRASE_MAX = 1024 };

const struct text_shape shape_package = { "a-z0-9", "a-z0-9+.:=~-", "a Debian package name" };
const struct text_shape shape_user = { "a-z_", "a-z0-9_-", "a user name" };
const struct text_shape shape_image = { "a-zA-Z0-9", "a-zA-Z0-9._/:@-", "an image reference" };
const struct text_shape shape_path = { "/", "a-zA-Z0-9._/@+-", "an absolute path" };
static const struct text_shape shape_variable = { "a-zA-Z_", "a-zA-Z0-9_", "a variable name" };

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

bool shape_fits(const struct text_shape *shape, const char *text, size_t max)
{
	if (!*text || !set_has(shape->first, *text))
		return false;
	size_t len = 1;
	while (text[len] && len <= max) {
		if (!set_has(shape->rest, text[len]))
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
	return f->max ? f->max : TEXT_MAX;
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

static void describe_shape(const struct text_shape *shape, size_t max, struct json *object)
{
	DEFER(freep) char *pattern = NULL;

	if (!shape) {
		json_add_text(object, "type", "string");
		return;
	}
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

static bool text_fits(const struct text_shape *shape, const struct yaml_node *node, size_t max)
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

/* --- lists of texts --- */

/* Calls add for each element of a list, or for the one scalar where the field allows that. */
struct list_walk {
	const struct schema_reader *r;
	const struct schema_field *f;
	void *object;
	bool (*read_item)(const struct list_walk *w, const struct yaml_node *item);
};

static bool walk_list(const struct list_walk *w, const struct yaml_node *node)
{
	bool is_ok = true;

	if (node->kind == YAML_SCALAR && (w->f->flags & SCHEMA_OR_ONE))
		return w->read_item(w, node);
	if (node->kind != YAML_SEQUENCE)
		return schema_refuse(w->r, w->f, node);
	if (!schema_count_fits(w->r, w->f, node, node->count))
		return false;
	for (size_t i = 0; i < node->count; i++)
		is_ok = w->read_item(w, node->items[i]) && is_ok;
	return is_ok;
}

static void strings_expect(const struct schema_field *f, struct buf *b)
{
	const struct text_shape *shape = f->detail;

	buf_addf(b, "a list, each item %s", shape ? shape->expected : "a line of text");
	buf_addf(b, "%s", f->flags & SCHEMA_OR_ONE ? ", or one alone" : "");
	if (f->min || f->max)
		buf_addf(b, " (%ju to %ju)", (uintmax_t)f->min, (uintmax_t)f->max);
}

static bool strings_read_item(const struct list_walk *w, const struct yaml_node *item)
{
	const struct text_shape *shape = w->f->detail;

	if (!text_fits(shape, item, TEXT_MAX))
		return schema_refuse_item(w->r, w->f, item,
					  shape ? shape->expected : "a line of text");
	strv_add(schema_member(w->f, w->object), item->text);
	return true;
}

static bool strings_read(const struct schema_reader *r, const struct schema_field *f,
			 const struct yaml_node *node, void *object)
{
	return walk_list(&(struct list_walk){ r, f, object, strings_read_item }, node);
}

static void strings_describe(const struct schema_field *f, struct json *object)
{
	describe_shape(f->detail, TEXT_MAX, describe_array(f, object));
}

const struct schema_type schema_strings = { strings_expect, strings_read, strings_describe };

/* --- environment --- */

static void environment_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "a mapping of names to values or a list of NAME=VALUE");
}

static bool has_variable(const struct strv *v, const char *name, size_t len)
{
	for (size_t i = 0; i < v->count; i++) {
		if (strncmp(v->items[i], name, len) == 0 && v->items[i][len] == '=')
			return true;
	}
	return false;
}

/* name is the part of text before the "="; at is where it stands in the file. */
static bool add_variable(const struct list_walk *w, const struct yaml_node *at, const char *name,
			 const char *value)
{
	struct strv *variables = schema_member(w->f, w->object);
	const char *reason = NULL;

	if (!shape_fits(&shape_variable, name, 255))
		reason = "its name must be letters, digits and '_', not a digit first";
	else if (!text_is_printable(value) || strlen(value) > ENVIRONMENT_MAX)
		reason = "its value must be one line without control characters, below 32 KiB";
	else if (has_variable(variables, name, strlen(name)))
		reason = "it is given twice; keep one of them";
	if (reason) {
		diagnostics_error(w->r->diags, w->r->file, at, "'%s' has the variable '%.40s': %s",
				  w->f->key, name, reason);
		return false;
	}
	strv_addf(variables, "%s=%s", name, value);
	return true;
}

static bool environment_read_item(const struct list_walk *w, const struct yaml_node *item)
{
	const char *equals = item->kind == YAML_SCALAR ? strchr(item->text, '=') : NULL;

	if (!equals)
		return schema_refuse_item(w->r, w->f, item, "NAME=VALUE");
	DEFER(freep) char *name = xstrndup(item->text, (size_t)(equals - item->text));
	return add_variable(w, item, name, equals + 1);
}

static bool environment_read_pair(const struct list_walk *w, const struct yaml_node *key,
				  const struct yaml_node *value)
{
	if (value->kind != YAML_SCALAR && value->kind != YAML_NULL)
		return schema_refuse_item(w->r, w->f, value, "a text");
	return add_variable(w, key, key->text, value->kind == YAML_SCALAR ? value->text : "");
}

static bool environment_read(const struct schema_reader *r, const struct schema_field *f,
			     const struct yaml_node *node, void *object)
{
	struct list_walk w = { r, f, object, environment_read_item };
	bool is_ok = true;

	if (node->kind != YAML_MAPPING)
		return walk_list(&w, node);
	if (!schema_count_fits(r, f, node, node->count))
		return false;
	for (size_t i = 0; i < node->count; i++)
		is_ok = environment_read_pair(&w, node->keys[i], node->items[i]) && is_ok;
	return is_ok;
}

static void environment_describe(const struct schema_field *f, struct json *object)
{
	static const char value_types[] = "[\"string\",\"number\",\"boolean\",\"null\"]";
	struct json *choices = json_add_array(object, "oneOf"), *types;
	struct json *mapping = json_append_object(choices);

	(void)f;
	json_add_text(mapping, "type", "object");
	json_add_text(json_add_object(mapping, "propertyNames"), "pattern",
		      "^[a-zA-Z_][a-zA-Z0-9_]*$");
	struct json *values = json_add_object(mapping, "additionalProperties");
	if (json_parse(value_types, sizeof(value_types) - 1, &types, NULL) == 0)
		json_add(values, "type", types);
	struct json *list = json_append_object(choices);
	json_add_text(list, "type", "array");
	describe_pattern(json_add_object(list, "items"), "^[a-zA-Z_][a-zA-Z0-9_]*=");
}

const struct schema_type schema_environment = { environment_expect, environment_read,
						environment_describe };

/* --- requirements --- */

static void requirements_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b,
		    "a list of PyPI requirements such as 'celery[redis]>=5', or one text of them "
		    "with blanks between");
}

static bool add_requirement(const struct list_walk *w, const struct yaml_node *at, const char *text)
{
	if (requirement_is_valid(text)) {
		strv_add(schema_member(w->f, w->object), text);
		return true;
	}
	diagnostics_error(
		w->r->diags, w->r->file, at,
		"'%s' has '%.*s', which is no requirement; write a package name with "
		"optional [extras] and version, such as 'celery[redis]>=5', without blanks "
		"in a text and without options, URLs and markers",
		w->f->key, (int)utf8_cut(text, strlen(text) < 40 ? strlen(text) : 40), text);
	return false;
}

static bool requirements_read_item(const struct list_walk *w, const struct yaml_node *item)
{
	if (item->kind != YAML_SCALAR)
		return schema_refuse_item(w->r, w->f, item, "a PyPI requirement");
	return add_requirement(w, item, item->text);
}

static bool requirements_read(const struct schema_reader *r, const struct schema_field *f,
			      const struct yaml_node *node, void *object)
{
	struct list_walk w = { r, f, object, requirements_read_item };
	DEFER(strv_release) struct strv words = { 0 };
	bool is_ok = true;

	if (node->kind != YAML_SCALAR)
		return walk_list(&w, node);
	strv_add_split(&words, node->text, " \t\r\n");
	if (!schema_count_fits(r, f, node, words.count))
		return false;
	for (size_t i = 0; i < words.count; i++)
		is_ok = add_requirement(&w, node, words.items[i]) && is_ok;
	return is_ok;
}

static void requirements_describe(const struct schema_field *f, struct json *object)
{
	struct json *choices = json_add_array(object, "oneOf");
	struct json *list = json_append_object(choices);

	describe_pattern(describe_array(f, list), REQUIREMENT_PATTERN);
	json_add_text(json_append_object(choices), "type", "string");
}

const struct schema_type schema_requirements = { requirements_expect, requirements_read,
						 requirements_describe };

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
