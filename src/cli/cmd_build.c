/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/arch.h"
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

enum { ARCHS_MAX = 2 };

struct build_flags {
	bool with_sidecars;
	bool is_all;
	bool no_cache;
	bool with_base;
	bool names_only;
	const char *arch;
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
	{ .name = "arch",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct build_flags, arch),
	  .arg = "ARCH,…",
	  .help = "for amd64, arm64 or all; what is not this machine's is built by QEMU" },
	{ .name = "names",
	  .offset = offsetof(struct build_flags, names_only),
	  .help = "print the names of the profiles, one a line, and build nothing" },
	{ .name = NULL },
};

/* A profile with its stacks, or a sidecar kind. */
struct target {
	char *name; /* "web", "web.golang", "sidecar-redis", "sidecar-faktory.1.9.1" */
	const struct profile *profile;
	struct stack_list stacks;
	const struct sidecar_kind *kind;
	char *version; /* of the kind; NULL: its default */
};

struct selection {
	struct target *items;
	size_t count;
	size_t cap;
	struct strv archs; /* never empty */
};

static void target_release(struct target *t)
{
	freep(&t->name);
	freep(&t->version);
	stack_list_release(&t->stacks);
}

static void selection_release(struct selection *s)
{
	strv_release(&s->archs);
	for (size_t i = 0; i < s->count; i++)
		target_release(&s->items[i]);
	free(s->items);
}

/* Takes t, unless it is there already. */
static void add_target(struct selection *s, struct target *t)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->items[i].name, t->name) == 0) {
			target_release(t);
			return;
		}
	}
	struct target *place = xgrow(&s->items, &s->cap, s->count, sizeof(s->items[0]));
	*place = *t;
	s->count++;
}

static void add_profile(struct selection *s, const struct profiles *profiles,
			const struct profile *p, const struct strv *stacks)
{
	struct target t = { .profile = p };

	stacks_of(profiles, p, stacks, &t.stacks);
	t.name = stacks_image_name(p->name, &t.stacks, t.stacks.count);
	add_target(s, &t);
}

/* version NULL: its default, which may be named too. */
static void add_kind(struct selection *s, const struct sidecar_kind *kind, const char *version)
{
	struct target t = { .kind = kind };

	if (version && strcmp(version, kind->default_version) != 0)
		t.version = xstrdup(version);
	t.name = image_sidecar_name(kind->name, t.version);

	add_target(s, &t);
}

static int select_inventory(struct app *app, struct selection *ret, struct error *err)
{
	DEFER(inventory_release) struct inventory inventory = { 0 };
	const struct profiles *profiles = &app->profiles;

	if (app_load_inventory(app, NULL, &inventory, err) < 0)
		return -1;
	for (size_t i = 0; i < inventory.count; i++) {
		const struct workspace *w = &inventory.workspaces[i];
		const struct profile *p = profiles_find(profiles, w->profile);

		if (p)
			add_profile(ret, profiles, p, &w->stacks);
		for (size_t j = 0; j < w->sidecar_count; j++) {
			const struct sidecar_kind *k =
				profiles_find_sidecar(profiles, w->sidecars[j].name);

			if (!w->sidecars[j].image && k)
				add_kind(ret, k, w->sidecars[j].version);
		}
	}
	return 0;
}

static int select_sidecar(const struct sidecar_kind *kind, const char *version,
			  struct selection *ret, struct error *err)
{
	if (version && !kind->default_version)
		return error_set(err, ERROR_USAGE,
				 "sidecar '%s' is installed from Debian's packages, which have one "
				 "version; leave '.%s' out",
				 kind->name, version);
	if (version && !inventory_version_is_valid(version))
		return error_set(err, ERROR_USAGE, "'%s' is no version such as 1.9.1", version);
	add_kind(ret, kind, version);
	return 0;
}

/* "web", "web.golang.nodejs", "sidecar-redis" or "sidecar-faktory.1.9.1". */
static int select_named(const struct profiles *profiles, const char *text, struct selection *ret,
			struct error *err)
{
	struct target t = { 0 };
	const struct sidecar_kind *kind;
	const char *version;

	kind = image_parse_sidecar_name(profiles, text, &version);
	if (kind)
		return select_sidecar(kind, version, ret, err);
	if (stacks_parse_image_name(profiles, text, &t.profile, &t.stacks, err) < 0)
		return -1;
	t.name = stacks_image_name(t.profile->name, &t.stacks, t.stacks.count);
	add_target(ret, &t);
	return 0;
}

/* Names; else --all and what the inventory at hand uses; else every profile. */
static int select_images(struct app *app, const struct build_flags *flags, const struct strv *args,
			 struct selection *ret, struct error *err)
{
	const struct profiles *p = &app->profiles;
	const bool has_inventory = app_default_inventory(app) != NULL;
	const bool is_every = flags->is_all || (args->count == 0 && !has_inventory);

	for (size_t i = 0; i < args->count; i++) {
		if (select_named(p, args->items[i], ret, err) < 0)
			return -1;
	}
	for (size_t i = 0; is_every && i < p->count; i++)
		add_profile(ret, p, &p->items[i], NULL);
	if (args->count == 0 && has_inventory && select_inventory(app, ret, err) < 0)
		return -1;
	for (size_t i = 0; (flags->with_sidecars || flags->is_all) && i < p->kind_count; i++)
		add_kind(ret, &p->kinds[i], NULL);
	return 0;
}

