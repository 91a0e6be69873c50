/* SPDX-License-Identifier: MIT */
#include "image/internal.h"

#include <stdlib.h>
#include <string.h>

#include "image/build_mark.h"
#include "winalux/base/arch.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/profile.h"
#include "winalux/inventory/stack.h"
#include "winalux/podman/image.h"
#include "winalux/podman/manifest.h"

void recipe_init_profile(struct recipe *r, const struct profile *p)
{
	*r = (struct recipe){
		.name = p->name,
		.role = "profile",
		.folder = "profile",
		.base = p->base,
		.containerfile = p->containerfile,
		.packages = &p->packages,
		.python = &p->python,
		.reference = image_profile_reference(p->name),
	};
}

void recipe_init_sidecar(struct recipe *r, const struct sidecar_kind *k, const char *version,
			 char **ret_name)
{
	*ret_name = image_sidecar_name(k->name, version);
	*r = (struct recipe){
		.name = *ret_name,
		.role = "sidecar",
		.folder = k->folder,
		.base = k->base,
		.containerfile = k->containerfile,
		.packages = &k->packages,
		.version = version ? version : k->default_version,
		.reference = image_sidecar_reference(k->name, version),
	};
}

void recipe_init_stack(struct recipe *r, const struct recipe *parent, const char *profile,
		       const struct stack_list *stacks, size_t count)
{
	const struct stack *stack = stacks->items[count - 1];
	char *name = stacks_image_name(profile, stacks, count);
	char *generated = stack_containerfile(stack);

	*r = (struct recipe){
		.parent = parent,
		.name = name,
		.role = "stack",
		.folder = "profile",
		.base = parent->reference,
		.containerfile = generated,
		.packages = &stack->packages,
		.python = &stack->python,
		.npm = &stack->npm,
		.stack = stack,
		.reference = image_profile_reference(name),
		.generated = generated,
		.generated_name = name,
	};
}

void recipe_release(struct recipe *r)
{
	if (r == NULL)
		return;
	freep(&r->reference);
	freep(&r->arch_name);
	freep(&r->generated);
	freep(&r->generated_name);
}

static void add_list(struct labels *args, const char *name, const struct strv *list,
		     const char *separator)
{
	DEFER(freep) char *text = list == NULL ? NULL : strv_join(list, separator);

	if (text != NULL)
		labels_add(args, name, text);
}

/* A profile that names Python packages need not name what makes their environment. */
static void add_packages(struct labels *args, const struct recipe *r)
{
	DEFER(strv_release) struct strv packages = { 0 };

	if (r->packages == NULL)
		return;
	strv_add_all(&packages, r->packages);
	if (r->python != NULL && r->python->count > 0 && !strv_contains(&packages, "python3-venv"))
		strv_add(&packages, "python3-venv");
	add_list(args, "PACKAGES", &packages, " ");
}

/* The build of what is below a recipe, "" where that is none of ours, or when it is not known. */
static const char *build_below(const struct builder *b, const struct recipe *r,
			       const struct images *images)
{
	const char *reference = r->parent != NULL ? r->parent->reference : b->base_reference;
	const char *made = r->parent != NULL ? r->parent->build : b->base_build;
	const struct image *image = images_find(images, reference);
	const char *label = image != NULL ? labels_get(&image->labels, IMAGE_LABEL_BUILD) : NULL;

	if (r->parent == NULL && !recipe_is_on_our_base(r))
		return "";
	if (made[0] != '\0')
		return made;
	return label != NULL ? label : "";
}

static void fill_options(const struct builder *b, struct recipe *r, const struct images *images,
			 const char *build, struct build_options *options)
{
	bool is_ours = recipe_is_on_our_base(r);
	char input[HASH_HEX_SIZE];

	options->tag = r->reference;
	options->containerfile = "Containerfile";
	options->platform = builder_is_foreign(b) ? arch_platform(b->arch) : NULL;
	options->no_cache = b->options.no_cache;
	labels_add(&options->build_args, "BASE", is_ours ? b->base_reference : r->base);
	add_packages(&options->build_args, r);
	add_list(&options->build_args, "PYTHON", r->python, "\n");
	add_list(&options->build_args, "NPM", r->npm, " ");
	if (r->version != NULL)
		labels_add(&options->build_args, "VERSION", r->version);
	if (r->mirror != NULL)
		labels_add(&options->build_args, "MIRROR", r->mirror);
	environment_add_build_args(&options->build_args);
	labels_add(&options->labels, IMAGE_LABEL_ROLE, r->role);
	if (build != NULL) {
		labels_add(&options->labels, IMAGE_LABEL_INPUT, b->base_input);
		labels_add(&options->labels, IMAGE_LABEL_BUILD, build);
		return;
	}
	input_recipe(b, r, input);
	labels_add(&options->labels, IMAGE_LABEL_INPUT, input);
	hash_random_hex(r->build);
	labels_add(&options->labels, IMAGE_LABEL_BUILD, r->build);
	/* Also where it is none of ours: labels are inherited, and another's base must not show
	 * through. */
	labels_add(&options->labels, IMAGE_LABEL_BASE, build_below(b, r, images));
}

