/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

#include "fields.h"
#include "winalux/base/nearest.h"

/* Names that the original, or a later version, has and this one has not. */
static const char *const later_profiles[] = { "full", NULL };
static const char *const later_sidecars[] = { "mariadb", "mysql", NULL };

static const char *const no_later[] = { NULL };

/* Roles of our own objects (plan/names.h): a sidecar of that name would meet them. */
static const char *const reserved_roles[] = { "pod",    "dev",  "infra",     "net",
					      "home",   "keys", "audit",     "state",
					      "warden", "gate", "libraries", NULL };

/* The first parts of what the account has once: "winalux-gate-a", "winalux-account-1". */
static const char *const reserved_names[] = {
	"account", "emulator", "gate", "lock", "warden", NULL
};

const struct yaml_node *check_node(const struct check *c, size_t index, const char *key)
{
	const struct yaml_node *item = c->list->items[index];
	const struct yaml_node *value = schema_value(item, c->defaults, key);

	return value ? value : item;
}

static bool is_one_of(const char *const *words, const char *word)
{
	for (; *words; words++) {
		if (strcmp(*words, word) == 0)
			return true;
	}
	return false;
}

/* --- unknown names --- */

struct unknown_name {
	const char *what; /* "profile" */
	const char *name;
	const char *known; /* "redis, memcached" */
	const char *const *later;
	struct nearest nearest;
};

static void report_unknown(const struct check *c, const struct yaml_node *node,
			   const struct unknown_name *u)
{
	const char *advice = strcmp(u->what, "sidecar") == 0 ? "; any other needs an image" : "";

	if (is_one_of(u->later, u->name))
		diagnostics_error(c->diags, c->file, node,
				  "%s '%s' is not part of this version; there are: %s%s", u->what,
				  u->name, u->known, advice);
	else if (u->nearest.best)
		diagnostics_error(c->diags, c->file, node,
				  "unknown %s '%s'; did you mean '%s'? there are: %s%s", u->what,
				  u->name, u->nearest.best, u->known, advice);
	else
		diagnostics_error(c->diags, c->file, node, "unknown %s '%s'; there are: %s%s",
				  u->what, u->name, u->known, advice);
}

static const struct profile *check_profile(const struct check *c, size_t index)
{
	const struct workspace *w = &c->inventory->workspaces[index];
	const struct profile *found;

	if (!c->profiles || !w->profile)
		return NULL;
	found = profiles_find(c->profiles, w->profile);
	if (found)
		return found;
	DEFER(freep) char *known = profiles_names(c->profiles);
	struct unknown_name u = {
		"profile", w->profile, known, later_profiles, { .word = w->profile }
	};
	for (size_t i = 0; i < c->profiles->count; i++)
		nearest_try(&u.nearest, c->profiles->items[i].name);
	report_unknown(c, check_node(c, index, "profile"), &u);
	return NULL;
}

static const struct sidecar_kind *check_kind(const struct check *c, const struct sidecar *s,
					     const struct yaml_node *item)
{
	const struct sidecar_kind *found = profiles_find_sidecar(c->profiles, s->name);

	if (found)
		return found;
	DEFER(freep) char *known = profiles_sidecar_names(c->profiles);
	struct unknown_name u = { "sidecar", s->name, known, later_sidecars, { .word = s->name } };
	for (size_t i = 0; i < c->profiles->kind_count; i++)
		nearest_try(&u.nearest, c->profiles->kinds[i].name);
	report_unknown(c, item, &u);
	return NULL;
}

/* Each part of a repository's name may be long; Podman takes 255 bytes for the whole of it. */
enum { IMAGE_NAME_MAX = 200 };

