/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/format/yaml.h"

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
	if (!mapping || mapping->kind != YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->count; i++)
		if (strcmp(mapping->keys[i]->text, key) == 0)
			return mapping->items[i];
	return NULL;
}

bool yaml_as_bool(const struct yaml_node *node, bool *ret)
{
	/* In pairs, true first. Single letters are text, as for PyYAML and so for Ansible. */
	static const char *const words[] = {
		"true", "false", "True", "False", "TRUE", "FALSE", "yes", "no", "Yes",
		"No",   "YES",   "NO",   "on",    "off",  "On",    "Off", "ON", "OFF",
	};

	if (!node || node->kind != YAML_SCALAR || node->is_quoted)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(node->text, words[i]) == 0) {
			*ret = i % 2 == 0;
			return true;
		}
	}
	return false;
}

const char *yaml_kind_name(const struct yaml_node *node)
{
	static const char *const names[] = {
		[YAML_NULL] = "null",
		[YAML_SCALAR] = "string",
		[YAML_SEQUENCE] = "sequence",
		[YAML_MAPPING] = "mapping",
	};

	return names[node->kind];
}
