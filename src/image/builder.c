/* SPDX-License-Identifier: MIT */
#include "winalux/image/builder.h"

#include <stdlib.h>
#include <string.h>

#include "image/internal.h"
#include "image/build_mark.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/config.h"
#include "winalux/podman/image.h"

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
	input_base(b, b->base_input);
	return b;
}

void builder_freep(struct builder **builder)
{
	struct builder *b = TAKE(*builder);

	if (b == NULL)
		return;
	build_mark_freep(&b->mark);
	free(b->ca_pem);
	free(b->mirror);
	free(b->pulled);
	free(b);
}

enum image_state builder_profile_state(struct builder *b, const struct images *images,
				       const struct profile *p)
{
	DEFER(recipe_release) struct recipe recipe;

	recipe_init_profile(&recipe, p);
	return recipe_state(b, &recipe, images);
}

enum image_state builder_sidecar_state(struct builder *b, const struct images *images,
				       const struct sidecar_kind *k)
{
	DEFER(recipe_release) struct recipe recipe;
	DEFER(freep) char *name = NULL;

	recipe_init_sidecar(&recipe, k, &name);
	return recipe_state(b, &recipe, images);
}

/* What is asked for by --no-cache and --base is made whatever its state. */
static bool is_wanted_anew(const struct builder *b, const struct recipe *r)
{
	return b->options.no_cache || (b->options.with_base && recipe_is_on_our_base(r));
}

static int ensure(struct builder *b, const struct images *images, const struct recipe *r,
		  char **ret_id, bool *ret_built, struct error *err)
{
	bool has_new_base = false;

	*ret_built = false;
	if (!is_wanted_anew(b, r) && recipe_state(b, r, images) == IMAGE_CURRENT) {
		*ret_id = xstrdup(images_find(images, r->reference)->id);
		return 0;
	}
	if (recipe_is_on_our_base(r) && base_ensure(b, images, &has_new_base, err) < 0)
		return -1;
	if (recipe_build(b, r, images, NULL, ret_id, err) < 0)
		return -1;
	*ret_built = true;
	return 0;
}

int builder_ensure_profile(struct builder *b, const struct images *images, const struct profile *p,
			   char **ret_id, bool *ret_built, struct error *err)
{
	DEFER(recipe_release) struct recipe recipe;

	recipe_init_profile(&recipe, p);
	return ensure(b, images, &recipe, ret_id, ret_built, err);
}

int builder_ensure_sidecar(struct builder *b, const struct images *images,
			   const struct sidecar_kind *k, char **ret_id, bool *ret_built,
			   struct error *err)
{
	DEFER(recipe_release) struct recipe recipe;
	DEFER(freep) char *name = NULL;

	recipe_init_sidecar(&recipe, k, &name);
	return ensure(b, images, &recipe, ret_id, ret_built, err);
}