static void check_stacks(const struct check *c, size_t index, const struct profile *profile)
{
	const struct workspace *w = &c->inventory->workspaces[index];
	const struct yaml_node *list = check_node(c, index, "stacks");
	DEFER(stack_list_release) struct stack_list stacks = { 0 };

	for (size_t i = 0; c->profiles && i < w->stacks.count; i++) {
		if (profiles_find_stack(c->profiles, w->stacks.items[i]))
			continue;
		DEFER(freep) char *known = profiles_stack_names(c->profiles);
		struct unknown_name u = {
			"stack", w->stacks.items[i], known, no_later, { .word = w->stacks.items[i] }
		};
		for (size_t k = 0; k < c->profiles->stack_count; k++)
			nearest_try(&u.nearest, c->profiles->stacks[k].name);
		report_unknown(c, i < list->count ? list->items[i] : list, &u);
	}
	if (!c->profiles || !profile)
		return;
	stacks_of(c->profiles, profile, &w->stacks, &stacks);
	if (workspace_is_emulated(w) && stacks_nest_containers(&stacks))
		diagnostics_error(c->diags, c->file, check_node(c, index, "arch"),
				  "workspace '%s': with 'arch: %s' its programs run by QEMU here, "
				  "which starts no containers inside; leave the stack out that "
				  "has 'nested_containers', or 'arch'",
				  w->name, arch_choice_name(w->arch));
	DEFER(freep) char *image = stacks_image_name(profile->name, &stacks, stacks.count);
	if (strlen(image) > IMAGE_NAME_MAX)
		diagnostics_error(c->diags, c->file, list,
				  "'stacks' has too many: the image's name would be longer than "
				  "%d bytes",
				  IMAGE_NAME_MAX);
}

/* --- one sidecar --- */

static void sidecar_error(const struct check *c, const struct yaml_node *item, const char *key,
			  const struct sidecar *s, const char *text)
{
	const struct yaml_node *value = schema_value(item, NULL, key);

	diagnostics_error(c->diags, c->file, value ? value : item, "sidecar '%s': %s", s->name,
			  text);
}

/* The kind's own version is none, so that there is one image of it. */
static void resolve_version(const struct check *c, struct sidecar *s,
			    const struct sidecar_kind *kind, const struct yaml_node *item)
{
	if (s->version && !kind->default_version)
		sidecar_error(
			c, item, "version", s,
			"it is installed from Debian's packages, which have one version; leave "
			"'version' out, or name an image");
	else if (s->version && strcmp(s->version, kind->default_version) == 0)
		freep(&s->version);
}

static void resolve_config(const struct check *c, const struct sidecar *s,
			   const struct sidecar_kind *kind, const struct yaml_node *item)
{
	if (!s->config.count)
		return;
	if (kind->config_arguments.count && s->command.count)
		sidecar_error(
			c, item, "config", s,
			"settings are arguments of its command; write them into 'command', or "
			"leave that out");
	else if (!kind->config_arguments.count && !kind->config_variable && !kind->config_file)
		sidecar_error(c, item, "config", s,
			      "it has no settings but its environment and command");
}

/* Merges what the built-in kind has, where the item says nothing. */
static void resolve_builtin(const struct check *c, struct sidecar *s,
			    const struct sidecar_kind *kind, const struct yaml_node *item)
{
	if (s->volume_path)
		sidecar_error(
			c, item, "volume", s,
			"the place of a built-in sidecar's data is fixed; write true or false");
	else if (!schema_value(item, NULL, "volume"))
		s->has_volume = kind->data != NULL;
	else if (s->has_volume && !kind->data)
		sidecar_error(c, item, "volume", s, "it keeps no data; leave 'volume' out");
	if (s->has_volume && !s->volume_path)
		s->volume_path = xstrdup_or_null(kind->data);
	if (!schema_value(item, NULL, "check"))
		s->check = kind->check;
	resolve_version(c, s, kind, item);
	resolve_config(c, s, kind, item);
	if (s->port && s->port != kind->port && s->command.count == 0 &&
	    !sidecar_kind_has_port(kind))
		sidecar_error(c, item, "port", s,
			      "its command decides where it listens; give 'command' too, or leave "
			      "'port' out");
	if (s->user)
		sidecar_error(c, item, "user", s,
			      "the user of a built-in sidecar is fixed; leave 'user' out");
}

static const struct sidecar_kind *builtin_kind(const struct check *c, const struct sidecar *s)
{
	return !s->name || s->image || !c->profiles ? NULL
						    : profiles_find_sidecar(c->profiles, s->name);
}

static bool shares(const struct check *c, const struct sidecar *s, const char *folder)
{
	const struct sidecar_kind *kind = builtin_kind(c, s);

	return kind && kind->share && strcmp(kind->share, folder) == 0;
}

