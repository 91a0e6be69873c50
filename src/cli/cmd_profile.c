/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/nearest.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

#include "app.h"
#include "command.h"
#include "data_file.h"
#include "subcommand.h"
#include "table.h"

/* --- list --- */

static const struct table_column list_columns[] = {
	{ .title = "NAME" },
	{ .title = "PORT", .is_right = true },
	{ .title = "FROM", .can_shrink = true },
	{ .title = "WHAT IT IS FOR", .can_shrink = true },
};

static void add_texts(struct json *object, const char *key, const struct strv *list)
{
	struct json *array = json_add_array(object, key);

	for (size_t i = 0; i < list->count; i++)
		json_append_text(array, list->items[i]);
}

static void add_profile(struct json *item, const struct profile *p)
{
	json_add_text(item, "name", p->name);
	json_add_text(item, "summary", p->summary);
	json_add_text(item, "from", p->origin);
	json_add_text(item, "base", p->base);
	json_add_int(item, "port", p->port);
	json_add_text(item, "port_label", p->port_label);
	add_texts(item, "packages", &p->packages);
	add_texts(item, "python", &p->python);
	add_texts(item, "stacks", &p->stacks);
	add_texts(item, "environment", &p->environment);
	struct json *services = json_add_array(item, "services");
	for (size_t i = 0; i < p->services.count; i++)
		json_append_text(services, p->services.items[i].name);
}

static int run_list(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	DEFER(table_release) struct table t = { 0 };
	struct json *root = json_new_object(), *array = json_add_array(root, "profiles");

	(void)options, (void)args, (void)err;
	table_init(&t, list_columns, ARRAY_SIZE(list_columns));
	for (size_t i = 0; i < app->profiles.count; i++) {
		const struct profile *p = &app->profiles.items[i];

		add_profile(json_append_object(array), p);
		table_add(&t, p->name);
		if (p->port)
			table_addf(&t, "%u", p->port);
		else
			table_add(&t, NULL);
		table_add(&t, p->origin);
		table_add(&t, p->summary);
	}
	if (app->global.is_json) {
		app_print_json(app, root);
		return 0;
	}
	json_free(root);
	table_print(&t, app_wants_color(app, STDOUT_FILENO));
	return 0;
}

/* --- show --- */

static int unknown_profile(const struct profiles *profiles, const char *name, struct error *err)
{
	DEFER(freep) char *names = profiles_names(profiles);
	struct nearest near = { .word = name };

	for (size_t i = 0; i < profiles->count; i++)
		nearest_try(&near, profiles->items[i].name);
	if (near.best)
		return error_set(err, ERROR_NOT_FOUND, "no profile '%s'; did you mean '%s'?", name,
				 near.best);
	return error_set(err, ERROR_NOT_FOUND, "no profile '%s'; there are: %s", name, names);
}

static int run_show(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct profile *p = profiles_find(&app->profiles, args->items[0]);

	(void)options;
	if (!p)
		return unknown_profile(&app->profiles, args->items[0], err);
	if (app->global.is_json) {
		struct json *root = json_new_object();

		add_profile(root, p);
		app_print_json(app, root);
		return 0;
	}
	DEFER(freep) char *built_in = xasprintf("profiles/%s.yml", p->name);
	return data_file_print(built_in, p->origin, err);
}

/* --- check --- */

static void count_some(struct buf *b, size_t count, const char *what)
{
	if (count > 0)
		buf_addf(b, "%s%zu %s%s", b->len ? ", " : "", count, what, count == 1 ? "" : "s");
}

