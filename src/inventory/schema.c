/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"
#include "winalux/format/json.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"

#include "winalux/base/nearest.h"

enum { SHOWN_MAX = 48, PHRASE_MAX = 4096 };

void *schema_member(const struct schema_field *f, void *object)
{
	return (char *)object + f->offset;
}

char *schema_show(const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_NULL:
		return xstrdup("nothing");
	case YAML_SEQUENCE:
		return xstrdup("a list");
	case YAML_MAPPING:
		return xstrdup("a mapping");
	case YAML_SCALAR:
		break;
	}
	size_t len = strlen(node->text);
	if (len <= SHOWN_MAX)
		return xasprintf("'%s'", node->text);
	return xasprintf("'%.*s…'", (int)utf8_cut(node->text, SHOWN_MAX), node->text);
}

bool schema_refuse(const struct schema_reader *r, const struct schema_field *f,
		   const struct yaml_node *node)
{
	DEFER(freep) char *shown = schema_show(node);
	DEFER(buf_release) struct buf expected = { 0 };

	buf_init(&expected, PHRASE_MAX);
	f->type->expect(f, &expected);
	diagnostics_error(r->diags, r->file, node, "'%s' must be %s, not %s", f->key, expected.data,
			  shown);
	return false;
}

bool schema_refuse_item(const struct schema_reader *r, const struct schema_field *f,
			const struct yaml_node *node, const char *expected)
{
	DEFER(freep) char *shown = schema_show(node);

	diagnostics_error(r->diags, r->file, node, "an item of '%s' must be %s, not %s", f->key,
			  expected, shown);
	return false;
}

bool schema_count_fits(const struct schema_reader *r, const struct schema_field *f,
		       const struct yaml_node *node, size_t count)
{
	if (count >= f->min && (!f->max || count <= f->max))
		return true;
	diagnostics_error(r->diags, r->file, node, "'%s' has %zu items; it takes %ju to %ju",
			  f->key, count, (uintmax_t)f->min, (uintmax_t)f->max);
	return false;
}

/* --- reading --- */

static const struct schema_field *find_field(const struct schema *s, const char *key)
{
	for (const struct schema_field *f = s->fields; f->key; f++) {
		if (strcmp(f->key, key) == 0)
			return f;
	}
	return NULL;
}

static char *all_keys(const struct schema *s)
{
	struct buf b;

	buf_init(&b, PHRASE_MAX);
	for (const struct schema_field *f = s->fields; f->key; f++)
		buf_addf(&b, "%s%s", f == s->fields ? "" : ", ", f->key);
	return buf_take(&b);
}

static void report_unknown_key(const struct schema_reader *r, const struct schema *s,
			       const struct yaml_node *key)
{
	DEFER(freep) char *shown = schema_show(key);
	struct nearest n = { .word = key->text };

	/* Once messages are only counted, what they would say need not be looked for. */
	for (const struct schema_field *f = s->fields; f->key && !r->diags->dropped_count; f++)
		nearest_try(&n, f->key);
	if (r->is_foreign && n.best) {
		diagnostics_warning(r->diags, r->file, key, "key %s is ignored; did you mean '%s'?",
				    shown, n.best);
	} else if (r->is_foreign) {
		diagnostics_warning(r->diags, r->file, key,
				    "key %s is ignored; winalux has no such setting", shown);
	} else if (n.best) {
		diagnostics_error(r->diags, r->file, key,
				  "unknown key %s in %s; did you mean '%s'?", shown, s->noun,
				  n.best);
	} else {
		DEFER(freep) char *keys = all_keys(s);

		diagnostics_error(r->diags, r->file, key, "unknown key %s in %s; the keys are: %s",
				  shown, s->noun, keys);
	}
}

static bool check_keys(const struct schema_reader *r, const struct schema *s,
		       const struct yaml_node *node)
{
	bool is_ok = true;

	for (size_t i = 0; i < node->count; i++) {
		const struct schema_field *f = find_field(s, node->keys[i]->text);

		if (!f) {
			report_unknown_key(r, s, node->keys[i]);
			is_ok = is_ok && r->is_foreign;
		} else if (r->is_defaults && (f->flags & SCHEMA_OWN)) {
			diagnostics_error(r->diags, r->file, node->keys[i],
					  "'%s' cannot stand in defaults; each item has its own",
					  f->key);
			is_ok = false;
		}
	}
	return is_ok;
}

static bool is_behind(const struct yaml_node *a, const struct yaml_node *b)
{
	return a->line > b->line || (a->line == b->line && a->column > b->column);
}

/* Of two keys that mean the same, the later one is reported. */
static bool check_excluded(const struct schema_reader *r, const struct schema_field *f,
			   const struct yaml_node *node)
{
	const struct yaml_node *own = yaml_get(node, f->key);
	const struct yaml_node *other = f->excludes ? yaml_get(node, f->excludes) : NULL;

	if (!own || !other || is_behind(other, own))
		return true;
	diagnostics_error(r->diags, r->file, own,
			  "'%s' stands beside '%s' at line %u; keep one of them", f->key,
			  f->excludes, other->line);
	return false;
}

