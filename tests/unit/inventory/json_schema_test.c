/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/inventory/inventory.h"

#include "inventory/fields.h"

static struct json *schema(void)
{
	DEFER(freep) char *text = inventory_json_schema();
	struct json *root = NULL;

	assert_int_equal(json_parse(text, strlen(text), &root, NULL), 0);
	return root;
}

/* Each property of object says what it is for and what it may be, and nothing else is allowed. */
static void check_properties(const struct json *object, const struct schema *s)
{
	const struct json *properties = json_get(object, "properties");

	assert_string_equal(json_get_text(object, "type"), "object");
	assert_false(json_get_bool(object, "additionalProperties", true));
	for (const struct schema_field *f = s->fields; f->key; f++) {
		const struct json *p = json_get(properties, f->key);

		if (!p || !json_get_text(p, "description") || json_count(p) < 2)
			fail_msg("'%s' in %s is missing or empty", f->key, s->noun);
	}
}

static void every_key_of_the_tables_is_described(void **state)
{
	DEFER(json_freep) struct json *root = schema();
	const struct json *workspace = json_path(root, "properties.workspaces.items");
	const struct json *choices = json_path(workspace, "properties.sidecars.items.oneOf");

	(void)state;
	assert_string_equal(json_get_text(root, "$schema"),
			    "https://json-schema.org/draft/2020-12/schema");
	check_properties(root, &inventory_schema);
	check_properties(workspace, &workspace_schema);
	check_properties(json_next(json_first(choices)), &sidecar_schema);
}

static void limits_and_patterns_are_those_of_the_tables(void **state)
{
	DEFER(json_freep) struct json *root = schema();
	const struct json *w = json_path(root, "properties.workspaces.items.properties");

	(void)state;
	assert_string_equal(json_get_text(json_get(w, "name"), "pattern"),
			    "^[a-z0-9][a-z0-9_-]{0,39}$");
	assert_int_equal(json_get_int(json_get(w, "pids_limit"), "minimum", 0), 64);
	assert_int_equal(json_count(json_path(w, "gate.enum")), 4); /* and false, for a plain off */
	assert_string_equal(
		json_text(json_first(json_path(root, "properties.workspaces.items.required"))),
		"name");
	assert_int_equal(json_count(json_path(root, "properties.defaults.required")), 0);
	assert_null(json_path(root, "properties.defaults.properties.name"));
}

static void every_key_is_in_the_manual(void **state)
{
	static const struct schema *const schemas[] = { &inventory_schema, &workspace_schema,
							&sidecar_schema };
	DEFER(buf_release) struct buf manual = { 0 };
	DEFER(buf_release) struct buf page = { 0 };

	(void)state;
	buf_init(&manual, 1 << 20);
	buf_init(&page, 1 << 20);
	inventory_add_key_docs(&manual, false);
	inventory_add_key_docs(&page, true);
	for (size_t i = 0; i < ARRAY_SIZE(schemas); i++) {
		for (const struct schema_field *f = schemas[i]->fields; f->key; f++) {
			DEFER(freep) char *item = xasprintf(".It Ic %s\n", f->key);
			DEFER(freep) char *row = xasprintf("| `%s` | ", f->key);

			assert_non_null(strstr(manual.data, item));
			assert_non_null(strstr(page.data, row));
		}
	}
}

/* A line of prose that begins with a dot or an apostrophe would be a macro. */
static void prose_of_the_manual_is_no_macro(void **state)
{
	static const char *const macros[] = { ".Ss ", ".Bl ", ".It ", ".El\n" };
	DEFER(buf_release) struct buf manual = { 0 };

	(void)state;
	buf_init(&manual, 1 << 20);
	inventory_add_key_docs(&manual, false);
	for (const char *line = manual.data; *line; line = strchr(line, '\n') + 1) {
		bool is_macro = false;

		for (size_t i = 0; i < ARRAY_SIZE(macros); i++)
			is_macro = is_macro || !strncmp(line, macros[i], strlen(macros[i]));
		assert_true(is_macro || (*line != '.' && *line != '\''));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_the_tables_is_described),
		cmocka_unit_test(limits_and_patterns_are_those_of_the_tables),
		cmocka_unit_test(every_key_is_in_the_manual),
		cmocka_unit_test(prose_of_the_manual_is_no_macro),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
