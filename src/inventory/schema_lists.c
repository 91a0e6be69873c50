/* SPDX-License-Identifier: MIT */
/* Types whose value is a list of texts: plain ones, variables of an environment, requirements. */
#include "schema_types.h"

#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/utf8.h"
#include "winalux/format/json.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"

#include "requirement.h"

enum { ENVIRONMENT_MAX = 32768 };

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

	if (!text_fits(shape, item, SCHEMA_TEXT_MAX))
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
	describe_shape(f->detail, SCHEMA_TEXT_MAX, describe_array(f, object));
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

static const struct text_shape *names_of(const struct schema_field *f)
{
	return f->detail ? f->detail : &shape_variable;
}

/* name is the part of text before the "="; at is where it stands in the file. */
static bool add_variable(const struct list_walk *w, const struct yaml_node *at, const char *name,
			 const char *value)
{
	struct strv *variables = schema_member(w->f, w->object);
	const char *reason = NULL;

	if (!shape_fits(names_of(w->f), name, 255))
		reason = w->f->detail ? "its name must be letters, digits, '_', '.' and '-', a "
					"letter first"
				      : "its name must be letters, digits and '_', not a digit "
					"first";
	else if (!text_is_printable(value) || strlen(value) > ENVIRONMENT_MAX)
		reason = "its value must be one line without control characters, below 32 KiB";
	else if (has_variable(variables, name, strlen(name)))
		reason = "it is given twice; keep one of them";
	if (reason) {
		diagnostics_error(w->r->diags, w->r->file, at, "'%s' has the %s '%.40s': %s",
				  w->f->key, w->f->detail ? "setting" : "variable", name, reason);
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
	DEFER(freep)
	char *name = xasprintf("^[%s][%s]*", names_of(f)->first, names_of(f)->rest);
	DEFER(freep) char *whole = xasprintf("%s$", name);
	DEFER(freep) char *pair = xasprintf("%s=", name);

	json_add_text(mapping, "type", "object");
	json_add_text(json_add_object(mapping, "propertyNames"), "pattern", whole);
	struct json *values = json_add_object(mapping, "additionalProperties");
	if (json_parse(value_types, sizeof(value_types) - 1, &types, NULL) == 0)
		json_add(values, "type", types);
	struct json *list = json_append_object(choices);
	json_add_text(list, "type", "array");
	describe_pattern(json_add_object(list, "items"), pair);
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
