/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"

#include "app.h"
#include "command.h"
#include "winalux/base/nearest.h"
#include "table.h"

static const struct table_column config_columns[] = {
	{ .title = "KEY" },
	{ .title = "VALUE", .can_shrink = true },
	{ .title = "FROM" },
};

static const char *origin_of(const struct config *config, const struct config_entry *entry)
{
	return config_origin_name(config->origins[entry - config_entries]);
}

static void add_entry_json(struct json *object, const struct config *config,
			   const struct config_entry *entry)
{
	DEFER(freep) char *value = config_get_text(config, entry);
	struct json *item = json_add_object(object, entry->key);

	json_add_text(item, "value", value);
	json_add_text(item, "from", origin_of(config, entry));
	json_add_text(item, "environment", entry->environment);
}

static void print_all(struct app *app)
{
	DEFER(table_release) struct table t = { 0 };

	table_init(&t, config_columns, ARRAY_SIZE(config_columns));
	for (const struct config_entry *e = config_entries; e->key; e++) {
		DEFER(freep) char *value = config_get_text(&app->config, e);

		table_add(&t, e->key);
		table_add(&t, value);
		table_add(&t, origin_of(&app->config, e));
	}
	table_print(&t, app_wants_color(app, STDOUT_FILENO));
	printf("\nfile: %s%s\n", app->config.file,
	       access(app->config.file, F_OK) == 0 ? "" : " (does not exist)");
}

static void print_all_json(struct app *app)
{
	struct json *root = json_new_object();

	json_add_text(root, "file", app->config.file);
	struct json *settings = json_add_object(root, "settings");
	for (const struct config_entry *e = config_entries; e->key; e++)
		add_entry_json(settings, &app->config, e);
	app_print_json(app, root);
}

static int print_one(struct app *app, const char *key, struct error *err)
{
	struct nearest near = { .word = key };

	for (const struct config_entry *e = config_entries; e->key; e++) {
		nearest_try(&near, e->key);
		if (strcmp(e->key, key) != 0)
			continue;
		if (app->global.is_json) {
			struct json *root = json_new_object();
			add_entry_json(root, &app->config, e);
			app_print_json(app, root);
			return 0;
		}
		DEFER(freep) char *value = config_get_text(&app->config, e);
		puts(value ? value : "");
		return 0;
	}
	if (near.best)
		return error_set(err, ERROR_USAGE, "no setting '%s'; did you mean '%s'?", key,
				 near.best);
	return error_set(err, ERROR_USAGE, "no setting '%s'; 'winalux config' lists them", key);
}

static int run_config(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	(void)options;
	if (args->count > 0)
		return print_one(app, args->items[0], err);
	if (app->global.is_json)
		print_all_json(app);
	else
		print_all(app);
	return 0;
}

const struct command cmd_config = {
	.name = "config",
	.summary = "Show the settings in effect and where each comes from",
	.args = "[KEY]",
	.details = "Flags win over environment variables, those over the configuration file, that "
		   "over the defaults. With KEY only its value is printed.",
	.max_args = 1,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_CONFIG_KEY,
	.run = run_config,
};
