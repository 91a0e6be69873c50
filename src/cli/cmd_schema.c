/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "winalux/base/mem.h"
#include "winalux/inventory/inventory.h"

#include "app.h"
#include "command.h"

static int run_schema(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	DEFER(freep) char *schema = inventory_json_schema();

	(void)options, (void)args, (void)err;
	puts(schema);
	app->has_result = true;
	return 0;
}

const struct command cmd_schema = {
	.name = "schema",
	.summary = "Print the JSON Schema of the inventory, for editors",
	.args = "",
	.details = "An editor with a YAML language server completes and checks an inventory that "
		   "begins with the line '# yaml-language-server: $schema=FILE'.",
	.run = run_schema,
};
