/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/nearest.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/inventory/stack.h"

#include "app.h"
#include "command.h"
#include "data_file.h"
#include "stack_add.h"
#include "subcommand.h"
#include "table.h"

/* --- list --- */

static const struct table_column list_columns[] = {
	{ .title = "NAME" },
	{ .title = "NEEDS" },
	{ .title = "FROM", .can_shrink = true },
	{ .title = "WHAT IT BRINGS", .can_shrink = true },
};

static void add_texts(struct json *object, const char *key, const struct strv *list)
{
	struct json *array = json_add_array(object, key);

	for (size_t i = 0; i < list->count; i++)
		json_append_text(array, list->items[i]);
}

static void add_services(struct json *item, const struct service_list *services)
{
	struct json *array = json_add_array(item, "services");

	for (size_t i = 0; i < services->count; i++)
		json_append_text(array, services->items[i].name);
}

static void add_stack(struct json *item, const struct stack *s)
{
	json_add_text(item, "name", s->name);
	json_add_text(item, "summary", s->summary);
	json_add_text(item, "from", s->origin);
	json_add_int(item, "order", s->order);
	add_texts(item, "needs", &s->needs);
	add_texts(item, "packages", &s->packages);
	add_texts(item, "python", &s->python);
	add_texts(item, "npm", &s->npm);
	add_texts(item, "files", &s->files);
	add_texts(item, "commands", &s->commands);
	add_texts(item, "environment", &s->environment);
	add_texts(item, "path", &s->path);
	add_services(item, &s->services);
	json_add_bool(item, "nested_containers", s->nested_containers);
	add_texts(item, "test", &s->test);
}

static void print_list_json(struct app *app)
{
	struct json *root = json_new_object(), *array = json_add_array(root, "stacks");

	for (size_t i = 0; i < app->profiles.stack_count; i++)
		add_stack(json_append_object(array), &app->profiles.stacks[i]);
	app_print_json(app, root);
}

static int run_list(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	DEFER(table_release) struct table t = { 0 };

	(void)options, (void)args, (void)err;
	if (app->global.is_json) {
		print_list_json(app);
		return 0;
	}
	table_init(&t, list_columns, ARRAY_SIZE(list_columns));
	for (size_t i = 0; i < app->profiles.stack_count; i++) {
		const struct stack *s = &app->profiles.stacks[i];
		DEFER(freep) char *needs = s->needs.count ? strv_join(&s->needs, " ") : NULL;

		table_add(&t, s->name);
		table_add(&t, needs);
		table_add(&t, s->origin);
		table_add(&t, s->summary);
	}
	table_print(&t, app_wants_color(app, STDOUT_FILENO));
	return 0;
}

/* --- show --- */

static int find_stack(const struct profiles *profiles, const char *name, const struct stack **ret,
		      struct error *err)
{
	struct nearest near = { .word = name };

	*ret = profiles_find_stack(profiles, name);
	if (*ret)
		return 0;
	for (size_t i = 0; i < profiles->stack_count; i++)
		nearest_try(&near, profiles->stacks[i].name);
	if (near.best)
		return error_set(err, ERROR_NOT_FOUND, "no stack '%s'; did you mean '%s'?", name,
				 near.best);
	DEFER(freep) char *names = profiles_stack_names(profiles);
	return error_set(err, ERROR_NOT_FOUND, "no stack '%s'; there are: %s", name, names);
}

static int run_show(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct stack *s;

	(void)options;
	if (find_stack(&app->profiles, args->items[0], &s, err) < 0)
		return -1;
	if (app->global.is_json) {
		struct json *root = json_new_object();

		add_stack(root, s);
		app_print_json(app, root);
		return 0;
	}
	DEFER(freep) char *built_in = xasprintf("profiles/stacks/%s.yml", s->name);
	return data_file_print(built_in, s->origin, err);
}

static const struct option stack_option_table[] = {
	{ .name = "inventory",
	  .letter = 'i',
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct stack_flags, inventory),
	  .arg = "FILE",
	  .help = "add: the inventory to change (the one at hand)",
	  .completes = COMPLETE_FILE },
	{ .name = "dry-run",
	  .letter = 'n',
	  .offset = offsetof(struct stack_flags, is_dry_run),
	  .help = "add: show the plan, and change nothing" },
	{ .name = "yes",
	  .letter = 'y',
	  .offset = offsetof(struct stack_flags, is_sure),
	  .help = "add: do not ask" },
	{ .name = NULL },
};

static const struct subcommand actions[] = {
	{ "add", 2, ARGS_ANY, "NAME STACK…", stack_add },
	{ "list", 0, 0, "", run_list },
	{ "show", 1, 1, "STACK", run_show },
	{ .name = NULL },
};

static int run_stack(struct app *app, const void *options, const struct strv *args,
		     struct error *err)
{
	return subcommand_run(app, actions, "stack", options, args, err);
}

const struct command cmd_stack = {
	.name = "stack",
	.summary = "List stacks, tools for workspaces of any profile, and add them",
	.args = "ACTION [ARGUMENT…]",
	.details = "A stack is a layer of tools on top of a profile's image; 'stacks: [golang]' in "
		   "the inventory gives it to a workspace. 'list' says which there are, built in "
		   "and in the 'stacks' directory of 'profile_dir', and what each brings. 'show "
		   "STACK' prints its file, which can be the beginning of one's own. 'add NAME "
		   "STACK…' writes "
		   "them into the inventory, whose comments and layout stay, shows the plan, and "
		   "deploys the workspace once 'yes' is typed: the image is built, and the dev "
		   "container made anew, which ends its sessions.",
	.min_args = 1,
	.max_args = ARGS_ANY,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_WORKSPACE,
	.options = stack_option_table,
	.options_size = sizeof(struct stack_flags),
	.run = run_stack,
};