/* The folder that a kind shares is a volume of that name, as a sidecar's data are. */
static void check_share(const struct check *c, const struct workspace *w, const struct sidecar *s,
			const struct yaml_node *item)
{
	const struct sidecar_kind *kind = builtin_kind(c, s);

	if (!kind || !kind->share)
		return;
	if (is_one_of(reserved_roles, kind->share))
		sidecar_error(c, item, "name", s,
			      "the folder that it shares stands for a part of winalux itself");
	for (size_t i = 0; i < w->sidecar_count; i++)
		if (w->sidecars[i].name && strcmp(w->sidecars[i].name, kind->share) == 0)
			sidecar_error(c, item, "name", s,
				      "the folder that it shares has the name of another sidecar; "
				      "choose another for that one");
	for (const struct sidecar *other = w->sidecars; other < s; other++)
		if (strcmp(other->name ? other->name : "", s->name) != 0 &&
		    shares(c, other, kind->share))
			sidecar_error(
				c, item, "name", s,
				"another sidecar of this workspace shares a folder of the same "
				"name; take one of them out");
}

static void resolve_foreign(const struct check *c, struct sidecar *s, const struct yaml_node *item)
{
	if (s->version)
		sidecar_error(c, item, "version", s,
			      "the version of an image stands in its name; leave 'version' out");
	if (s->config.count)
		sidecar_error(c, item, "config", s,
			      "how an image takes its settings is not known; use 'command' and "
			      "'environment'");
	if (s->has_volume && !s->volume_path)
		sidecar_error(c, item, "volume", s,
			      "where does the image keep its data? write 'volume: /directory'");
	if (!schema_value(item, NULL, "check"))
		s->check = s->port ? CHECK_TCP : CHECK_NONE;
	else if (s->check != CHECK_NONE && !s->port)
		sidecar_error(c, item, "check", s, "a check needs 'port'");
}

/* What it was built as; NULL: an image of somebody else's. */
static const struct sidecar_kind *check_sidecar(const struct check *c, struct sidecar *s,
						const struct yaml_node *item)
{
	const struct sidecar_kind *kind = NULL;

	if (is_one_of(reserved_roles, s->name))
		sidecar_error(c, item, "name", s,
			      "the name stands for a part of winalux itself; choose another");
	if (s->image)
		resolve_foreign(c, s, item);
	else if (c->profiles)
		kind = check_kind(c, s, item);
	if (kind)
		resolve_builtin(c, s, kind, item);
	return kind;
}

/* --- sidecars of one pod, which share one localhost --- */

struct pod_port {
	uint16_t port;
	const char *owner;
};

static bool report_same_name(const struct check *c, const struct workspace *w, size_t index,
			     const struct yaml_node *item)
{
	for (size_t i = 0; i < index; i++) {
		const struct sidecar *other = &w->sidecars[i];

		if (!other->name || strcmp(other->name, w->sidecars[index].name) != 0)
			continue;
		diagnostics_error(c->diags, c->file, item,
				  "sidecar '%s' stands here twice, first at line %u; give one of "
				  "them another name and an image",
				  other->name, other->line);
		return true;
	}
	return false;
}

struct pod_ports {
	struct pod_port *items; /* room for two of each sidecar, and two more */
	size_t count;
};

/* 0: it has none. */
static void take_port(const struct check *c, struct pod_ports *taken, const struct sidecar *s,
		      uint16_t port, const struct yaml_node *item)
{
	const struct yaml_node *value = schema_value(item, NULL, "port");

	for (size_t i = 0; port && i < taken->count; i++) {
		if (taken->items[i].port != port)
			continue;
		diagnostics_error(c->diags, c->file, value ? value : item,
				  "sidecar '%s' listens on port %u like %s in the same pod; choose "
				  "another port",
				  s->name, port, taken->items[i].owner);
		return;
	}
	if (port)
		taken->items[taken->count++] = (struct pod_port){ port, s->name };
}

static bool is_before(const struct workspace *w, size_t end, const char *name)
{
	for (size_t i = 0; i < end; i++)
		if (w->sidecars[i].name && strcmp(w->sidecars[i].name, name) == 0)
			return true;
	return false;
}

