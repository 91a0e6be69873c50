/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/image/builder.h"
#include "winalux/inventory/inventory.h"
#include "winalux/podman/image.h"
#include "winalux/workspace/apply.h"
#include "winalux/workspace/floor.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "progress.h"
#include "table.h"
#include "view.h"

struct build_flags {
	bool with_sidecars;
	bool is_all;
	bool no_cache;
	bool with_base;
	bool names_only;
};

static const struct option build_option_table[] = {
	{ .name = "all",
	  .letter = 'a',
	  .offset = offsetof(struct build_flags, is_all),
	  .help = "every profile and every sidecar that is known" },
	{ .name = "sidecars",
	  .offset = offsetof(struct build_flags, with_sidecars),
	  .help = "the sidecars too" },
	{ .name = "no-cache",
	  .offset = offsetof(struct build_flags, no_cache),
	  .help = "build again from the first layer" },
	{ .name = "base",
	  .offset = offsetof(struct build_flags, with_base),
	  .help = "make the base image anew too" },
	{ .name = "names",
	  .offset = offsetof(struct build_flags, names_only),
	  .help = "print the names of the profiles, one a line, and build nothing" },
	{ .name = NULL },
};

/* What is to be built, by name. */
struct selection {
	struct strv profiles;
	struct strv sidecars;
};

static void selection_release(struct selection *s)
{
	strv_release(&s->profiles);
	strv_release(&s->sidecars);
}

static void add_once(struct strv *v, const char *text)
{
	if (!strv_contains(v, text))
		strv_add(v, text);
}

static void select_all(const struct profiles *p, struct selection *ret, bool with_sidecars)
{
	for (size_t i = 0; i < p->count; i++)
		add_once(&ret->profiles, p->items[i].name);
	for (size_t i = 0; with_sidecars && i < p->kind_count; i++)
		add_once(&ret->sidecars, p->kinds[i].name);
}

static int select_inventory(struct app *app, struct selection *ret, struct error *err)
{
	DEFER(inventory_release) struct inventory inventory = { 0 };

	if (app_load_inventory(app, NULL, &inventory, err) < 0)
		return -1;
	for (size_t i = 0; i < inventory.count; i++) {
		const struct workspace *w = &inventory.workspaces[i];

		add_once(&ret->profiles, w->profile);
		for (size_t j = 0; j < w->sidecar_count; j++) {
			if (!w->sidecars[j].image)
				add_once(&ret->sidecars, w->sidecars[j].name);
		}
	}
	return 0;
}

static int unknown_profile(const struct profiles *profiles, const char *name, struct error *err)
{
	DEFER(freep) char *names = profiles_names(profiles);

	return error_set(err, ERROR_NOT_FOUND, "no profile '%s'; there are: %s", name, names);
}

/* Names; else --all; else what the inventory at hand uses; else every profile. */
static int select_images(struct app *app, const struct build_flags *flags, const struct strv *args,
			 struct selection *ret, struct error *err)
{
	const struct profiles *p = &app->profiles;

	for (size_t i = 0; i < args->count; i++) {
		if (!profiles_find(p, args->items[i]))
			return unknown_profile(p, args->items[i], err);
		add_once(&ret->profiles, args->items[i]);
	}
	for (size_t i = 0; (flags->with_sidecars || flags->is_all) && i < p->kind_count; i++)
		add_once(&ret->sidecars, p->kinds[i].name);
	if (flags->is_all || (args->count == 0 && !app_default_inventory(app))) {
		select_all(p, ret, flags->is_all);
		return 0;
	}
	return args->count == 0 ? select_inventory(app, ret, err) : 0;
}

/* One run: the builder, the list of images as it is now, and what was done. */
struct run {
	struct host *host;
	struct podman *podman;
	struct builder *builder;
	struct images images;
	struct progress_sink sink;
	struct table table;
	struct json *json;
};

static const struct table_column build_columns[] = {
	{ .title = "IMAGE" },
	{ .title = "DONE" },
	{ .title = "TOOK", .is_right = true },
	{ .title = "ID" },
};

static void on_build_line(const char *image, const char *line, void *context)
{
	const struct progress_sink *sink = context;
	DEFER(freep) char *name = xasprintf("image %s", image);

	sink->on_line(sink->context, name, line);
}

