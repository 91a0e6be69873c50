/* SPDX-License-Identifier: MIT */
/*
 * An image is current when its label holds the digest that its recipe has now. Into a digest goes
 * what changes the result: texts, package lists, the host's certificates, the configured base. Not
 * what only changes the way there (proxies, whether the base was pulled or made) and not the guest,
 * which is mounted into containers and is part of no image.
 */
#include "image/internal.h"

#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/stack.h"

/* Part of every digest: to be raised when this code builds differently from the same input. */
static const char format[] = "winalux image 1";

static void add_list(struct hash *h, const struct strv *list)
{
	DEFER(freep) char *text = list == NULL ? NULL : strv_join(list, "\n");

	hash_add_text(h, text);
}

/* The files beside a Containerfile, which the context carries. */
static void add_folder(struct hash *h, const char *folder)
{
	DEFER(freep) char *prefix = xasprintf("Containerfiles/%s/", folder);

	for (const struct resource *r = resources; r->name != NULL; r++) {
		if (strncmp(r->name, prefix, strlen(prefix)) != 0 ||
		    strcmp(r->name + strlen(prefix), "Containerfile") == 0)
			continue;
		hash_add_text(h, r->name);
		hash_add(h, r->data, r->size);
	}
}

bool recipe_is_on_our_base(const struct recipe *r)
{
	return strcmp(r->base, IMAGE_BASE_NAME) == 0;
}

void input_base(const struct builder *b, char ret[static HASH_HEX_SIZE])
{
	const struct resource *file = resource_find("Containerfiles/base/Containerfile");
	DEFER(strv_release) struct strv arguments = { 0 };
	struct hash *h = hash_new();

	bootstrap_arguments(b->options.config->debian_suite, b->mirror, &arguments);
	hash_add_text(h, format);
	hash_add_text(h, b->pulled);
	hash_add_text(h, file == NULL ? NULL : (const char *)file->data);
	hash_add_text(h, b->ca_pem);
	add_list(h, &arguments);
	if (builder_is_foreign(b))
		hash_add_text(h, b->arch);
	hash_end(h, ret);
}

void input_recipe(const struct builder *b, const struct recipe *r, char ret[static HASH_HEX_SIZE])
{
	struct hash *h = hash_new();
	char below[HASH_HEX_SIZE];

	if (r->parent != NULL)
		input_recipe(b, r->parent, below);
	hash_add_text(h, format);
	hash_add_text(h, r->role);
	hash_add_text(h, r->parent != NULL          ? below
			 : recipe_is_on_our_base(r) ? b->base_input
						    : r->base);
	hash_add_text(h, r->containerfile);
	hash_add_text(h, b->ca_pem);
	add_list(h, r->packages);
	add_list(h, r->python);
	if (r->npm != NULL)
		add_list(h, r->npm);
	if (r->stack != NULL) {
		add_list(h, &r->stack->files);
		add_list(h, &r->stack->file_texts);
	}
	add_folder(h, r->folder);
	if (r->version != NULL)
		hash_add_text(h, r->version);
	hash_end(h, ret);
}
