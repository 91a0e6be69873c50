/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/arch.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/image/reference.h"
#include "winalux/image/registry.h"
#include "winalux/inventory/inventory.h"
#include "winalux/inventory/stack.h"
#include "winalux/podman/image.h"
#include "winalux/workspace/apply.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "deploy.h"
#include "progress.h"
#include "table.h"
#include "view.h"

#define OURS "localhost/winalux/"

struct push_flags {
	const char *registry;
};

static const struct option push_option_table[] = {
	{ .name = "registry",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct push_flags, registry),
	  .arg = "REGISTRY",
	  .help = "HOST[:PORT][/PATH], instead of what the inventory or the setting 'registry' "
		  "says" },
	{ .name = NULL },
};

/* One run. Images are named "web", "web.golang" or "sidecar-redis" here. */
struct run {
	struct app *app;
	const char *registry;
	struct images images;
	struct progress_sink sink;
	struct table table;
	struct json *json;
	const char *name; /* of the image that is on its way */
};

static const struct table_column push_columns[] = {
	{ .title = "IMAGE" },
	{ .title = "PUSHED TO" },
	{ .title = "DIGEST" },
	{ .title = "TOOK", .is_right = true },
};

/*
 * By the references of every architecture that it is built for, if the own one is among them:
 * Podman 4.3.1 lists no image any more beside a manifest list without it.
 */
static void find_here(const struct images *images, const char *name, struct strv *ret)
{
	DEFER(freep) char *reference = image_profile_reference(name);

	if (!images_find(images, reference))
		return;
	for (size_t i = 0; arch_names[i]; i++) {
		DEFER(freep) char *member = image_reference_for(reference, arch_names[i]);

		if (images_find(images, member))
			strv_add(ret, member);
	}
}

/* What the image is called that a text names. */
static int add_named(const struct profiles *p, const char *text, struct strv *ret,
		     struct error *err)
{
	DEFER(stack_list_release) struct stack_list stacks = { 0 };
	DEFER(freep) char *name = NULL;
	const struct profile *profile;
	const char *version;
	const struct sidecar_kind *kind = image_parse_sidecar_name(p, text, &version);

	if (!kind && stacks_parse_image_name(p, text, &profile, &stacks, err) < 0)
		return -1;
	name = kind ? image_sidecar_name(kind->name, version)
		    : stacks_image_name(profile->name, &stacks, stacks.count);
	if (!strv_contains(ret, name))
		strv_add(ret, name);
	return 0;
}

/* Of one name that an image has, if it is that of a profile or sidecar of ours. */
static void add_built(const struct profiles *p, const char *name, struct strv *ret)
{
	DEFER(freep) char *text = NULL;

	if (!parse_literal(&name, OURS))
		return;
	text = xstrndup(name, strcspn(name, ":"));
	add_named(p, text, ret, NULL);
}

/* Everything of ours that is built. */
static void select_all(const struct profiles *p, const struct images *images, struct strv *ret)
{
	for (size_t i = 0; i < images->count; i++) {
		const struct strv *names = &images->items[i].names;

		for (size_t k = 0; !images->items[i].is_list && k < names->count; k++)
			add_built(p, names->items[k], ret);
	}
	strv_sort(ret);
}

static int select_images(const struct run *run, const struct strv *args, struct strv *ret,
			 struct error *err)
{
	const struct profiles *p = &run->app->profiles;

	for (size_t i = 0; i < args->count; i++) {
		if (add_named(p, args->items[i], ret, err) < 0)
			return -1;
	}
	if (args->count == 0)
		select_all(p, &run->images, ret);
	for (size_t i = 0; i < ret->count; i++) {
		DEFER(strv_release) struct strv here = { 0 };

		find_here(&run->images, ret->items[i], &here);
		if (here.count == 0)
			return error_set(err, ERROR_NOT_FOUND,
					 "image '%s' is not built yet; `winalux build` makes it",
					 ret->items[i]);
	}
	if (ret->count == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "no image of a profile or sidecar is here; `winalux build` makes "
				 "them");
	return 0;
}