static bool may_start(const struct workspace *w, size_t placed, const struct sidecar *s)
{
	for (size_t i = 0; i < s->after.count; i++)
		if (!is_before(w, placed, s->after.items[i]))
			return false;
	return true;
}

/* Moves the sidecar at index from to the place to, those between one further. */
static void move_sidecar(struct workspace *w, size_t from, size_t to)
{
	const struct sidecar moved = w->sidecars[from];

	memmove(&w->sidecars[to + 1], &w->sidecars[to], (from - to) * sizeof(moved));
	w->sidecars[to] = moved;
}

/* The order of the file, but that each comes behind those it wants before it. */
static void order_sidecars(const struct check *c, struct workspace *w, const struct yaml_node *list)
{
	for (size_t placed = 0; placed < w->sidecar_count; placed++) {
		size_t next = placed;

		while (next < w->sidecar_count && !may_start(w, placed, &w->sidecars[next]))
			next++;
		if (next == w->sidecar_count) {
			diagnostics_error(c->diags, c->file, list,
					  "sidecar '%s' starts after itself, by way of 'after'; "
					  "take one of the names out",
					  w->sidecars[placed].name);
			return;
		}
		move_sidecar(w, next, placed);
	}
}

static bool check_after(const struct check *c, const struct workspace *w, const struct sidecar *s,
			const struct yaml_node *item)
{
	for (size_t i = 0; i < s->after.count; i++) {
		if (is_before(w, w->sidecar_count, s->after.items[i]))
			continue;
		diagnostics_error(
			c->diags, c->file, schema_value(item, NULL, "after"),
			"sidecar '%s': there is no sidecar '%s' in this workspace that it "
			"could start after",
			s->name, s->after.items[i]);
		return false;
	}
	return true;
}

static void check_sidecars(const struct check *c, size_t index, const struct profile *profile)
{
	struct workspace *w = &c->inventory->workspaces[index];
	const struct yaml_node *list = check_node(c, index, "sidecars");
	DEFER(freep) struct pod_port *items = xcalloc(2 * w->sidecar_count + 2, sizeof(items[0]));
	struct pod_ports taken = { items, 0 };
	bool is_orderly = true;

	items[taken.count++] = (struct pod_port){ SSHD_PORT, "sshd" };
	if (profile && profile->port)
		items[taken.count++] =
			(struct pod_port){ profile->port, "the profile's main service" };
	for (size_t i = 0; i < w->sidecar_count; i++) {
		struct sidecar *s = &w->sidecars[i];

		if (!s->name || report_same_name(c, w, i, list->items[i]))
			continue;
		const struct sidecar_kind *kind = check_sidecar(c, s, list->items[i]);
		check_share(c, w, s, list->items[i]);
		is_orderly = check_after(c, w, s, list->items[i]) && is_orderly;
		take_port(c, &taken, s, s->port ? s->port : kind ? kind->port : 0, list->items[i]);
		take_port(c, &taken, s, kind ? kind->web_port : 0, list->items[i]);
	}
	if (is_orderly)
		order_sidecars(c, w, list);
}

/* --- one workspace --- */

/* An index of names in file order, so that a thousand workspaces are compared once each. */
struct name_entry {
	const struct workspace *workspace;
	size_t index;
};

static int compare_slugs(const void *a, const void *b)
{
	const struct name_entry *x = a, *y = b;
	int by_slug = strcmp(x->workspace->slug, y->workspace->slug);

	return by_slug ? by_slug : x->index < y->index ? -1 : x->index > y->index;
}

static void report_same_slug(const struct check *c, const struct name_entry *first,
			     const struct name_entry *later)
{
	const struct yaml_node *node = check_node(c, later->index, "name");
	const char *name = later->workspace->name, *other = first->workspace->name;
	unsigned line = check_node(c, first->index, "name")->line;

	if (strcmp(name, other) == 0)
		diagnostics_error(c->diags, c->file, node,
				  "the name '%s' is taken at line %u; choose another", name, line);
	else
		diagnostics_error(
			c->diags, c->file, node,
			"the name '%s' is the same as '%s' at line %u for Podman, where '_' "
			"becomes '-'; choose another",
			name, other, line);
}

