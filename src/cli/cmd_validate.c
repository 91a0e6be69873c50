/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

#include "app.h"
#include "command.h"

static void print_json(struct app *app, const char *path, const struct inventory *inventory,
		       const struct diagnostics *diags, bool is_valid)
{
	struct json *root = json_new_object();

	json_add_text(root, "file", path);
	json_add_bool(root, "valid", is_valid);
	struct json *names = json_add_array(root, "workspaces");
	for (size_t i = 0; is_valid && i < inventory->count; i++)
		json_append_text(names, inventory->workspaces[i].name);
	json_add(root, "diagnostics", app_diagnostics_json(diags));
	app_print_json(app, root);
}

static int run_validate(struct app *app, const void *options, const struct strv *args,
			struct error *err)
{
	DEFER(inventory_release) struct inventory inventory = { 0 };
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	const char *path = args->count > 0 ? args->items[0] : app_default_inventory(app);

	(void)options;
	if (!path)
		return error_set(err, ERROR_USAGE, "no inventory: name one");
	int result = inventory_load(path, &app->profiles, &inventory, &diags, err);
	if (app->global.is_json)
		print_json(app, path, &inventory, &diags, result == 0);
	else
		app_print_diagnostics(&diags, result < 0 ? err : NULL);
	if (result == 0 && !app->global.is_json)
		printf("%s: %zu workspace%s, ok\n", path, inventory.count,
		       inventory.count == 1 ? "" : "s");
	return result;
}

const struct command cmd_validate = {
	.name = "validate",
	.summary = "Check an inventory without touching anything",
	.args = "[INVENTORY]",
	.details = "Reports everything that is wrong in one run, each as "
		   "FILE:LINE:COLUMN: what is wrong; what would be right. '-' is standard input.",
	.max_args = 1,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_FILE,
	.run = run_validate,
};
