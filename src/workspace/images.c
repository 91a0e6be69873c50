/* SPDX-License-Identifier: MIT */
#include "images.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/image/registry.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/names.h"
#include "winalux/plan/plan.h"
#include "winalux/podman/image.h"
#include "winalux/workspace/apply.h"
#include "winalux/workspace/floor.h"
#include "winalux/workspace/host.h"

void images_on_line(const char *image, const char *line, void *context)
{
	const struct progress_sink *sink = context;
	DEFER(freep) char *name = xasprintf("image %s", image);

	if (sink->on_line)
		sink->on_line(sink->context, name, line);
}

/* Calls visit for each container that a step of the plan creates. */
typedef int (*container_fn)(const struct want *want, const struct want_container *c, void *context,
			    struct error *err);

static int each_created(const struct plan *plan, container_fn visit, void *context,
			struct error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct workspace_plan *w = &plan->items[i];

		for (size_t k = 0; k < w->step_count; k++) {
			const struct step *step = &w->steps[k];

			if (step->kind == STEP_CREATE_CONTAINER &&
			    visit(w->want, &w->want->containers[step->index], context, err) < 0)
				return -1;
		}
	}
	return 0;
}

static void add_once(struct strv *list, const char *text)
{
	if (!strv_contains(list, text))
		strv_add(list, text);
}

struct missing {
	const struct images *images;
	const char *guest_image;
	const char *emulated_guest_image;
	struct strv *list;
};

static int visit_missing(const struct want *want, const struct want_container *c, void *context,
			 struct error *err)
{
	const struct missing *m = context;
	const char *guest = m->guest_image;

	(void)err;
	if (!images_find(m->images, c->spec.image))
		add_once(m->list, c->spec.image);
	if (c->is_foreign)
		return 0;
	if (workspace_is_emulated(want->workspace))
		guest = m->emulated_guest_image;
	if (!images_find(m->images, guest))
		add_once(m->list, guest);
	return 0;
}

void images_list_missing(const struct plan *plan, const struct images *images,
			 const char *guest_image, struct strv *ret)
{
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *emulated = image_guest_reference(arch_other(), digest);
	struct missing m = { images, guest_image, emulated, ret };

	each_created(plan, visit_missing, &m, NULL);
}

/* Nobody here would build a foreign image, whatever its name. */
static bool is_pulled(const struct want_container *c)
{
	return c->is_pulled || c->is_foreign;
}

/* The version that the workspace chose of a built-in sidecar; NULL: none. */
static const char *version_of(const struct want *want, const struct want_container *c)
{
	const struct sidecar *sidecar = workspace_sidecar(want->workspace, c->role);

	return sidecar ? sidecar->version : NULL;
}

static enum image_state image_state(struct builder *builder, const struct want *want,
				    const struct want_container *c, const struct profiles *profiles,
				    const struct images *images)
{
	const struct profile *profile = profiles_find(profiles, want->workspace->profile);
	const struct sidecar_kind *kind = profiles_find_sidecar(profiles, c->role);

	DEFER(stack_list_release) struct stack_list stacks = { 0 };

	stacks_of(profiles, profile, &want->workspace->stacks, &stacks);
	builder_set_arch(builder, workspace_arch(want->workspace));
	if (!strcmp(c->role, ROLE_DEV))
		return profile ? builder_profile_state(builder, images, profile, &stacks)
			       : IMAGE_MISSING;
	return kind ? builder_sidecar_state(builder, images, kind, version_of(want, c))
		    : IMAGE_MISSING;
}

/* What `winalux build` calls "localhost/winalux/web.golang:latest-arm64": "--arch arm64
 * web.golang". The caller frees it. */
static char *build_arguments(const char *image)
{
	const char *slash = strrchr(image, '/');
	const char *name = slash ? slash + 1 : image;
	const size_t len = strcspn(name, ":");
	const char *arch = strchr(name + len, '-');

	if (!arch)
		return xasprintf("%.*s", (int)len, name);
	return xasprintf("--arch %s %.*s", arch + 1, (int)len, name);
}