static void check_names(const struct check *c)
{
	size_t count = 0;
	DEFER(freep)
	struct name_entry *entries = xcalloc(c->inventory->count + 1, sizeof(entries[0]));
	const struct name_entry *first = NULL;

	for (size_t i = 0; i < c->inventory->count; i++) {
		if (c->inventory->workspaces[i].name)
			entries[count++] = (struct name_entry){ &c->inventory->workspaces[i], i };
	}
	if (count > 1)
		qsort(entries, count, sizeof(entries[0]), compare_slugs);
	for (size_t i = 0; i < count; i++) {
		if (first && strcmp(first->workspace->slug, entries[i].workspace->slug) == 0)
			report_same_slug(c, first, &entries[i]);
		else
			first = &entries[i];
	}
}

static void check_app_port(const struct check *c, size_t index, const struct profile *profile)
{
	const struct workspace *w = &c->inventory->workspaces[index];

	if (!profile || profile->port || w->app_port == PORT_NONE)
		return;
	diagnostics_error(c->diags, c->file, check_node(c, index, "app_port"),
			  "profile '%s' has no main service for 'app_port'; leave it out or use "
			  "extra_ports",
			  profile->name);
}

static bool has_value(const struct check *c, const struct yaml_node *item, const char *key)
{
	const struct yaml_node *value = schema_value(item, c->defaults, key);

	return value && value->kind != YAML_NULL;
}

/* Each new program of an emulated one is a start of QEMU: what the warden would judge is that. */
static void check_arch(const struct check *c, size_t index)
{
	const struct workspace *w = &c->inventory->workspaces[index];

	if (workspace_is_emulated(w) && w->gate == GATE_STRICT)
		diagnostics_error(c->diags, c->file, check_node(c, index, "arch"),
				  "workspace '%s': with 'arch: %s' its programs run by QEMU here, "
				  "and 'gate: strict' cannot be had; use 'gate: shell'",
				  w->name, arch_choice_name(w->arch));
}

static void check_keys(const struct check *c, size_t index)
{
	const struct yaml_node *item = c->list->items[index];

	if (item->kind != YAML_MAPPING || has_value(c, item, "public_key") ||
	    has_value(c, item, "public_keys"))
		return;
	diagnostics_error(
		c->diags, c->file, item,
		"'public_key' is missing; a workspace needs the line of a .pub file, or a "
		"list of them under 'public_keys'");
}

/* A login in the file would stand in the workspace too. */
static void check_index(const struct check *c, size_t index)
{
	const char *url = c->inventory->workspaces[index].library_index;
	const char *host;

	if (!url)
		return;
	host = strstr(url, "://");
	if (!host || (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0))
		diagnostics_error(c->diags, c->file, check_node(c, index, "library_index"),
				  "'library_index' must be an https:// or http:// URL");
	else if (memchr(host + 3, '@', strcspn(host + 3, "/")))
		diagnostics_error(c->diags, c->file, check_node(c, index, "library_index"),
				  "'library_index' has a login in it; put it into a netrc file, "
				  "which the setting 'library_netrc' names");
}

static void check_libraries(const struct check *c, size_t index, const struct profile *profile)
{
	const struct workspace *w = &c->inventory->workspaces[index];

	check_index(c, index);
	if (!w->libraries.count || !profile || profile->containerfile || profile->python.count)
		return;
	diagnostics_error(c->diags, c->file, check_node(c, index, "libraries"),
			  "profile '%s' has no Python for 'libraries'; give it 'python: [uv]'",
			  profile->name);
}

/* Objects of a workspace of that name could meet those of the account. */
static void check_name(const struct check *c, size_t index)
{
	const char *name = c->inventory->workspaces[index].name;

	if (name && is_one_of(reserved_names, name))
		diagnostics_error(c->diags, c->file, check_node(c, index, "name"),
				  "'%s' stands for a part of winalux itself; choose another name",
				  name);
}

void check_workspaces(const struct check *c)
{
	for (size_t i = 0; i < c->inventory->count; i++) {
		const struct profile *profile = check_profile(c, i);

		check_name(c, i);
		check_keys(c, i);
		check_stacks(c, i, profile);
		check_arch(c, i);
		check_app_port(c, i, profile);
		check_sidecars(c, i, profile);
		check_libraries(c, i, profile);
	}
	check_names(c);
}
