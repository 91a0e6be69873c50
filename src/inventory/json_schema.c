/* SPDX-License-Identifier: MIT */
#include "winalux/inventory/inventory.h"

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

#include "fields.h"

char *inventory_json_schema(void)
{
	DEFER(json_freep) struct json *root = json_new_object();

	json_add_text(root, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_add_text(root, "title", "winalux inventory");
	json_add_text(root, "description", "Workspaces of developers, for winalux deploy");
	schema_describe(&inventory_schema, false, root);
	return json_print(root, true);
}

/* mdoc lists them inside .Bl -tag; Markdown as one table for each kind of mapping. */
void inventory_add_key_docs(struct buf *b, bool is_markdown)
{
	static const struct {
		const char *title;
		const struct schema *schema;
	} parts[] = {
		{ "Top level", &inventory_schema },
		{ "Workspace, and defaults", &workspace_schema },
		{ "Sidecar", &sidecar_schema },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (is_markdown)
			buf_addf(b,
				 "%s### %s\n\n| Key | Value | Default | Meaning "
				 "|\n|---|---|---|---|\n",
				 i ? "\n" : "", parts[i].title);
		else
			buf_addf(b, ".Ss %s\n.Bl -tag -width Ds\n", parts[i].title);
		schema_add_docs(parts[i].schema, is_markdown, b);
		if (!is_markdown)
			buf_add_str(b, ".El\n");
	}
}
