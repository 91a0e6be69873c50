/* SPDX-License-Identifier: MIT */
#include "winalux/podman/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"

enum { CPU_PERIOD_US = 100000, MAX_PORT_RANGE = 65535 };

static struct label *find_label(const struct labels *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->items[i].key, key))
			return &l->items[i];
	return NULL;
}

static void append_label(struct labels *l, const char *key, const char *value)
{
	struct label *added = xgrow(&l->items, &l->cap, l->count, sizeof(*added));

	added->key = xstrdup(key);
	added->value = xstrdup(value);
	l->count++;
}

void labels_add(struct labels *l, const char *key, const char *value)
{
	struct label *old = find_label(l, key);

	if (!old) {
		append_label(l, key, value);
		return;
	}
	char *copy = xstrdup(value); /* value may be the old one */
	free(old->value);
	old->value = copy;
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
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].key);
		free(l->items[i].value);
	}
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

/* --- decode.h --- */

char *decode_text(const struct json *object, const char *key)
{
	const char *text = json_get_text(object, key);

	return xstrdup(text ? text : "");
}

char *decode_id(const struct json *object, const char *key)
{
	const char *text = json_get_text(object, key);

	if (text)
		parse_literal(&text, "sha256:");
	return xstrdup(text ? text : "");
}

int64_t decode_time(const struct json *object, const char *key)
{
	const struct json *value = json_get(object, key);
	const char *text = json_text(value);
	int64_t wall_s = 0;

	if (text ? !parse_rfc3339(text, &wall_s) : !json_to_int(value, &wall_s))
		return 0;
	return wall_s > 0 ? wall_s : 0;
}

/* Without a search for equal keys: libpod made the object from a map. */
void decode_labels(const struct json *object, struct labels *ret)
{
	for (const struct json *e = json_first(object); e; e = json_next(e))
		append_label(ret, json_key(e), json_text(e) ? json_text(e) : "");
}

static bool is_port(int64_t number)
{
	return number >= 1 && number <= UINT16_MAX;
}

static void decode_port(const struct json *entry, struct port_mappings *ret)
{
	const char *protocol = json_get_text(entry, "protocol");
	const char *host_ip = json_get_text(entry, "host_ip");
	int64_t host = json_get_int(entry, "host_port", 0);
	int64_t inner = json_get_int(entry, "container_port", 0);
	int64_t range = json_get_int(entry, "range", 1);

	if (protocol && *protocol && strcmp(protocol, "tcp") != 0)
		return;
	for (int64_t i = 0; i == 0 || (i < range && i < MAX_PORT_RANGE); i++) {
		if (!is_port(host) || !is_port(inner) || !is_port(host + i) || !is_port(inner + i))
			return;
		port_mappings_add(ret, host_ip, (uint16_t)(host + i), (uint16_t)(inner + i));
	}
}

void decode_ports(const struct json *list, struct port_mappings *ret)
{
	for (const struct json *e = json_first(list); e; e = json_next(e))
		decode_port(e, ret);
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
