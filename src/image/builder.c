/* SPDX-License-Identifier: MIT */
#include "winalux/image/builder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "image/internal.h"
#include "image/build_mark.h"
#include "winalux/base/arch.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/profile.h"
#include "winalux/inventory/stack.h"
#include "winalux/podman/image.h"
#include "winalux/podman/manifest.h"
#include "winalux/podman/podman.h"

/* The suite is the one setting that people change: the image of the same suite goes with it. */
static char *pulled_reference(const struct config *config)
{
	static const char ours[] = "docker.io/library/debian:trixie-slim";
	const char *configured = config->base_image == NULL ? "" : config->base_image;

	if (strcmp(configured, ours) == 0)
		return xasprintf("docker.io/library/debian:%s-slim", config->debian_suite);
	return xstrdup(configured);
}

static int check_mirror(const char *configured, struct error *err)
{
	if (configured == NULL || !mirror_has_password(configured))
		return 0;
	return error_set(err, ERROR_USAGE,
			 "'debian_mirror' has a name or password in it, which would stay in the "
			 "history of every image; use an address without");
}

struct builder *builder_new(const struct builder_options *options, struct error *err)
{
	struct builder *b = xcalloc(1, sizeof(*b));

	b->options = *options;
	b->mark = build_mark_new(options->podman, BUILD_MARK_LIFETIME_S);
	if (check_mirror(options->config->debian_mirror, err) < 0 ||
	    host_ca_find(options->config, &b->ca_pem, &b->ca_count, err) < 0) {
		builder_freep(&b);
		return NULL;
	}
	b->mirror = options->config->debian_mirror != NULL
			    ? xstrdup(options->config->debian_mirror)
			    : mirror_find("/etc/os-release", "/etc/apt");
	b->pulled = pulled_reference(options->config);
	b->arch = arch_own();
	b->base_reference = xstrdup(IMAGE_BASE_REFERENCE);
	input_base(b, b->base_input);
	return b;
}

bool builder_is_foreign(const struct builder *b)
{
	return b->arch != arch_own();
}

/* There are two, so one place is enough for what is known of the other one's base. */
void builder_set_arch(struct builder *b, const char *arch)
{
	char build[HASH_HEX_SIZE] = "";

	arch = arch_find(arch);
	assert(arch != NULL);
	if (arch == b->arch)
		return;
	if (b->made_arch == arch)
		memcpy(build, b->made_build, HASH_HEX_SIZE);
	b->made_arch = b->arch;
	memcpy(b->made_build, b->base_build, HASH_HEX_SIZE);
	memcpy(b->base_build, build, HASH_HEX_SIZE);
	b->arch = arch;
	free(b->base_reference);
	b->base_reference = image_reference_for(IMAGE_BASE_REFERENCE, arch);
	input_base(b, b->base_input);
}

/* A recipe names what the own architecture's image is called. */
static void recipe_set_arch(struct recipe *r, const struct builder *b)
{
	char *reference = image_reference_for(r->reference, b->arch);

	free(r->reference);
	r->reference = reference;
	if (!builder_is_foreign(b))
		return;
	r->arch_name = xasprintf("%s-%s", r->name, b->arch);
	r->name = r->arch_name;
}

void builder_freep(struct builder **builder)
{
	struct builder *b = TAKE(*builder);

	if (b == NULL)
		return;
	build_mark_freep(&b->mark);
	emulation_freep(&b->emulation);
	free(b->base_reference);
	free(b->ca_pem);
	free(b->mirror);
	free(b->pulled);
	strv_release(&b->made);
	free(b);
}

/* --- the layers of a profile with stacks: 0 is the profile itself --- */

struct layers {
	struct recipe *items;
	size_t count;
};

static void layers_release(struct layers *l)
{
	for (size_t i = 0; i < l->count; i++)
		recipe_release(&l->items[i]);
	free(l->items);
}

static void layers_init(struct layers *l, const struct builder *b, const struct profile *p,
			const struct stack_list *stacks)
{
	l->count = 1 + (stacks != NULL ? stacks->count : 0);
	l->items = xcalloc(l->count, sizeof(l->items[0]));
	recipe_init_profile(&l->items[0], p);
	recipe_set_arch(&l->items[0], b);
	for (size_t i = 1; i < l->count; i++) {
		recipe_init_stack(&l->items[i], &l->items[i - 1], p->name, stacks, i);
		recipe_set_arch(&l->items[i], b);
	}
}

/* The last layer's input holds those of all below it, which need not be there any more. */
static enum image_state layers_state(const struct builder *b, const struct layers *layers,
				     const struct images *images)
{
	enum image_state state = recipe_state(b, &layers->items[layers->count - 1], images);

	for (size_t i = 0; state == IMAGE_CURRENT && i + 1 < layers->count; i++) {
		if (recipe_state(b, &layers->items[i], images) == IMAGE_STALE)
			state = IMAGE_STALE;
	}
	return state;
}

enum image_state builder_profile_state(struct builder *b, const struct images *images,
				       const struct profile *p, const struct stack_list *stacks)
{
	DEFER(layers_release) struct layers layers = { 0 };

	layers_init(&layers, b, p, stacks);
	return layers_state(b, &layers, images);
}

