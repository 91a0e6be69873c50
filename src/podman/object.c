/* SPDX-License-Identifier: MIT */
#include "winalux/podman/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

enum { CPU_PERIOD_US = 100000 };

static struct label *find_label(const struct labels *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->items[i].key, key))
			return &l->items[i];
	return NULL;
}

/* One block for both: lists have ten thousand labels. */
static struct label new_label(const char *key, size_t key_len, const char *value, size_t value_len)
{
	struct label made = { .key = xmalloc(key_len + value_len + 2) };

	memcpy(made.key, key, key_len);
	made.key[key_len] = '\0';
	made.value = made.key + key_len + 1;
	memcpy(made.value, value, value_len);
	made.value[value_len] = '\0';
	return made;
}

void labels_append(struct labels *l, const char *key, size_t key_len, const char *value,
		   size_t value_len)
{
	struct label *added = xgrow(&l->items, &l->cap, l->count, sizeof(*added));

	*added = new_label(key, key_len, value, value_len);
	l->count++;
}

void labels_add(struct labels *l, const char *key, const char *value)
{
	struct label *old = find_label(l, key);

	if (!old) {
		labels_append(l, key, strlen(key), value, strlen(value));
		return;
	}
	struct label changed = new_label(key, strlen(key), value, strlen(value));
	free(old->key); /* key or value may have been in it */
	*old = changed;
}

const char *labels_get(const struct labels *l, const char *key)
{
	const struct label *found = find_label(l, key);

	return found ? found->value : NULL;
}

void labels_release(struct labels *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].key);
	free(l->items);
	*l = (struct labels){ 0 };
}

void port_mappings_add(struct port_mappings *p, const char *host_ip, uint16_t host_port,
		       uint16_t container_port)
{
	struct port_mapping *added = xgrow(&p->items, &p->cap, p->count, sizeof(*added));

	snprintf(added->host_ip, sizeof(added->host_ip), "%s", host_ip ? host_ip : "");
	added->host_port = host_port;
	added->container_port = container_port;
	p->count++;
}

void port_mappings_release(struct port_mappings *p)
{
	if (!p)
		return;
	free(p->items);
	*p = (struct port_mappings){ 0 };
}

void encode_labels(struct json *object, const char *key, const struct labels *labels)
{
	struct json *map = json_add_object(object, key);

	for (size_t i = 0; labels && i < labels->count; i++)
		json_add_text(map, labels->items[i].key, labels->items[i].value);
}

void encode_limits(struct json *object, const struct resource_limits *limits)
{
	if (!limits->cpu_milli && !limits->memory_bytes && !limits->pids)
		return;
	struct json *all = json_add_object(object, "resource_limits");
	if (limits->cpu_milli) {
		struct json *cpu = json_add_object(all, "cpu");

		json_add_int(cpu, "quota", (int64_t)limits->cpu_milli * (CPU_PERIOD_US / 1000));
		json_add_int(cpu, "period", CPU_PERIOD_US);
	}
	if (limits->memory_bytes) {
		struct json *memory = json_add_object(all, "memory");

		json_add_int(memory, "limit", (int64_t)limits->memory_bytes);
		/* memory and swap together: no swap beyond the limit */
		json_add_int(memory, "swap", (int64_t)limits->memory_bytes);
	}
	if (limits->pids)
		json_add_int(json_add_object(all, "pids"), "limit", limits->pids);
}