void images_note_stale(struct builder *builder, const struct plan *plan,
		       const struct profiles *profiles, const struct images *images,
		       struct strv *notes)
{
	DEFER(strv_release) struct strv seen = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		const struct want *want = plan->items[i].want;

		if (!want)
			continue;
		for (size_t k = 0; k < want->container_count; k++) {
			const struct want_container *c = &want->containers[k];

			if (is_pulled(c) || strv_contains(&seen, c->spec.image))
				continue;
			strv_add(&seen, c->spec.image);
			if (image_state(builder, want, c, profiles, images) != IMAGE_STALE)
				continue;
			DEFER(freep) char *arguments = build_arguments(c->spec.image);
			strv_addf(notes,
				  "image '%s' is older than what it is made from; `winalux build "
				  "%s` renews it, the next deploy then makes the containers anew",
				  c->spec.image, arguments);
		}
	}
}

struct ensure {
	const struct images_options *options;
	const struct images *images; /* as known, or own */
	struct images own;           /* after a build: what others stand upon may be among it */
	struct strv done;
};

static void say(const struct progress_sink *sink, const char *image, const char *text)
{
	DEFER(freep) char *name = xasprintf("image %s", image);

	if (sink->on_step)
		sink->on_step(sink->context, name, text, 0, 0);
}

/* ACTION_CREATE: it was built; ACTION_UNCHANGED: it was pulled. */
static void say_done(const struct progress_sink *sink, const char *image, enum action action,
		     int64_t begun_ms, const struct error *err)
{
	DEFER(freep) char *name = xasprintf("image %s", image);

	if (sink->on_done)
		sink->on_done(sink->context, name, action, clock_mono_ms() - begun_ms, err);
}

struct pull {
	const struct progress_sink *sink;
	const char *reference;
};

static bool pull_line(const char *line, void *context)
{
	const struct pull *pull = context;

	images_on_line(pull->reference, line, (void *)(uintptr_t)pull->sink);
	return true;
}

static struct registry_options registry_options_of(const struct images_options *options,
						   struct pull *pull)
{
	return (struct registry_options){
		.podman = host_podman(options->host),
		.config = host_config(options->host),
		.cancelled = host_cancelled(options->host),
		.on_line = pull ? pull_line : NULL,
		.context = pull,
	};
}

/* ret_id may be NULL. */
static int pull_image(const struct images_options *options, const struct want *want,
		      const char *reference, enum pull_policy policy, char **ret_id,
		      struct error *err)
{
	const int64_t begun_ms = clock_mono_ms();
	struct pull pull = { options->sink, reference };
	struct registry_options registry = registry_options_of(options, &pull);
	struct error failure = { 0 };
	int status;

	registry.is_any_arch = workspace_is_emulated(want->workspace); /* check_arch decides */
	say(options->sink, reference, "pull");
	status = registry_pull(&registry, reference, policy, ret_id, &failure);
	say_done(options->sink, reference, ACTION_UNCHANGED, begun_ms,
		 status < 0 ? &failure : NULL);
	if (status < 0)
		*err = failure;
	return status;
}

static int look_again(struct ensure *e, struct error *err)
{
	images_release(&e->own);
	e->own = (struct images){ 0 };
	if (image_list(host_podman(e->options->host), &e->own, err) < 0)
		return -1;
	e->images = &e->own;
	return 0;
}

/* Short name, for people, and the build of one image of ours. */
static int build_own(struct ensure *e, const struct want *want, const struct want_container *c,
		     struct error *err)
{
	const struct profiles *profiles = e->options->profiles;
	const bool is_dev = !strcmp(c->role, ROLE_DEV);
	const struct sidecar_kind *kind = profiles_find_sidecar(profiles, c->role);
	const struct profile *profile = profiles_find(profiles, want->workspace->profile);
	const int64_t begun_ms = clock_mono_ms();
	DEFER(stack_list_release) struct stack_list stacks = { 0 };
	DEFER(freep) char *name = NULL;
	DEFER(freep) char *id = NULL;
	struct error failure = { 0 };
	bool is_built;
	int status;

