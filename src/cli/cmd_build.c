/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
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

/* What is to be built, by name. */
struct selection {
	struct strv profiles;
	struct strv sidecars;
	struct strv archs; /* never empty */
};

static void selection_release(struct selection *s)
{
	strv_release(&s->profiles);
	strv_release(&s->sidecars);
	strv_release(&s->archs);
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

/* "sidecar-redis", as its image is called. */
static bool select_sidecar(const struct profiles *p, const char *name, struct selection *ret)
{
	static const char prefix[] = "sidecar-";
	const struct sidecar_kind *kind;

	if (strncmp(name, prefix, strlen(prefix)) != 0 || profiles_find(p, name))
		return false;
	kind = profiles_find_sidecar(p, name + strlen(prefix));
	if (kind)
		add_once(&ret->sidecars, kind->name);
	return kind != NULL;
}

/* Names; else --all; else what the inventory at hand uses; else every profile. */
static int select_images(struct app *app, const struct build_flags *flags, const struct strv *args,
			 struct selection *ret, struct error *err)
{
	const struct profiles *p = &app->profiles;

	for (size_t i = 0; i < args->count; i++) {
		if (select_sidecar(p, args->items[i], ret))
			continue;
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

/* A profile or a sidecar, not both. */
struct subject {
	const struct profile *profile;
	const struct sidecar_kind *kind;
};

static int ensure(struct run *run, const struct subject *s, const char *arch, char **ret_id,
		  bool *ret_built, struct error *err)
{
	if (floor_check(run->host, err) < 0 ||
	    emulation_ensure(run->builder, &run->images, arch, err) < 0)
		return -1;
	builder_set_arch(run->builder, arch);
	return s->profile ? builder_ensure_profile(run->builder, &run->images, s->profile, ret_id,
						   ret_built, err)
			  : builder_ensure_sidecar(run->builder, &run->images, s->kind, ret_id,
						   ret_built, err);
}

static int build_for(struct run *run, const struct subject *s, const char *name, const char *arch,
		     bool *was_built, struct error *err)
{
	DEFER(freep)
	char *row = arch == arch_own() ? xasprintf("image %s", name)
				       : xasprintf("image %s-%s", name, arch);
	DEFER(freep) char *id = NULL;
	const int64_t begun_ms = clock_mono_ms();
	bool is_new = false;
	int result = ensure(run, s, arch, &id, &is_new, err);
	const int64_t took_ms = clock_mono_ms() - begun_ms;

	if (result < 0 || is_new)
		run->sink.on_done(run->sink.context, row, ACTION_CREATE, took_ms,
				  result < 0 ? err : NULL);
	if (result < 0)
		return -1;
	note_done(run, name, arch, id, is_new, took_ms);
	if (!is_new)
		return 0;
	*was_built = true;
	images_release(&run->images);
	run->images = (struct images){ 0 };
	return image_list(run->podman, &run->images, err);
}

static int build_one(struct run *run, const struct subject *s, const struct strv *archs,
		     struct error *err)
{
	DEFER(freep)
	char *name =
		s->profile ? xstrdup(s->profile->name) : xasprintf("sidecar-%s", s->kind->name);
	DEFER(freep)
	char *reference = s->profile ? image_profile_reference(s->profile->name)
				     : image_sidecar_reference(s->kind->name);
	bool was_built = false;

	for (size_t i = 0; i < archs->count; i++)
		if (build_for(run, s, name, arch_find(archs->items[i]), &was_built, err) < 0)
			return -1;
	return builder_ensure_list(run->builder, &run->images, reference, archs->count > 1,
				   was_built, err);
}

static int build_selected(struct run *run, const struct profiles *profiles,
			  const struct selection *selection, struct error *err)
{
	if (image_list(run->podman, &run->images, err) < 0)
		return -1;
	for (size_t i = 0; i < selection->profiles.count; i++) {
		const struct subject s = { .profile = profiles_find(profiles,
								    selection->profiles.items[i]) };

		if (s.profile && build_one(run, &s, &selection->archs, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < selection->sidecars.count; i++) {
		const struct subject s = { .kind = profiles_find_sidecar(
						   profiles, selection->sidecars.items[i]) };

		if (s.kind && build_one(run, &s, &selection->archs, err) < 0)
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
	if (select_archs(flags->arch, &selection, err) < 0 ||
	    select_images(app, flags, args, &selection, err) < 0 || app_open_host(app, err) < 0)
		return -1;
	return build(app, flags, &selection, err);
}

const struct command cmd_build = {
	.name = "build",
	.summary = "Build the images of profiles and sidecars",
	.args = "[PROFILE|sidecar-NAME…]",
	.details =
		"Without a name: what the inventory at hand uses, or every profile where there is "
		"none. No registry is needed: the base is pulled when one answers, else made from "
		"Debian packages. Unchanged input builds nothing. With more than one architecture "
		"each image gets a manifest list, which has the version of winalux as its tag; the "
		"other architecture's own tag ends with its name (web:latest-arm64).",
	.max_args = ARGS_ANY,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_PROFILE,
	.options = build_option_table,
	.options_size = sizeof(struct build_flags),
	.run = run_build,
};
