/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"
#include "winalux/format/json.h"
#include "winalux/image/builder.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/stock.h"

#include "app.h"
#include "command.h"
#include "signals.h"
#include "table.h"
#include "view.h"

struct images_options {
	bool is_sure;
};

static const struct option images_option_table[] = {
	{ .name = "yes",
	  .letter = 'y',
	  .offset = offsetof(struct images_options, is_sure),
	  .help = "prune: do not ask" },
	{ .name = NULL },
};

static const struct table_column columns[] = {
	{ .title = "IMAGE", .can_shrink = true },
	{ .title = "ARCH" },
	{ .title = "SIZE", .is_right = true },
	{ .title = "AGE", .is_right = true },
	{ .title = "STATE" },
	{ .title = "ID" },
	{ .title = "USED BY", .can_shrink = true },
};

static void add_row(struct table *t, const struct stock_item *item)
{
	const bool is_list = strcmp(item->role, "list") == 0;
	DEFER(freep) char *size = view_size(item->size_bytes);
	DEFER(freep) char *age = view_age(item->created_s);
	DEFER(freep) char *users = strv_join(&item->users, " ");
	/* A guest's tag is its digest. */
	const bool is_guest = strcmp(item->role, "guest") == 0;

	if (*item->name)
		table_addf(t, "%.*s", is_guest ? (int)strlen("guest:12345678") : INT16_MAX,
			   item->name);
	else
		table_addf(t, "(%s)", item->role);
	table_add(t, is_list ? "all" : item->arch);
	table_add(t, is_list ? NULL : size);
	table_add(t, age);
	table_add_colored(t, item->state == STOCK_CURRENT ? TABLE_GREEN : TABLE_YELLOW,
			  stock_state_name(item->state));
	table_addf(t, "%.12s", item->id);
	table_add(t, item->users.count ? users : NULL);
}

static void add_json(struct json *array, const struct stock_item *item)
{
	struct json *object = json_append_object(array);
	struct json *users;
	char created[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(item->created_s, created);
	json_add_text(object, "name", *item->name ? item->name : NULL);
	json_add_text(object, "role", item->role);
	json_add_text(object, "arch", *item->arch ? item->arch : NULL);
	json_add_text(object, "id", item->id);
	json_add_int(object, "size_bytes", (int64_t)item->size_bytes);
	json_add_text(object, "created", created);
	json_add_text(object, "state", stock_state_name(item->state));
	users = json_add_array(object, "used_by");
	for (size_t i = 0; i < item->users.count; i++)
		json_append_text(users, item->users.items[i]);
}

/* All of them, or those that nobody misses. */
static void print(struct app *app, const struct stock *stock, bool only_useless)
{
	struct json *array = json_new_array();
	struct table table;

	table_init(&table, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < stock->count; i++) {
		if (only_useless && !stock_is_useless(&stock->items[i]))
			continue;
		add_row(&table, &stock->items[i]);
		add_json(array, &stock->items[i]);
	}
	if (app->global.is_json) {
		struct json *root = json_new_object();

		json_add(root, only_useless ? "removed" : "images", TAKE(array));
		app_print_json(app, root);
	} else if (table.cell_count > 0) {
		table_print(&table, app_wants_color(app, STDOUT_FILENO));
	}
	json_free(array);
	table_release(&table);
}

static int take(struct app *app, struct stock *ret, struct error *err)
{
	const struct builder_options options = { .podman = host_podman(app->host),
						 .config = &app->config,
						 .profiles = &app->profiles };
	DEFER(builder_freep) struct builder *builder = builder_new(&options, err);

	return builder ? stock_take(app->host, builder, &app->profiles, ret, err) : -1;
}

/* --- prune --- */

static size_t count_useless(const struct stock *stock)
{
	size_t count = 0;

	for (size_t i = 0; i < stock->count; i++)
		count += stock_is_useless(&stock->items[i]);
	return count;
}

/* 1: no. */
static int ask(struct app *app, struct error *err)
{
	char answer[16] = "";

	if (!term_is_terminal(STDIN_FILENO)) {
		app->hides_usage = true;
		return error_set(err, ERROR_USAGE,
				 "this would remove the images above; say --yes to do it");
	}
	fputs("Type 'yes' to remove them: ", stderr);
	fflush(stderr);
	bool is_sure = fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
	if (*signals_cancelled())
		return error_set(err, ERROR_INTERRUPTED, "interrupted; nothing was removed");
	return is_sure ? 0 : 1;
}

/* Lists first: an image that is in one is not to go before it (src/image/recipe.c). */
static int remove_useless(struct app *app, const struct stock *stock, struct error *err)
{
	size_t removed = 0, needed = 0;

	for (int lists = 1; lists >= 0; lists--) {
		for (size_t i = 0; i < stock->count; i++) {
			const struct stock_item *item = &stock->items[i];
			bool is_gone;

			if (!stock_is_useless(item) || (strcmp(item->role, "list") == 0) != lists)
				continue;
			if (stock_remove(app->host, item, &is_gone, err) < 0)
				return -1;
			removed += is_gone;
			needed += !is_gone;
		}
	}
	log_info("removed %zu image%s", removed, removed == 1 ? "" : "s");
	if (needed)
		log_info("%zu more %s needed by another image or container after all", needed,
			 needed == 1 ? "is" : "are");
	return 0;
}

static int prune(struct app *app, const struct images_options *o, const struct stock *stock,
		 struct error *err)
{
	int answer = 0;

	if (count_useless(stock) == 0) {
		if (app->global.is_json)
			print(app, stock, true);
		log_info("every image is current or in use");
		return 0;
	}
	if (!app->global.is_json || o->is_sure)
		print(app, stock, true);
	if (!o->is_sure)
		answer = ask(app, err);
	if (answer < 0)
		return -1;
	if (answer > 0) {
		log_error("nothing was removed");
		app->exit_status = EXIT_FAILURE;
		return 0;
	}
	return remove_useless(app, stock, err);
}

static int run_images(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	const struct images_options *o = options;
	const bool prunes = args->count == 1 && strcmp(args->items[0], "prune") == 0;
	DEFER(stock_release) struct stock stock = { 0 };

	if (args->count > 0 && !prunes)
		return error_set(err, ERROR_USAGE, "unknown action 'images %s'; there is: prune",
				 args->items[0]);
	if (o->is_sure && !prunes)
		return error_set(err, ERROR_USAGE, "--yes belongs to 'images prune'");
	if (app_open_host(app, err) < 0 || take(app, &stock, err) < 0)
		return -1;
	if (prunes)
		return prune(app, o, &stock, err);
	if (stock.count == 0 && !app->global.is_json)
		log_info("no images on this account; `winalux build` makes them");
	print(app, &stock, false);
	return 0;
}

const struct command cmd_images = {
	.name = "images",
	.summary = "Show the images of this account, and remove useless ones",
	.args = "[prune]",
	.details = "For each image of ours its architecture, size and age, whether a build would "
		   "make it anew (stale) or it came from a registry (foreign), and which "
		   "workspaces use it. 'prune' shows and removes "
		   "what nothing uses: guests and manifest lists of another version of winalux, "
		   "and images that have lost their name to a newer one. It never removes what a "
		   "container uses. Where there is no terminal it needs --yes.",
	.max_args = 1,
	.needs = NEEDS_PROFILES,
	.options = images_option_table,
	.options_size = sizeof(struct images_options),
	.run = run_images,
};