static bool on_line(const char *line, void *context)
{
	const struct run *run = context;
	DEFER(freep) char *row = xasprintf("image %s", run->name);

	run->sink.on_line(run->sink.context, row, line);
	return true;
}

static void note_done(struct run *run, const char *destination, const char *digest, int64_t took_ms)
{
	DEFER(freep) char *took = view_took(took_ms);
	struct json *item = json_append_object(run->json);

	json_add_text(item, "name", run->name);
	json_add_text(item, "reference", destination);
	json_add_text(item, "digest", digest);
	json_add_int(item, "took_ms", took_ms);
	table_add(&run->table, run->name);
	table_add(&run->table, destination);
	table_addf(&run->table, "%.19s", digest);
	table_add(&run->table, took);
}

static int push_one(struct run *run, const char *name, struct error *err)
{
	const struct registry_options options = {
		.podman = host_podman(run->app->host),
		.config = &run->app->config,
		.cancelled = host_cancelled(run->app->host),
		.on_line = on_line,
		.context = run,
	};
	DEFER(strv_release) struct strv images = { 0 };
	DEFER(freep) char *destination = image_profile_reference_at(run->registry, name);
	DEFER(freep) char *row = xasprintf("image %s", name);
	DEFER(freep) char *digest = NULL;
	const int64_t begun_ms = clock_mono_ms();

	run->name = name;
	find_here(&run->images, name, &images);
	run->sink.on_step(run->sink.context, row, "push", 0, 0);
	int result = registry_push(&options, &images, destination, &digest, err);
	const int64_t took_ms = clock_mono_ms() - begun_ms;
	run->sink.on_done(run->sink.context, row, ACTION_UNCHANGED, took_ms,
			  result < 0 ? err : NULL);
	if (result == 0)
		note_done(run, destination, digest, took_ms);
	return result;
}

static int push_selected(struct run *run, const struct strv *args, struct error *err)
{
	DEFER(strv_release) struct strv names = { 0 };

	if (image_list(host_podman(run->app->host), &run->images, err) < 0 ||
	    select_images(run, args, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		if (push_one(run, names.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int push(struct app *app, const char *registry, const struct strv *args, struct error *err)
{
	struct progress *progress =
		progress_new(STDERR_FILENO, progress_mode_for(STDERR_FILENO, app->global.is_quiet));
	struct run run = { .app = app, .registry = registry, .sink = progress_sink(progress) };

	run.json = json_new_array();
	table_init(&run.table, push_columns, ARRAY_SIZE(push_columns));
	int result = push_selected(&run, args, err);
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

static int run_push(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct push_flags *flags = options;
	const struct image_choice choice = { .source = "registry", .registry = flags->registry };
	DEFER(inventory_release)
	struct inventory inventory = { .image_source = IMAGE_SOURCE_COUNT };
	const char *registry;

	if (!flags->registry && app_default_inventory(app) &&
	    app_load_inventory(app, NULL, &inventory, err) < 0)
		return -1;
	if (app_load_config(app, err) < 0 ||
	    image_choice_resolve(app, &choice, &inventory, &registry, err) < 0 ||
	    app_open_host(app, err) < 0)
		return -1;
	return push(app, registry, args, err);
}

const struct command cmd_push = {
	.name = "push",
	.summary = "Push the images of profiles and sidecars to a registry",
	.args = "[PROFILE[.STACK…]|sidecar-NAME[.VERSION]…]",
	.details =
		"Without a name: all of them that are built. An image becomes "
		"REGISTRY/winalux/NAME:VERSION, with every architecture that it is built for. The "
		"login is that of 'podman login'; certificates are those that Podman knows.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_PROFILE,
	.options = push_option_table,
	.options_size = sizeof(struct push_flags),
	.run = run_push,
};
