/* SPDX-License-Identifier: MIT */
/*
 * An Ansible inventory is a tree of groups with hosts, vars and children. Of it, winalux needs the
 * list of developers and one figure, winalux_ram_limit_gb, with Ansible's precedence: a variable of
 * the host wins over one of its group, and that over one of "all". The host is this machine:
 * localhost, or one with "ansible_connection: local". Everything else is named as ignored.
 */
#include "ansible.h"

#include <stdio.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/inventory/diagnostics.h"

#include "winalux/base/nearest.h"
#include "schema.h"

#define DEVS_KEY "winalux_devs"
#define MEMORY_KEY "winalux_ram_limit_gb"

enum { GROUP_DEPTH_MAX = 16 };

struct ansible {
	const struct schema_reader *r;
	const struct yaml_node *devs;
	const struct yaml_node *memory;
};

bool ansible_is_one(const struct yaml_node *root)
{
	return !yaml_get(root, "version") && !yaml_get(root, "workspaces") &&
	       (yaml_get(root, "all") || yaml_get(root, DEVS_KEY));
}

static void ignore(const struct ansible *a, const struct yaml_node *key, const char *what,
		   const char *why)
{
	DEFER(freep) char *shown = schema_show(key);

	diagnostics_warning(a->r->diags, a->r->file, key, "%s %s is ignored; %s", what, shown, why);
}

static void ignore_variable(const struct ansible *a, const struct yaml_node *key)
{
	struct nearest n = { .word = key->text };

	nearest_try(&n, DEVS_KEY);
	nearest_try(&n, MEMORY_KEY);
	if (!n.best) {
		ignore(a, key, "variable", "winalux does not use it");
		return;
	}
	DEFER(freep) char *question = xasprintf("did you mean '%s'?", n.best);
	ignore(a, key, "variable", question);
}

static bool is_mapping(const struct yaml_node *node)
{
	return node && node->kind == YAML_MAPPING;
}

/* is_all: of the group that every host is in, where the developers are listed. */
static void read_vars(struct ansible *a, const struct yaml_node *vars, bool is_all)
{
	for (size_t i = 0; is_mapping(vars) && i < vars->count; i++) {
		const struct yaml_node *key = vars->keys[i];

		if (is_all && strcmp(key->text, DEVS_KEY) == 0)
			a->devs = vars->items[i];
		else if (strcmp(key->text, MEMORY_KEY) == 0)
			a->memory = vars->items[i];
		else
			ignore_variable(a, key);
	}
}

static bool is_local_host(const char *name, const struct yaml_node *vars)
{
	const struct yaml_node *connection =
		is_mapping(vars) ? yaml_get(vars, "ansible_connection") : NULL;

	if (connection && connection->kind == YAML_SCALAR)
		return strcmp(connection->text, "local") == 0;
	return strcmp(name, "localhost") == 0 || strcmp(name, "127.0.0.1") == 0 ||
	       strcmp(name, "::1") == 0;
}

static bool has_local_host(const struct yaml_node *group)
{
	const struct yaml_node *hosts = is_mapping(group) ? yaml_get(group, "hosts") : NULL;

	for (size_t i = 0; is_mapping(hosts) && i < hosts->count; i++) {
		if (is_local_host(hosts->keys[i]->text, hosts->items[i]))
			return true;
	}
	return false;
}

static void read_hosts(struct ansible *a, const struct yaml_node *hosts)
{
	for (size_t i = 0; is_mapping(hosts) && i < hosts->count; i++) {
		if (is_local_host(hosts->keys[i]->text, hosts->items[i]))
			read_vars(a, hosts->items[i], false);
		else
			ignore(a, hosts->keys[i], "host",
			       "this version deploys on the machine where it runs");
	}
}

static void read_children(struct ansible *a, const struct yaml_node *children, unsigned depth);

