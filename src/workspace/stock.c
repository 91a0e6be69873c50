/* SPDX-License-Identifier: MIT */
/*
 * Ours are the images that carry the label of a role, and the manifest lists below
 * "localhost/winalux/", which carry none. A container uses the image that it was made from, and the
 * guest that it mounts, whose digest stands in its label.
 */
#include "winalux/workspace/stock.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/inventory/profile.h"
#include "winalux/inventory/stack.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/podman/image.h"
#include "winalux/podman/manifest.h"
#include "winalux/workspace/host.h"

#define OURS "localhost/winalux/"

struct taking {
	struct host *host;
	struct builder *builder;
	const struct profiles *profiles;
	const struct facts *facts;
};

static const char *const state_names[] = {
	[STOCK_CURRENT] = "current",   [STOCK_STALE] = "stale",     [STOCK_OLD] = "old",
	[STOCK_REPLACED] = "replaced", [STOCK_UNKNOWN] = "unknown", [STOCK_FOREIGN] = "foreign",
};

const char *stock_state_name(enum stock_state state)
{
	return state_names[state];
}

static void item_release(struct stock_item *i)
{
	free(i->id);
	free(i->name);
	free(i->role);
	free(i->arch);
	strv_release(&i->users);
}

void stock_release(struct stock *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		item_release(&s->items[i]);
	free(s->items);
	*s = (struct stock){ 0 };
}

/* The first name below "localhost/winalux/", without that; NULL: none. */
static const char *own_name(const struct image *image)
{
	for (size_t i = 0; i < image->names.count; i++)
		if (strncmp(image->names.items[i], OURS, strlen(OURS)) == 0)
			return image->names.items[i] + strlen(OURS);
	return NULL;
}

/* What a registry gave has its whole name, "registry.example.org/winalux/web:0.1.0". */
static const char *item_name(const struct image *image)
{
	const char *own = own_name(image);

	if (!own && image->names.count > 0)
		return image->names.items[0];
	return own;
}

static bool is_foreign(const char *name)
{
	return strchr(name, '/') != NULL;
}

static void add_user(struct strv *users, const char *name)
{
	if (!strv_contains(users, name))
		strv_add(users, name);
}

static bool mounts(const struct container *c, const struct image *image)
{
	const char *guest = labels_get(&c->labels, LABEL_GUEST);
	DEFER(freep) char *name = guest ? xasprintf("guest:%s", guest) : NULL;
	const char *own = own_name(image);

	return name && own && strcmp(name, own) == 0;
}

static void find_users(const struct facts *facts, const struct image *image, struct strv *ret)
{
	for (size_t i = 0; i < facts->containers.count; i++) {
		const struct container *c = &facts->containers.items[i];
		const char *workspace = labels_get(&c->labels, LABEL_WORKSPACE);

		if (strcmp(c->image_id, image->id) == 0 || mounts(c, image))
			add_user(ret, workspace ? workspace : c->name);
	}
	strv_sort(ret);
}

static enum stock_state state_of_build(enum image_state state)
{
	return state == IMAGE_CURRENT ? STOCK_CURRENT : STOCK_STALE;
}

static bool is_our_guest(const char *name)
{
	for (size_t i = 0; arch_names[i]; i++) {
		char digest[HASH_HEX_SIZE];
		DEFER(freep) char *guest = image_guest_reference(arch_names[i], digest);

		if (strcmp(guest + strlen(OURS), name) == 0)
			return true;
	}
	return false;
}

/* Of "web.golang.nodejs", without its tag. */
static enum stock_state state_of_layers(const struct taking *t, const char *name)
{
	DEFER(strv_release) struct strv words = { 0 };
	DEFER(strv_release) struct strv names = { 0 };
	DEFER(stack_list_release) struct stack_list stacks = { 0 };
	const struct profile *profile;

	strv_add_split(&words, name, ".");
	profile = words.count > 0 ? profiles_find(t->profiles, words.items[0]) : NULL;
	if (!profile)
		return STOCK_UNKNOWN;
	for (size_t i = 1; i < words.count; i++) {
		if (!profiles_find_stack(t->profiles, words.items[i]))
			return STOCK_UNKNOWN;
		strv_add(&names, words.items[i]);
	}
	stacks_resolve(t->profiles, &names, &stacks);
	return state_of_build(
		builder_profile_state(t->builder, &t->facts->images, profile, &stacks));
}

/* Of "sidecar-redis" or "sidecar-faktory.1.9.1", without its tag. */
static enum stock_state state_of_sidecar(const struct taking *t, const char *name)
{
	const char *version;
	const struct sidecar_kind *kind = image_parse_sidecar_name(t->profiles, name, &version);

	if (!kind || (version && !kind->default_version))
		return STOCK_UNKNOWN;
	return state_of_build(builder_sidecar_state(t->builder, &t->facts->images, kind, version));
}

