/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/workspace/strangers.h"

#include "app.h"
#include "command.h"
#include "find.h"
#include "table.h"
#include "view.h"

struct list_options {
	bool names_only;
};

static const struct option list_option_table[] = {
	{ .name = "names",
	  .offset = offsetof(struct list_options, names_only),
	  .help = "print the names alone, one a line" },
	{ .name = NULL },
};

static const struct table_column list_columns[] = {
	{ .title = "NAME", .can_shrink = true },
	{ .title = "STATE" },
	{ .title = "SSH" },
	{ .title = "APP" },
	{ .title = "IMAGE", .can_shrink = true },
	{ .title = "AGE", .is_right = true },
	{ .title = "SIDECARS", .can_shrink = true },
	{ .title = "GUEST" },
};

/* "localhost/winalux/web:latest" says nothing that "web" does not. */
static char *short_image(const char *image)
{
	static const char ours[] = "localhost/winalux/", latest[] = ":latest";

	if (strncmp(image, ours, strlen(ours)) == 0)
		image += strlen(ours);
	size_t len = strlen(image), tail = strlen(latest);
	if (len > tail && strcmp(image + len - tail, latest) == 0)
		len -= tail;
	return xstrndup(image, len);
}

static void add_row(struct table *t, const struct workspace_facts *w, const char *our_guest)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);
	const struct port_mapping *app_port = view_app_port(w);
	DEFER(freep) char *ssh = view_ssh_endpoint(w);
	DEFER(freep) char *app = app_port ? view_endpoint(app_port) : NULL;
	DEFER(freep) char *image = dev ? short_image(dev->image) : NULL;
	DEFER(freep) char *age = view_age(dev ? dev->created_s : w->state.deployed_s);
	DEFER(freep) char *sidecars = view_sidecars(w);
	DEFER(freep) char *guest = view_guest(w, our_guest);
	const char *status = workspace_facts_status(w);

	table_add(t, w->name);
	table_add_colored(t, view_status_color(status), status);
	table_add(t, ssh);
	table_add(t, app);
	table_add(t, image);
	table_add(t, age);
	table_add(t, sidecars);
	table_add(t, guest);
}

/* Workspaces that the inventory at hand, if there is one and it is sound, does not have. */
static void note_outside(struct app *app, const struct facts *facts)
{
	DEFER(inventory_release) struct inventory inventory = { 0 };
	DEFER(strv_release) struct strv outside = { 0 };

	if (!app_peek_inventory(app, &inventory))
		return;
	for (size_t i = 0; i < facts->count; i++) {
		if (!inventory_find(&inventory, facts->workspaces[i].name))
			strv_add(&outside, facts->workspaces[i].name);
	}
	if (outside.count == 0)
		return;
	DEFER(freep) char *text = strv_join(&outside, ", ");
	log_info("note: not in %s: %s", inventory.file, text);
}

/* A foreign sidecar does not end with its dev container by itself (there is no guest in it). */
static void note_left_running(const struct workspace_facts *w)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);

	if (!dev || dev->state == CONTAINER_RUNNING ||
	    strcmp(workspace_facts_status(w), "partial") != 0)
		return;
	log_info("note: %s: its dev container has ended but sidecars still run; `winalux start %s` "
		 "or `winalux stop %s`",
		 w->name, w->name, w->name);
}

static void note_lost(const struct workspace_facts *w)
{
	if (w->is_lost)
		log_info("note: %s: its strict gate was lost, and no program starts in it; "
			 "`winalux start %s` restarts it",
			 w->name, w->name);
}

static void note_strangers(const struct facts *facts)
{
	DEFER(strv_release) struct strv notes = { 0 };

	strangers_note(facts, &notes);
	for (size_t i = 0; i < notes.count; i++)
		log_info("note: %s", notes.items[i]);
}

static void print_table(struct app *app, const struct facts *facts)
{
	DEFER(table_release) struct table t = { 0 };
	char our_guest[HASH_HEX_SIZE];

	view_our_guest(our_guest);
	table_init(&t, list_columns, ARRAY_SIZE(list_columns));
	for (size_t i = 0; i < facts->count; i++)
		add_row(&t, &facts->workspaces[i], our_guest);
	table_print(&t, app_wants_color(app, STDOUT_FILENO));
	fflush(stdout);
	for (size_t i = 0; i < facts->count; i++) {
		note_left_running(&facts->workspaces[i]);
		note_lost(&facts->workspaces[i]);
	}
	note_strangers(facts);
	note_outside(app, facts);
}

static void print_json(struct app *app, const struct facts *facts)
{
	struct json *root = json_new_object();
	struct json *array = json_add_array(root, "workspaces");
	char our_guest[HASH_HEX_SIZE];

	view_our_guest(our_guest);
	for (size_t i = 0; i < facts->count; i++)
		json_append(array, view_workspace_json(&facts->workspaces[i], our_guest));
	app_print_json(app, root);
}

static int run_list(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct list_options *o = options;
	DEFER(facts_release) struct facts facts = { 0 };

	if (find_facts(app, args, OBSERVE_STATE, &facts, err) < 0)
		return -1;
	if (app->global.is_json)
		print_json(app, &facts);
	else if (o->names_only)
		for (size_t i = 0; i < facts.count; i++)
			puts(facts.workspaces[i].name);
	else if (facts.count == 0)
		log_info("no workspaces on this account; `winalux deploy` makes them");
	else
		print_table(app, &facts);
	return 0;
}

const struct command cmd_list = {
	.name = "list",
	.summary = "List the workspaces of this account",
	.args = "",
	.details = "States: running, partial (some containers run), stopped, unfinished (a first "
		   "deploy did not end), no containers (only data), broken. GUEST is the digest of "
		   "the guest inside, with 'old' when this winalux carries another one.",
	.needs = NEEDS_CONFIG,
	.options = list_option_table,
	.options_size = sizeof(struct list_options),
	.run = run_list,
};