enum image_state builder_sidecar_state(struct builder *b, const struct images *images,
				       const struct sidecar_kind *k, const char *version)
{
	DEFER(recipe_release) struct recipe recipe;
	DEFER(freep) char *name = NULL;

	recipe_init_sidecar(&recipe, k, version, &name);
	recipe_set_arch(&recipe, b);
	return recipe_state(b, &recipe, images);
}

/* What is asked for by --no-cache and --base is made whatever its state, once. */
static bool is_wanted_anew(const struct builder *b, const struct recipe *r)
{
	if (strv_contains(&b->made, r->reference))
		return false;
	return b->options.no_cache || (b->options.with_base && recipe_is_on_our_base(r));
}

int builder_ensure(struct builder *b, const struct images *images, struct recipe *r, char **ret_id,
		   bool *ret_built, struct error *err)
{
	bool has_new_base = false;

	*ret_built = false;
	if (!is_wanted_anew(b, r) && recipe_state(b, r, images) == IMAGE_CURRENT) {
		*ret_id = xstrdup(images_find(images, r->reference)->id);
		return 0;
	}
	if (emulation_ensure(b, images, b->arch, err) < 0)
		return -1;
	if (recipe_is_on_our_base(r) && base_ensure(b, images, &has_new_base, err) < 0)
		return -1;
	if (recipe_build(b, r, images, NULL, ret_id, err) < 0)
		return -1;
	strv_add(&b->made, r->reference);
	*ret_built = true;
	return 0;
}

static int ensure_layers(struct builder *b, const struct images *images, struct layers *layers,
			 char **ret_id, bool *ret_built, struct error *err)
{
	DEFER(freep) char *id = NULL;
	bool is_any_built = false;

	for (size_t i = 0; i < layers->count; i++) {
		bool is_built = false;

		freep(&id);
		if (builder_ensure(b, images, &layers->items[i], &id, &is_built, err) < 0)
			return -1;
		is_any_built = is_any_built || is_built;
	}
	*ret_built = is_any_built;
	*ret_id = TAKE(id);
	return 0;
}

int builder_ensure_profile(struct builder *b, const struct images *images, const struct profile *p,
			   const struct stack_list *stacks, char **ret_id, bool *ret_built,
			   struct error *err)
{
	DEFER(layers_release) struct layers layers = { 0 };
	const struct recipe *top;

	layers_init(&layers, b, p, stacks);
	top = &layers.items[layers.count - 1];
	*ret_built = false;
	if (!is_wanted_anew(b, &layers.items[0]) &&
	    layers_state(b, &layers, images) == IMAGE_CURRENT) {
		*ret_id = xstrdup(images_find(images, top->reference)->id);
		return 0;
	}
	return ensure_layers(b, images, &layers, ret_id, ret_built, err);
}

int builder_ensure_sidecar(struct builder *b, const struct images *images,
			   const struct sidecar_kind *k, const char *version, char **ret_id,
			   bool *ret_built, struct error *err)
{
	DEFER(recipe_release) struct recipe recipe;
	DEFER(freep) char *name = NULL;

	recipe_init_sidecar(&recipe, k, version, &name);
	recipe_set_arch(&recipe, b);
	return builder_ensure(b, images, &recipe, ret_id, ret_built, err);
}

/*
 * An image that was loaded over an equal one that had been built has two manifests in the store of
 * 4.3.1, and a list may get the one that cannot be read again: nothing can be listed then.
 */
static int make_list(struct podman *podman, const char *list, const struct strv *members,
		     struct error *err)
{
	DEFER(images_release) struct images now = { 0 };
	struct error why;

	if (manifest_create(podman, list, members, err) < 0)
		return -1;
	if (image_list(podman, &now, &why) == 0)
		return 0;
	manifest_remove(podman, list, NULL, NULL);
	return error_set(err, ERROR_PODMAN,
			 "cannot keep manifest list '%s': with it, %.600s; `winalux build "
			 "--no-cache` makes its images anew",
			 list, why.text);
}

int builder_ensure_list(struct builder *b, const struct images *images, const char *reference,
			bool is_wanted, bool was_built, struct error *err)
{
	DEFER(freep) char *list = image_list_reference(reference);
	DEFER(strv_release) struct strv members = { 0 };
	bool exists = images_find(images, list) != NULL;
	struct podman_version version;

	/* One without the own architecture would keep Podman 4.3.1 from listing any image. */
	if (images_find(images, reference) == NULL || (exists ? !was_built : !is_wanted))
		return 0;
	if (podman_get_version(b->options.podman, &version, err) < 0)
		return -1;
	if (!podman_version_at_least(&version, 5, 0)) {
		progress_say(b, reference,
			     "no manifest list: Podman before 5 cannot list images "
			     "beside one");
		return 0;
	}
	for (size_t i = 0; arch_names[i] != NULL; i++) {
		DEFER(freep) char *member = image_reference_for(reference, arch_names[i]);

		if (images_find(images, member) != NULL)
			strv_add(&members, member);
	}
	return make_list(b->options.podman, list, &members, err);
}