/* "web" of "web:latest-arm64". */
static enum stock_state state_of_recipe(const struct taking *t, const struct stock_item *item)
{
	DEFER(freep) char *name = xstrndup(item->name, strcspn(item->name, ":"));
	const struct images *images = &t->facts->images;

	if (!arch_find(item->arch))
		return STOCK_UNKNOWN;
	builder_set_arch(t->builder, item->arch);
	if (strcmp(item->role, "base") == 0)
		return state_of_build(builder_base_state(t->builder, images));
	if (strcmp(item->role, "emulator") == 0)
		return state_of_build(builder_emulator_state(t->builder, images));
	if (strcmp(item->role, "sidecar") == 0)
		return state_of_sidecar(t, name);
	if (strcmp(item->role, "profile") == 0 || strcmp(item->role, "stack") == 0)
		return state_of_layers(t, name);
	return STOCK_UNKNOWN;
}

static enum stock_state find_state(const struct taking *t, const struct stock_item *item)
{
	DEFER(freep) char *list = NULL;

	if (!*item->name)
		return STOCK_REPLACED;
	if (is_foreign(item->name))
		return STOCK_FOREIGN;
	if (strcmp(item->role, "guest") == 0)
		return is_our_guest(item->name) ? STOCK_CURRENT : STOCK_OLD;
	if (strcmp(item->role, "list") != 0)
		return state_of_recipe(t, item);
	DEFER(freep) char *full = xasprintf(OURS "%s", item->name);
	list = image_list_reference(full);
	return strcmp(list, full) == 0 ? STOCK_CURRENT : STOCK_OLD;
}

static bool knows_arch(const struct image *image)
{
	return image->arch && *image->arch;
}

static int find_arch(const struct taking *t, const struct image *image, char **ret,
		     struct error *err)
{
	if (knows_arch(image)) {
		*ret = xstrdup(image->arch);
		return 0;
	}
	return image_get_arch(host_podman(t->host), image->id, ret, err);
}

/* A list has no labels of its own, nor has what others have tagged: Podman tells them apart since
 * 5.1, and before that when one is to be removed. */
static bool may_be_list(const struct image *image)
{
	return image->is_list || (!knows_arch(image) && image->labels.count == 0);
}

static int add_item(const struct taking *t, const struct image *image, struct stock *s,
		    struct error *err)
{
	const char *role = labels_get(&image->labels, IMAGE_LABEL_ROLE);
	const char *name = own_name(image);
	struct stock_item *item;
	char *arch = NULL;

	if (!role && !name)
		return 0;
	if (!role && !may_be_list(image))
		return 0; /* others have given it the name */
	if (!role)
		role = "list";
	if (strcmp(role, "list") == 0)
		arch = xstrdup("");
	else if (find_arch(t, image, &arch, err) < 0)
		return -1;
	item = xgrow(&s->items, &s->cap, s->count, sizeof(*item));
	*item = (struct stock_item){
		.id = xstrdup(image->id),
		.name = xstrdup(item_name(image) ? item_name(image) : ""),
		.role = xstrdup(role),
		.arch = arch,
		.size_bytes = image->size_bytes,
		.created_s = image->created_s,
	};
	s->count++;
	find_users(t->facts, image, &item->users);
	item->state = find_state(t, item);
	return 0;
}

/* By name, what has none at the end. */
static int compare(const void *a, const void *b)
{
	const struct stock_item *x = a, *y = b;

	if (!*x->name != !*y->name)
		return *x->name ? -1 : 1;
	return strcmp(x->name, y->name);
}

int stock_take(struct host *host, struct builder *builder, const struct profiles *profiles,
	       struct stock *ret, struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(stock_release) struct stock s = { 0 };
	const struct taking t = { host, builder, profiles, &facts };

	if (host_observe(host, OBSERVE_ALL, &facts, err) < 0)
		return -1;
	for (size_t i = 0; i < facts.images.count; i++)
		if (add_item(&t, &facts.images.items[i], &s, err) < 0)
			return -1;
	if (s.count > 1)
		qsort(s.items, s.count, sizeof(s.items[0]), compare);
	*ret = s;
	s = (struct stock){ 0 };
	return 0;
}

bool stock_is_useless(const struct stock_item *item)
{
	return item->users.count == 0 &&
	       (item->state == STOCK_OLD || item->state == STOCK_REPLACED);
}

int stock_remove(struct host *host, const struct stock_item *item, bool *ret_removed,
		 struct error *err)
{
	DEFER(freep) char *full = xasprintf(OURS "%s", item->name);
	struct podman *podman = host_podman(host);
	struct error why = { 0 };
	bool was_there = true;
	int status = strcmp(item->role, "list") == 0
			     ? manifest_remove(podman, full, &was_there, &why)
			     : image_remove(podman, item->id, false, &why);

	*ret_removed = status == 0 && was_there;
	if (status == 0 || why.kind == ERROR_CONFLICT)
		return 0;
	*err = why;
	return -1;
}