const struct yaml_node *schema_value(const struct yaml_node *node, const struct yaml_node *defaults,
				     const char *key)
{
	const struct yaml_node *value = NULL;

	if (node && node->kind == YAML_MAPPING)
		value = yaml_get(node, key);
	if (!value && defaults && defaults->kind == YAML_MAPPING)
		value = yaml_get(defaults, key);
	return value;
}

static const struct yaml_node *choose_value(const struct schema_field *f,
					    const struct yaml_node *node,
					    const struct yaml_node *defaults)
{
	const struct yaml_node *other = f->excludes ? yaml_get(node, f->excludes) : NULL;

	if ((f->flags & SCHEMA_OWN) || (other && other->kind != YAML_NULL))
		defaults = NULL;
	return schema_value(node, defaults, f->key);
}

/* The first scalar that is a Jinja expression, at any depth. */
static const struct yaml_node *find_template(const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR)
		return strstr(node->text, "{{") || strstr(node->text, "{%") ? node : NULL;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *found = find_template(node->items[i]);

		if (found)
			return found;
	}
	return NULL;
}

static bool read_fallback(const struct schema_reader *r, const struct schema_field *f, void *object)
{
	DEFER(freep) char *text = xstrdup_or_null(f->fallback);
	struct yaml_node node = { .kind = YAML_SCALAR, .line = 1, .column = 1, .text = text };

	return !text || r->is_defaults || f->type->read(r, f, &node, object);
}

static bool read_field(const struct schema_reader *r, const struct schema *s,
		       const struct schema_field *f, const struct yaml_node *node,
		       const struct yaml_node *value, void *object)
{
	bool is_required = (f->flags & SCHEMA_REQUIRED) && !r->is_defaults;

	if (is_required && (!value || value->kind == YAML_NULL)) {
		diagnostics_error(r->diags, r->file, value ? value : node,
				  value ? "'%s' has no value; %s needs one"
					: "'%s' is missing; %s needs it",
				  f->key, s->noun);
		return false;
	}
	if (!value || value->kind == YAML_NULL)
		return read_fallback(r, f, object);
	const struct yaml_node *template = r->is_foreign ? find_template(value) : NULL;
	if (template) {
		diagnostics_error(
			r->diags, r->file, template,
			"'%s' has a Jinja expression, which only Ansible evaluates; write "
			"the value itself",
			f->key);
		return false;
	}
	return f->type->read(r, f, value, object);
}

bool schema_read(const struct schema_reader *r, const struct schema *s,
		 const struct yaml_node *node, const struct yaml_node *defaults, void *object)
{
	if (node->kind != YAML_MAPPING) {
		DEFER(freep) char *shown = schema_show(node);

		diagnostics_error(r->diags, r->file, node,
				  "%s must be a mapping of keys to values, not %s", s->noun, shown);
		return false;
	}
	bool is_ok = check_keys(r, s, node);
	for (const struct schema_field *f = s->fields; f->key; f++) {
		const struct yaml_node *value = choose_value(f, node, defaults);
		bool is_alone = check_excluded(r, f, node);

		is_ok = is_alone && is_ok;
		if (is_alone)
			is_ok = read_field(r, s, f, node, value, object) && is_ok;
	}
	return is_ok;
}

/* --- description --- */

void schema_describe(const struct schema *s, bool is_defaults, struct json *object)
{
	json_add_text(object, "type", "object");
	struct json *properties = json_add_object(object, "properties");
	struct json *required = json_new_array();

	for (const struct schema_field *f = s->fields; f->key; f++) {
		if (is_defaults && (f->flags & SCHEMA_OWN))
			continue;
		struct json *property = json_add_object(properties, f->key);
		json_add_text(property, "description", f->doc);
		f->type->describe(f, property);
		if ((f->flags & SCHEMA_REQUIRED) && !is_defaults)
			json_append_text(required, f->key);
	}
	json_add(object, "required", required);
	json_add_bool(object, "additionalProperties", false);
}

static void add_default(const struct schema_field *f, struct buf *b)
{
	if (f->flags & SCHEMA_REQUIRED)
		buf_add_str(b, "required");
	else if (f->fallback)
		buf_addf(b, "default: %s", f->fallback);
	else
		buf_add_str(b, "optional");
}

void schema_add_docs(const struct schema *s, bool is_markdown, struct buf *b)
{
	for (const struct schema_field *f = s->fields; f->key; f++) {
		DEFER(buf_release) struct buf expected = { 0 };

		buf_init(&expected, PHRASE_MAX);
		f->type->expect(f, &expected);
		if (is_markdown)
			buf_addf(b, "| `%s` | %s | ", f->key, expected.data);
		else
			buf_addf(b, ".It Ic %s\n%s.\nMust be %s; ", f->key, f->doc, expected.data);
		add_default(f, b);
		if (is_markdown)
			buf_addf(b, " | %s |\n", f->doc);
		else
			buf_add_str(b, ".\n");
	}
}