static void print_sound(const char *path, const struct profiles *p)
{
	DEFER(buf_release) struct buf found = { 0 };
	size_t profiles = 0, sidecars = 0, stacks = 0;

	buf_init(&found, SIZE_MAX / 2);
	for (size_t i = 0; i < p->count; i++)
		profiles += data_file_is_own(p->items[i].origin);
	for (size_t i = 0; i < p->kind_count; i++)
		sidecars += data_file_is_own(p->kinds[i].origin);
	for (size_t i = 0; i < p->stack_count; i++)
		stacks += data_file_is_own(p->stacks[i].origin);
	count_some(&found, profiles, "profile");
	count_some(&found, sidecars, "sidecar");
	count_some(&found, stacks, "stack");
	printf("%s: %s, ok\n", path, found.len ? found.data : "nothing in it");
}

static void add_checked(struct json *array, const char *path, const struct diagnostics *diags)
{
	struct json *item = json_append_object(array);

	json_add_text(item, "path", path);
	json_add_bool(item, "valid", diags->error_count == 0);
	json_add(item, "diagnostics", app_diagnostics_json(diags));
}

/* array: where the result goes with --json, else NULL. */
static int check_one(const char *path, struct json *array, size_t *error_count, struct error *err)
{
	DEFER(profiles_release) struct profiles found = { 0 };
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	if (profiles_check(path, &found, &diags, err) < 0)
		return -1;
	*error_count += diags.error_count;
	if (array) {
		add_checked(array, path, &diags);
		return 0;
	}
	app_print_diagnostics(&diags, NULL);
	if (diags.error_count == 0)
		print_sound(path, &found);
	return 0;
}

static int check_all(struct app *app, const struct strv *paths, struct error *err)
{
	struct json *root = json_new_object(), *array = json_add_array(root, "checked");
	size_t error_count = 0;
	int result = 0;

	for (size_t i = 0; result == 0 && i < paths->count; i++)
		result = check_one(paths->items[i], app->global.is_json ? array : NULL,
				   &error_count, err);
	if (result == 0 && app->global.is_json)
		app_print_json(app, TAKE(root));
	json_free(root);
	if (result == 0 && error_count > 0)
		return error_set(err, ERROR_INVENTORY, "the profiles have %zu error%s", error_count,
				 error_count == 1 ? "" : "s");
	return result;
}

static int run_check(struct app *app, const void *options, const struct strv *args,
		     struct error *err)
{
	const char *own = app->config.profile_dir;
	DEFER(strv_release) struct strv paths = { 0 };

	(void)options;
	if (args->count == 0 && !own)
		return error_set(
			err, ERROR_USAGE,
			"nothing to check: name a file or directory, or set 'profile_dir'");
	if (args->count == 0)
		strv_add(&paths, own);
	return check_all(app, args->count == 0 ? &paths : args, err);
}

/* What is checked may be the very thing that cannot be loaded. */
static int load_and_list(struct app *app, const void *options, const struct strv *args,
			 struct error *err)
{
	return app_load_profiles(app, err) < 0 ? -1 : run_list(app, options, args, err);
}

static int load_and_show(struct app *app, const void *options, const struct strv *args,
			 struct error *err)
{
	return app_load_profiles(app, err) < 0 ? -1 : run_show(app, options, args, err);
}

static const struct subcommand actions[] = {
	{ "list", 0, 0, "", load_and_list },
	{ "show", 1, 1, "PROFILE", load_and_show },
	{ "check", 0, ARGS_ANY, "[PATH…]", run_check },
	{ .name = NULL },
};

static int run_profile(struct app *app, const void *options, const struct strv *args,
		       struct error *err)
{
	return subcommand_run(app, actions, "profile", options, args, err);
}

const struct command cmd_profile = {
	.name = "profile",
	.summary = "List, show and check profiles",
	.args = "ACTION [ARGUMENT…]",
	.details = "'list' says which there are, built in and in 'profile_dir', and what each is "
		   "for. 'show PROFILE' prints its file, which can be the beginning of one's own. "
		   "'check [PATH…]' reads a profile, or a directory of them with sidecars/ and "
		   "stacks/ below it, and reports everything that is wrong, each as "
		   "FILE:LINE:COLUMN; without "
		   "a path, 'profile_dir'.",
	.min_args = 1,
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_PROFILE,
	.run = run_profile,
};