	stacks_of(profiles, profile, &want->workspace->stacks, &stacks);
	name = is_dev ? stacks_image_name(want->workspace->profile, &stacks, stacks.count)
		      : xstrdup(c->role);
	say(e->options->sink, name, "build");
	builder_set_arch(e->options->builder, workspace_arch(want->workspace));
	if (is_dev)
		status = builder_ensure_profile(e->options->builder, e->images, profile, &stacks,
						&id, &is_built, &failure);
	else
		status = builder_ensure_sidecar(e->options->builder, e->images, kind,
						version_of(want, c), &id, &is_built, &failure);
	say_done(e->options->sink, name, ACTION_CREATE, begun_ms, status < 0 ? &failure : NULL);
	if (status == 0)
		return look_again(e, err);
	*err = failure;
	return -1;
}

static int ensure_guest(const struct ensure *e, const char *arch, struct error *err)
{
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *reference = image_guest_reference(arch, digest);
	DEFER(freep) char *id = NULL;
	bool is_built;

	if (!images_find(e->images, reference) && floor_check(e->options->host, err) < 0)
		return -1;
	return builder_ensure_guest(e->options->builder, e->images, arch, &id, &is_built, err);
}

/* What is written into images, and may be left out: then there is nothing to compare. */
static int find_arch(const struct ensure *e, const char *reference, char **ret, struct error *err)
{
	const struct image *image = images_find(e->images, reference);

	if (image && image->arch && *image->arch) {
		*ret = xstrdup(image->arch);
		return 0;
	}
	return image_get_arch(host_podman(e->options->host), reference, ret, err);
}

/*
 * Podman starts an image of another architecture with no more than a warning, and what is in it
 * then fails in ways that do not tell why.
 */
static int check_arch(const struct ensure *e, const struct want *want,
		      const struct want_container *c, struct error *err)
{
	const char *reference = c->spec.image;
	const bool is_foreign = c->is_foreign;
	DEFER(freep) char *arch = NULL;

	if (find_arch(e, reference, &arch, err) < 0)
		return -1;
	if (!*arch || strcmp(arch, workspace_arch(want->workspace)) == 0)
		return 0;
	/* Somebody else's, in an emulated workspace: the host's own runs as well. */
	if (is_foreign && strcmp(arch, arch_own()) == 0)
		return 0;
	return error_set(err, ERROR_HOST,
			 "image '%s' for workspace '%s' is for %s, and not for %s; `podman rmi %s` "
			 "removes it, the next deploy then gets the right one",
			 reference, want->workspace->name, arch, workspace_arch(want->workspace),
			 reference);
}

static bool is_forbidden(const struct images_options *options, const struct want_container *c)
{
	return options->no_build || (options->no_pull && is_pulled(c));
}

static const char *way_out(const struct images_options *options, const struct want_container *c)
{
	if (!is_pulled(c))
		return "`winalux build` makes it";
	return options->no_build ? "pull it or leave out --no-build"
				 : "pull it or leave out '--pull never'";
}

static int visit_ensure(const struct want *want, const struct want_container *c, void *context,
			struct error *err)
{
	struct ensure *e = context;

	if (strv_contains(&e->done, c->spec.image))
		return 0;
	strv_add(&e->done, c->spec.image);
	if (images_find(e->images, c->spec.image))
		return check_arch(e, want, c, err);
	if (is_forbidden(e->options, c))
		return error_set(err, ERROR_NOT_FOUND,
				 "image '%s' for workspace '%s' is missing; %s", c->spec.image,
				 want->workspace->name, way_out(e->options, c));
	if (floor_check(e->options->host, err) < 0)
		return -1;
	if (!is_pulled(c))
		return build_own(e, want, c, err);
	return pull_image(e->options, want, c->spec.image, PULL_MISSING, NULL, err) < 0
		       ? -1
		       : check_arch(e, want, c, err);
}

static int find_emulated(const struct want *want, const struct want_container *c, void *context,
			 struct error *err)
{
	bool *is_emulated = context;