static void note_done(struct run *run, const char *name, const char *id, bool was_built,
		      int64_t took_ms)
{
	DEFER(freep) char *took = view_took(took_ms);
	struct json *item = json_append_object(run->json);

	json_add_text(item, "name", name);
	json_add_text(item, "id", id);
	json_add_bool(item, "built", was_built);
	json_add_int(item, "took_ms", took_ms);
	table_add(&run->table, name);
	table_add_colored(&run->table, was_built ? TABLE_GREEN : TABLE_PLAIN,
			  was_built ? "built" : "unchanged");
	table_add(&run->table, took);
	table_addf(&run->table, "%.12s", id);
}

/* p or k, not both. */
static int build_one(struct run *run, const struct profile *p, const struct sidecar_kind *k,
		     struct error *err)
{
	DEFER(freep) char *name = p ? xstrdup(p->name) : xasprintf("sidecar-%s", k->name);
	DEFER(freep) char *row = xasprintf("image %s", name);
	DEFER(freep) char *id = NULL;
	int64_t begun_ms = clock_mono_ms();
	bool was_built = false;

	if (floor_check(run->host, err) < 0)
		return -1;
	int result =
		p ? builder_ensure_profile(run->builder, &run->images, p, &id, &was_built, err)
		  : builder_ensure_sidecar(run->builder, &run->images, k, &id, &was_built, err);
	int64_t took_ms = clock_mono_ms() - begun_ms;
	if (result < 0 || was_built)
		run->sink.on_done(run->sink.context, row, ACTION_CREATE, took_ms,
				  result < 0 ? err : NULL);
	if (result < 0)
		return -1;
	note_done(run, name, id, was_built, took_ms);
	if (!was_built)
		return 0;
	images_release(&run->images);
	run->images = (struct images){ 0 };
	return image_list(run->podman, &run->images, err);
}

static int build_selected(struct run *run, const struct profiles *profiles,
			  const struct selection *selection, struct error *err)
{
	if (image_list(run->podman, &run->images, err) < 0)
		return -1;
	for (size_t i = 0; i < selection->profiles.count; i++) {
		const struct profile *p = profiles_find(profiles, selection->profiles.items[i]);
		if (p && build_one(run, p, NULL, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < selection->sidecars.count; i++) {
		const struct sidecar_kind *k =
			profiles_find_sidecar(profiles, selection->sidecars.items[i]);
		if (k && build_one(run, NULL, k, err) < 0)
			return -1;
	}
	return 0;
}

static int build(struct app *app, const struct build_flags *flags,
		 const struct selection *selection, struct error *err)
{
	struct progress *progress =
		progress_new(STDERR_FILENO, progress_mode_for(STDERR_FILENO, app->global.is_quiet));
	struct run run = { .host = app->host,
			   .podman = host_podman(app->host),
			   .sink = progress_sink(progress) };
	const struct builder_options options = {
		.podman = run.podman,
		.config = &app->config,
		.profiles = &app->profiles,
		.no_cache = flags->no_cache,
		.with_base = flags->with_base,
		.cancelled = host_cancelled(app->host),
		.on_line = on_build_line,
		.context = &run.sink,
	};

	run.json = json_new_array();
	table_init(&run.table, build_columns, ARRAY_SIZE(build_columns));
	run.builder = builder_new(&options, err);
	int result = run.builder ? build_selected(&run, &app->profiles, selection, err) : -1;
	builder_freep(&run.builder);
	progress_freep(&progress);
	if (app->global.is_json && result == 0) {
		struct json *root = json_new_object();
		json_add(root, "images", TAKE(run.json));
		app_print_json(app, root);
	} else if (run.table.cell_count > 0) {
		table_print(&run.table, app_wants_color(app, STDOUT_FILENO));
	}
	json_free(run.json);
	images_release(&run.images);
	table_release(&run.table);
	return result;
}

static int run_build(struct app *app, const void *options, const struct strv *args,
		     struct error *err)
{
	const struct build_flags *flags = options;
	DEFER(selection_release) struct selection selection = { 0 };

	if (flags->names_only) {
		for (size_t i = 0; i < app->profiles.count; i++)
			puts(app->profiles.items[i].name);
		return 0;
	}
	if (select_images(app, flags, args, &selection, err) < 0 || app_open_host(app, err) < 0)
		return -1;
	return build(app, flags, &selection, err);
}

const struct command cmd_build = {
	.name = "build",
	.summary = "Build the images of profiles and sidecars",
	.args = "[PROFILE…]",
	.details =
		"Without a name: what the inventory at hand uses, or every profile where there is "
		"none. No registry is needed: the base is pulled when one answers, else made from "
		"Debian packages. Unchanged input builds nothing.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_PROFILE,
	.options = build_option_table,
	.options_size = sizeof(struct build_flags),
	.run = run_build,
};
