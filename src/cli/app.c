/* SPDX-License-Identifier: MIT */
#include "app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/term.h"
#include "winalux/format/json.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"
#include "winalux/workspace/host.h"

#include "signals.h"
#include "view.h"

#define GLOBAL(member) offsetof(struct global_options, member)

const struct option global_option_table[] = {
	{ .name = "socket",
	  .kind = OPTION_TEXT,
	  .offset = GLOBAL(socket),
	  .arg = "PATH",
	  .help = "unix socket of the Podman service (found or started by default)",
	  .completes = COMPLETE_FILE },
	{ .name = "config",
	  .kind = OPTION_TEXT,
	  .offset = GLOBAL(config_file),
	  .arg = "FILE",
	  .help = "configuration file (~/.config/winalux/config.yml)",
	  .completes = COMPLETE_FILE },
	{ .name = "jobs",
	  .letter = 'j',
	  .kind = OPTION_TEXT,
	  .offset = GLOBAL(jobs),
	  .arg = "N",
	  .help = "changes in flight at the same time" },
	{ .name = "json", .offset = GLOBAL(is_json), .help = "print the result as JSON" },
	{ .name = "quiet",
	  .letter = 'q',
	  .offset = GLOBAL(is_quiet),
	  .help = "no progress, only results, warnings and errors" },
	{ .name = "verbose",
	  .letter = 'v',
	  .offset = GLOBAL(is_verbose),
	  .help = "say more, and what happens underneath" },
	{ .name = "no-color", .offset = GLOBAL(no_color), .help = "no colours" },
	{ .name = "help",
	  .letter = 'h',
	  .offset = GLOBAL(wants_help),
	  .help = "explain the command and end" },
	{ .name = "version", .offset = GLOBAL(wants_version), .help = "print the version and end" },
	{ .name = NULL },
};

void app_release(struct app *app)
{
	host_freep(&app->host);
	if (app->has_profiles)
		profiles_release(&app->profiles);
	if (app->has_config)
		config_release(&app->config);
	app->has_profiles = app->has_config = false;
}

void app_print_diagnostics(const struct diagnostics *diags, const struct error *err)
{
	for (size_t i = 0; i < diags->count; i++) {
		if (err && view_ends_with(diags->items[i].text, err->text))
			continue;
		if (diags->items[i].is_warning)
			log_warn("%s", diags->items[i].text);
		else
			log_error("%s", diags->items[i].text);
	}
	if (diags->dropped_count > 0)
		log_error("and %zu more of the same kind", diags->dropped_count);
}

static int set_flag(struct config *config, const char *key, const char *value, struct error *err)
{
	return value ? config_set(config, key, value, err) : 0;
}

int app_load_config(struct app *app, struct error *err)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	if (app->has_config)
		return 0;
	int result = config_load(app->global.config_file, &app->config, &diags, err);
	app_print_diagnostics(&diags, result < 0 ? err : NULL);
	if (result < 0)
		return -1;
	app->has_config = true;
	if (set_flag(&app->config, "socket", app->global.socket, err) < 0)
		return -1;
	return set_flag(&app->config, "jobs", app->global.jobs, err);
}

int app_load_profiles(struct app *app, struct error *err)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	if (app->has_profiles)
		return 0;
	if (app_load_config(app, err) < 0)
		return -1;
	int result = profiles_load(app->config.profile_dir, &app->profiles, &diags, err);
	app_print_diagnostics(&diags, result < 0 ? err : NULL);
	if (result < 0)
		return -1;
	app->has_profiles = true;
	if (diags.error_count > 0)
		return error_set(err, ERROR_INVENTORY, "the profiles have %zu error%s",
				 diags.error_count, diags.error_count == 1 ? "" : "s");
	return 0;
}

int app_open_host(struct app *app, struct error *err)
{
	if (app->host)
		return 0;
	if (app_load_config(app, err) < 0)
		return -1;
	return host_open(&app->config, signals_cancelled(), &app->host, err);
}

const char *app_default_inventory(struct app *app)
{
	if (app_load_config(app, NULL) < 0)
		return NULL;
	if (app->config.inventory)
		return app->config.inventory;
	return access("inventory.yml", F_OK) == 0 ? "inventory.yml" : NULL;
}

int app_load_inventory(struct app *app, const char *path, struct inventory *ret, struct error *err)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	if (app_load_profiles(app, err) < 0)
		return -1;
	if (!path)
		path = app_default_inventory(app);
	if (!path) {
		app->hides_usage = true;
		return error_set(
			err, ERROR_USAGE,
			"no inventory: name one, or write a first one with 'winalux init'");
	}
	int result = inventory_load(path, &app->profiles, ret, &diags, err);
	app_print_diagnostics(&diags, result < 0 ? err : NULL);
	return result;
}

bool app_peek_inventory(struct app *app, struct inventory *ret)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	const char *path = app_default_inventory(app);

	return path && access(path, R_OK) == 0 && app_load_profiles(app, NULL) == 0 &&
	       inventory_load(path, &app->profiles, ret, &diags, NULL) == 0;
}

struct json *app_diagnostics_json(const struct diagnostics *diags)
{
	struct json *array = json_new_array();

	for (size_t i = 0; i < diags->count; i++) {
		struct json *item = json_append_object(array);

		json_add_text(item, "level", diags->items[i].is_warning ? "warning" : "error");
		json_add_int(item, "line", diags->items[i].line);
		json_add_int(item, "column", diags->items[i].column);
		json_add_text(item, "text", diags->items[i].text);
	}
	return array;
}

void app_print_json(struct app *app, struct json *value)
{
	DEFER(freep) char *text = json_print(value, true);

	puts(text);
	app->has_result = true;
	json_free(value);
}

bool app_wants_color(const struct app *app, int fd)
{
	return !app->global.no_color && term_wants_color(fd);
}