static bool is_list_of(const struct image *image, const char *reference)
{
	const char *name = image->names.count == 1 ? image->names.items[0] : "";
	size_t len = strcspn(reference, ":") + 1;

	return image->labels.count == 0 && strncmp(name, reference, len) == 0 &&
	       strcmp(name, reference) != 0;
}

/*
 * Podman 4.3.1 lists no image of the account at all any more once a manifest list has none for this
 * architecture that is there: lists go before what is in them. builder_ensure_list makes the one
 * of this version anew.
 */
static void remove_lists(const struct builder *b, const struct images *images,
			 const char *reference)
{
	for (size_t i = 0; i < images->count; i++)
		if (is_list_of(&images->items[i], reference))
			manifest_remove(b->options.podman, images->items[i].names.items[0], NULL,
					NULL);
}

void recipe_remove_replaced(const struct builder *b, const struct images *images,
			    const char *reference, const char *id)
{
	const struct image *old = images_find(images, reference);

	remove_lists(b, images, reference);
	for (size_t i = 0; i < images->count; i++) {
		const struct image *image = &images->items[i];
		bool is_replaced = image == old && image->names.count == 1;
		bool is_loose = image->names.count == 0 && !build_mark_has_company(b->mark) &&
				labels_get(&image->labels, IMAGE_LABEL_ROLE) != NULL;

		if ((is_replaced || is_loose) && strcmp(image->id, id) != 0)
			image_remove(b->options.podman, image->id, false, NULL);
	}
}

/*
 * Podman builds on a base of another architecture than was asked for without a word (4.3.1 and
 * 5.4.2), where that is what the name means here. What came of it must not keep the tag.
 */
static int check_arch(const struct builder *b, const struct recipe *r, const char *id,
		      struct error *err)
{
	DEFER(freep) char *arch = NULL;

	if (!builder_is_foreign(b))
		return 0;
	if (image_get_arch(b->options.podman, id, &arch, err) < 0)
		return -1;
	if (strcmp(arch, b->arch) == 0)
		return 0;
	image_remove(b->options.podman, r->reference, false, NULL);
	return error_set(err, ERROR_BUILD,
			 "what came out is for %s and not for %s: its base '%s' is another "
			 "architecture's",
			 arch, b->arch, recipe_is_on_our_base(r) ? b->base_reference : r->base);
}

int recipe_build(const struct builder *b, struct recipe *r, const struct images *images,
		 const char *build, char **ret_id, struct error *err)
{
	DEFER(buf_release) struct buf context = { 0 };
	struct build_options options = { 0 };
	DEFER(progress_release) struct progress progress = { .builder = b, .name = r->name };
	DEFER(freep) char *id = NULL;
	int result;

	buf_init(&context, CONTEXT_MAX_BYTES);
	if (context_write(b, r, &context, err) < 0)
		return error_add(err, "cannot pack the context of image '%s'", r->name);
	if (build_mark_set(b->mark, err) < 0)
		return error_add(err, "cannot build image '%s'", r->name);
	fill_options(b, r, images, build, &options);
	result = image_build(b->options.podman, context.data, context.len, &options,
			     progress_build_line, &progress, &id, err);
	if (result == 0)
		result = check_arch(b, r, id, err);
	if (result < 0) {
		build_mark_fail(b->mark);
		result = progress_explain(&progress, err);
	} else {
		recipe_remove_replaced(b, images, r->reference, id);
		*ret_id = TAKE(id);
	}
	labels_release(&options.build_args);
	labels_release(&options.labels);
	return result;
}

/*
 * Its own input first. Whether what is below was made anew since can only be told while that is
 * there: an account may have been given the image alone.
 */
enum image_state recipe_state(const struct builder *b, const struct recipe *r,
			      const struct images *images)
{
	const struct image *image = images_find(images, r->reference);
	const char *below = build_below(b, r, images);
	char input[HASH_HEX_SIZE];
	const char *label;

	if (image == NULL)
		return IMAGE_MISSING;
	input_recipe(b, r, input);
	label = labels_get(&image->labels, IMAGE_LABEL_INPUT);
	if (label == NULL || strcmp(label, input) != 0)
		return IMAGE_STALE;
	label = labels_get(&image->labels, IMAGE_LABEL_BASE);
	if (below[0] != '\0' && (label == NULL || strcmp(label, below) != 0))
		return IMAGE_STALE;
	return IMAGE_CURRENT;
}