/* A group of other hosts is one warning, not one for each of its lines. */
static void read_group(struct ansible *a, const struct yaml_node *key,
		       const struct yaml_node *group, unsigned depth)
{
	bool is_ours = has_local_host(group);

	if (!is_ours && (!is_mapping(group) || !yaml_get(group, "children"))) {
		ignore(a, key, "group", "this version deploys on the machine where it runs");
		return;
	}
	if (is_ours) {
		read_vars(a, yaml_get(group, "vars"), false);
		read_hosts(a, yaml_get(group, "hosts"));
	}
	read_children(a, yaml_get(group, "children"), depth + 1);
}

static void read_children(struct ansible *a, const struct yaml_node *children, unsigned depth)
{
	for (size_t i = 0; is_mapping(children) && i < children->count; i++) {
		if (depth < GROUP_DEPTH_MAX)
			read_group(a, children->keys[i], children->items[i], depth);
	}
}

/* Lower precedence first, as later ones replace what was found. */
static void read_all(struct ansible *a, const struct yaml_node *all)
{
	static const char *const parts[] = { "vars", "children", "hosts" };

	for (size_t i = 0; is_mapping(all) && i < all->count; i++) {
		bool is_known = false;

		for (size_t k = 0; k < ARRAY_SIZE(parts); k++)
			is_known = is_known || strcmp(all->keys[i]->text, parts[k]) == 0;
		if (!is_known)
			ignore(a, all->keys[i], "key", "a group has hosts, vars and children");
	}
	if (!is_mapping(all))
		return;
	read_vars(a, yaml_get(all, "vars"), true);
	read_children(a, yaml_get(all, "children"), 0);
	read_hosts(a, yaml_get(all, "hosts"));
}

static void add_default(struct ansible_source *s, const char *key, const struct yaml_node *value)
{
	size_t at = s->defaults.count++;

	snprintf(s->texts[at], sizeof(s->texts[at]), "%s", key);
	s->key_nodes[at] = *value;
	s->key_nodes[at].kind = YAML_SCALAR;
	s->key_nodes[at].text = s->texts[at];
	s->value_nodes[at] = *value;
	s->keys[at] = &s->key_nodes[at];
	s->values[at] = &s->value_nodes[at];
}

/* In the order of the keys, as yaml_parse leaves mappings. */
static void make_defaults(const struct ansible *a, struct ansible_source *s)
{
	struct yaml_node all = *a->devs;

	snprintf(s->texts[2], sizeof(s->texts[2]), "all");
	all.kind = YAML_SCALAR;
	all.text = s->texts[2];
	s->defaults = (struct yaml_node){ .kind = YAML_MAPPING,
					  .line = a->devs->line,
					  .column = a->devs->column,
					  .keys = s->keys,
					  .items = s->values };
	add_default(s, "bind", &all);
	if (a->memory)
		add_default(s, "memory_limit_gb", a->memory);
}

static void read_root(struct ansible *a, const struct yaml_node *root)
{
	if (!yaml_get(root, "all")) {
		read_vars(a, root, true);
		return;
	}
	read_all(a, yaml_get(root, "all"));
	for (size_t i = 0; i < root->count; i++) {
		if (strcmp(root->keys[i]->text, "all") != 0)
			ignore(a, root->keys[i], "group", "only 'all' is read");
	}
}

bool ansible_read(const struct schema_reader *r, const struct yaml_node *root,
		  struct ansible_source *ret)
{
	struct ansible a = { .r = r };

	read_root(&a, root);
	if (!a.devs || a.devs->kind != YAML_SEQUENCE || a.devs->count == 0) {
		diagnostics_error(r->diags, r->file, a.devs ? a.devs : root,
				  "all.vars." DEVS_KEY " must be a list of workspaces, and it %s; "
				  "see winalux-inventory(5)",
				  a.devs ? "is empty or no list" : "is missing");
		return false;
	}
	ret->list = a.devs;
	make_defaults(&a, ret);
	diagnostics_warning(r->diags, r->file, a.devs,
			    "ports are published on all addresses, as by the original; 'bind: "
			    "127.0.0.1' in a workspace keeps its app_port and extra_ports local");
	return true;
}