	(void)c;
	(void)err;
	*is_emulated |= workspace_is_emulated(want->workspace);
	return 0;
}

static bool makes_emulated(const struct plan *plan)
{
	bool is_emulated = false;

	each_created(plan, find_emulated, &is_emulated, NULL);
	return is_emulated;
}

int images_ensure(const struct images_options *options, const struct plan *plan,
		  const struct images *images, struct error *err)
{
	struct ensure e = { .options = options, .images = images };
	int status = ensure_guest(&e, arch_own(), err);

	if (!status && makes_emulated(plan))
		status = ensure_guest(&e, arch_other(), err);
	if (!status)
		status = each_created(plan, visit_ensure, &e, err);
	strv_release(&e.done);
	images_release(&e.own);
	return status;
}

/* --- what registries have --- */

/* Calls visit once for each image of the plan that is here and comes from a registry. */
typedef int (*image_fn)(const struct want *want, const struct image *image, const char *reference,
			void *context, struct error *err);

static int each_pulled(const struct plan *plan, const struct images *images, bool with_foreign,
		       image_fn visit, void *context, struct error *err)
{
	DEFER(strv_release) struct strv seen = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		const struct want *want = plan->items[i].want;

		for (size_t k = 0; want && k < want->container_count; k++) {
			const struct want_container *c = &want->containers[k];
			const struct image *image = images_find(images, c->spec.image);

			if (!image || !c->is_pulled || (c->is_foreign && !with_foreign) ||
			    strv_contains(&seen, c->spec.image))
				continue;
			strv_add(&seen, c->spec.image);
			if (visit(want, image, c->spec.image, context, err) < 0)
				return -1;
		}
	}
	return 0;
}

struct renewal {
	const struct images_options *options;
	struct strv *replaced;
};

static int visit_renew(const struct want *want, const struct image *image, const char *reference,
		       void *context, struct error *err)
{
	const struct renewal *r = context;
	DEFER(freep) char *id = NULL;

	if (floor_check(r->options->host, err) < 0 ||
	    pull_image(r->options, want, reference, PULL_ALWAYS, &id, err) < 0)
		return -1;
	if (id && strcmp(id, image->id) != 0)
		add_once(r->replaced, image->id);
	return 0;
}

int images_renew(const struct images_options *options, const struct plan *plan,
		 const struct images *images, struct strv *ret_replaced, struct error *err)
{
	struct renewal r = { options, ret_replaced };

	return each_pulled(plan, images, true, visit_renew, &r, err);
}

struct comparison {
	const struct images_options *options;
	struct strv *notes;
};

static int visit_compare(const struct want *want, const struct image *image, const char *reference,
			 void *context, struct error *err)
{
	const struct comparison *c = context;
	const struct registry_options registry = registry_options_of(c->options, NULL);
	bool is_newer = false;

	(void)want;
	if (registry_has_newer(&registry, reference, image, &is_newer, err) < 0)
		return -1;
	if (is_newer)
		strv_addf(c->notes,
			  "image '%s': the registry has a newer one; `winalux deploy --pull newer` "
			  "takes it and makes the containers anew",
			  reference);
	return 0;
}

void images_note_newer(const struct images_options *options, const struct plan *plan,
		       const struct images *images, bool with_foreign, struct strv *notes)
{
	struct comparison c = { options, notes };
	struct error why;

	if (each_pulled(plan, images, with_foreign, visit_compare, &c, &why) < 0 &&
	    why.kind != ERROR_INTERRUPTED)
		strv_addf(notes, "newer images were not looked for: %s", why.text);
}

void images_remove_nameless(struct host *host, const struct strv *ids)
{
	struct images now = { 0 };

	if (!ids->count || image_list(host_podman(host), &now, NULL) < 0)
		return;
	for (size_t i = 0; i < now.count; i++) {
		if (!now.items[i].names.count && strv_contains(ids, now.items[i].id))
			image_remove(host_podman(host), now.items[i].id, false, NULL);
	}
	images_release(&now);
}
