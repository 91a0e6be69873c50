/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_ANSIBLE_H
#define WINALUX_INVENTORY_ANSIBLE_H

#include <stdbool.h>

#include "winalux/format/yaml.h"

struct schema_reader;

/*
 * The original's inventory: a YAML inventory of Ansible with the workspaces in
 * all.vars.winalux_devs (or winalux_devs at the top, as in group_vars/all.yml).
 */
struct ansible_source {
	const struct yaml_node *list; /* winalux_devs, a sequence; NULL where there is none */
	/*
	 * What stands for "defaults": "bind: all", as the original publishes every port on all
	 * addresses, and memory_limit_gb from winalux_ram_limit_gb. Points into this struct, so it
	 * must not be copied.
	 */
	struct yaml_node defaults;
	struct yaml_node *keys[2], *values[2];
	struct yaml_node key_nodes[2], value_nodes[2];
	char texts[3][32];
};

/* Told by the top-level keys. */
bool ansible_is_one(const struct yaml_node *root);

/* Finds the workspaces; reports what is ignored as warnings. false: there are none, reported. */
bool ansible_read(const struct schema_reader *r, const struct yaml_node *root,
		  struct ansible_source *ret);

#endif