/* The own architecture comes first: an emulator is built on its base. */
static int select_archs(const char *text, struct selection *ret, struct error *err)
{
	DEFER(strv_release) struct strv names = { 0 };
	bool is_wanted[ARCHS_MAX] = { false };

	strv_add_split(&names, text ? text : arch_own(), ",");
	for (size_t i = 0; i < names.count; i++) {
		const char *arch = arch_find(names.items[i]);
		bool is_all = strcmp(names.items[i], "all") == 0;

		if (!arch && !is_all)
			return error_set(err, ERROR_USAGE,
					 "--arch: no architecture '%s'; there are amd64, arm64 and "
					 "all",
					 names.items[i]);
		for (size_t k = 0; arch_names[k]; k++)
			is_wanted[k] |= is_all || arch == arch_names[k];
	}
	for (int own = 1; own >= 0; own--)
		for (size_t k = 0; arch_names[k]; k++)
			if (is_wanted[k] && (arch_names[k] == arch_own()) == own)
				strv_add(&ret->archs, arch_names[k]);
	if (ret->archs.count == 0)
		return error_set(err, ERROR_USAGE, "--arch: name amd64, arm64 or all");
	return 0;
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

static void note_done(struct run *run, const char *name, const char *arch, const char *id,
		      bool was_built, int64_t took_ms)
{
	DEFER(freep) char *took = view_took(took_ms);
	struct json *item = json_append_object(run->json);

	json_add_text(item, "name", name);
	json_add_text(item, "arch", arch);
	json_add_text(item, "id", id);
	json_add_bool(item, "built", was_built);
	json_add_int(item, "took_ms", took_ms);
	if (arch == arch_own())
		table_add(&run->table, name);
	else
		table_addf(&run->table, "%s-%s", name, arch);
	table_add_colored(&run->table, was_built ? TABLE_GREEN : TABLE_PLAIN,
			  was_built ? "built" : "unchanged");
	table_add(&run->table, took);
	table_addf(&run->table, "%.12s", id);
}

static int ensure(struct run *run, const struct target *t, const char *arch, char **ret_id,
		  bool *ret_built, struct error *err)
{
	builder_set_arch(run->builder, arch);
	if (t->kind)
		return builder_ensure_sidecar(run->builder, &run->images, t->kind, t->version,
					      ret_id, ret_built, err);
	return builder_ensure_profile(run->builder, &run->images, t->profile, &t->stacks, ret_id,
				      ret_built, err);
}

static int build_for(struct run *run, const struct target *t, const char *arch, bool *was_built,
		     struct error *err)
{
	DEFER(freep)
	char *row = arch == arch_own() ? xasprintf("image %s", t->name)
				       : xasprintf("image %s-%s", t->name, arch);
	DEFER(freep) char *id = NULL;
	const int64_t begun_ms = clock_mono_ms();
	bool is_new = false;

	if (floor_check(run->host, err) < 0)
		return -1;
	int result = ensure(run, t, arch, &id, &is_new, err);
	const int64_t took_ms = clock_mono_ms() - begun_ms;

	if (result < 0 || is_new)
		run->sink.on_done(run->sink.context, row, ACTION_CREATE, took_ms,
				  result < 0 ? err : NULL);
	if (result < 0)
		return -1;
	note_done(run, t->name, arch, id, is_new, took_ms);
	if (!is_new)
		return 0;
	*was_built = true;
	images_release(&run->images);
	run->images = (struct images){ 0 };
	return image_list(run->podman, &run->images, err);
}

static int build_one(struct run *run, const struct target *t, const struct strv *archs,
		     struct error *err)
{
	DEFER(freep)
	char *reference = t->kind ? image_sidecar_reference(t->kind->name, t->version)
				  : image_profile_reference(t->name);
	DEFER(freep) char *list = image_list_reference(reference);
	const bool has_list = images_find(&run->images, list) != NULL;
	bool was_built = false;

	for (size_t i = 0; i < archs->count; i++)
		if (build_for(run, t, arch_find(archs->items[i]), &was_built, err) < 0)
			return -1;
	return builder_ensure_list(run->builder, &run->images, reference,
				   has_list || archs->count > 1, was_built, err);
}

static int build_selected(struct run *run, const struct selection *selection, struct error *err)
{
	if (image_list(run->podman, &run->images, err) < 0)
		return -1;
	for (size_t i = 0; i < selection->count; i++)
		if (build_one(run, &selection->items[i], &selection->archs, err) < 0)
			return -1;
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
	int result = run.builder ? build_selected(&run, selection, err) : -1;
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
	if (select_archs(flags->arch, &selection, err) < 0 ||
	    select_images(app, flags, args, &selection, err) < 0 || app_open_host(app, err) < 0)
		return -1;
	return build(app, flags, &selection, err);
}

const struct command cmd_build = {
	.name = "build",
	.summary = "Build the images of profiles and sidecars",
	.args = "[PROFILE[.STACK…]|sidecar-NAME[.VERSION]…]",
	.details =
		"Without a name: what the inventory at hand uses, or every profile where there is "
		"none. 'web.golang' is the profile web with the stack golang. No registry is "
		"needed: the base is pulled when one answers, else made from Debian packages. "
		"Unchanged input builds nothing. With more than one architecture each image gets a "
		"manifest list, which has the version of winalux as its tag; the other "
		"architecture's own tag ends with its name (web:latest-arm64).",
	.max_args = ARGS_ANY,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_PROFILE,
	.options = build_option_table,
	.options_size = sizeof(struct build_flags),
	.run = run_build,
};
