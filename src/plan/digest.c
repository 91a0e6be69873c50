/* SPDX-License-Identifier: MIT */
#include "winalux/plan/digest.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"
#include "winalux/podman/pod.h"

enum { ASPECT_HEX = 8, ASPECTS_MAX = 512 };

struct digester {
	struct hash *whole;
	struct buf aspects;
};

static void digester_init(struct digester *d)
{
	d->whole = hash_new();
	buf_init(&d->aspects, ASPECTS_MAX);
}

static void add_aspect(struct digester *d, const char *name, struct hash *aspect)
{
	char hex[HASH_HEX_SIZE];

	hash_end(aspect, hex);
	hash_add_text(d->whole, hex);
	buf_addf(&d->aspects, "%s%s=%.*s", d->aspects.len ? " " : "", name, ASPECT_HEX, hex);
}

static void digester_end(struct digester *d, struct labels *labels,
			 char ret_hex[static HASH_HEX_SIZE])
{
	hash_end(d->whole, ret_hex);
	labels_add(labels, LABEL_SPEC, ret_hex);
	labels_add(labels, LABEL_ASPECTS, d->aspects.data);
	buf_release(&d->aspects);
}

static void hash_add_number(struct hash *h, uint64_t number)
{
	hash_add(h, &number, sizeof(number));
}

static void hash_add_list(struct hash *h, const struct strv *list)
{
	hash_add_number(h, list->count);
	for (size_t i = 0; i < list->count; i++)
		hash_add_text(h, list->items[i]);
}

static struct hash *hash_limits(const struct resource_limits *limits)
{
	struct hash *h = hash_new();

	hash_add_number(h, limits->cpu_milli);
	hash_add_number(h, limits->memory_bytes);
	hash_add_number(h, limits->pids);
	return h;
}

static struct hash *hash_command(const struct container_spec *spec)
{
	struct hash *h = hash_new();

	hash_add_list(h, &spec->entrypoint);
	hash_add_list(h, &spec->command);
	hash_add_text(h, spec->user);
	hash_add_text(h, spec->workdir);
	return h;
}

static struct hash *hash_mounts(const struct container_spec *spec)
{
	struct hash *h = hash_new();

	for (size_t i = 0; i < spec->volume_count; i++) {
		hash_add_text(h, spec->volumes[i].volume);
		hash_add_text(h, spec->volumes[i].destination);
	}
	for (size_t i = 0; i < spec->bind_count; i++) {
		hash_add_text(h, spec->binds[i].source);
		hash_add_text(h, spec->binds[i].destination);
		hash_add_number(h, spec->binds[i].is_read_only);
	}
	return h;
}

/* Nothing where there is nothing: most containers keep the digest that they were made with. */
static void hash_openings(struct hash *h, const struct container_spec *spec)
{
	if (spec->kernel_mount_count + spec->devices.count + spec->unmasked.count == 0)
		return;
	hash_add_text(h, "openings");
	hash_add_list(h, &spec->devices);
	hash_add_list(h, &spec->unmasked);
	hash_add_number(h, spec->kernel_mount_count);
	for (size_t i = 0; i < spec->kernel_mount_count; i++) {
		hash_add_text(h, spec->kernel_mounts[i].type);
		hash_add_text(h, spec->kernel_mounts[i].destination);
		hash_add_text(h, spec->kernel_mounts[i].options);
	}
}

static struct hash *hash_rest(const struct container_spec *spec)
{
	struct hash *h = hash_new();

	hash_add_text(h, spec->name);
	hash_add_text(h, spec->pod);
	hash_add_text(h, spec->hostname);
	hash_add_list(h, &spec->cap_add);
	hash_add_number(h, spec->stop_timeout_s);
	hash_add_number(h, spec->restart_tries);
	hash_add_number(h, spec->log_size_bytes);
	hash_add_number(h, spec->no_new_privileges);
	for (size_t i = 0; i < spec->annotations.count; i++) {
		hash_add_text(h, spec->annotations.items[i].key);
		hash_add_text(h, spec->annotations.items[i].value);
	}
	hash_openings(h, spec);
	return h;
}

void digest_container(struct container_spec *spec, const char *image_id,
		      char ret_hex[static HASH_HEX_SIZE])
{
	struct digester d;
	struct hash *image = hash_new(), *environment = hash_new();

	digester_init(&d);
	hash_add_text(image, image_id);
	hash_add_list(environment, &spec->environment);
	add_aspect(&d, "image", image);
	add_aspect(&d, "environment", environment);
	add_aspect(&d, "command", hash_command(spec));
	add_aspect(&d, "volumes", hash_mounts(spec));
	add_aspect(&d, "limits", hash_limits(&spec->limits));
	add_aspect(&d, "settings", hash_rest(spec));
	digester_end(&d, &spec->labels, ret_hex);
}

void digest_pod(struct pod_spec *spec, char ret_hex[static HASH_HEX_SIZE])
{
	struct digester d;
	struct hash *ports = hash_new(), *rest = hash_new();

	digester_init(&d);
	for (size_t i = 0; i < spec->ports.count; i++) {
		hash_add_text(ports, spec->ports.items[i].host_ip);
		hash_add_number(ports, spec->ports.items[i].host_port);
		hash_add_number(ports, spec->ports.items[i].container_port);
	}
	hash_add_text(rest, spec->name);
	hash_add_text(rest, spec->infra_name);
	hash_add_text(rest, spec->hostname);
	hash_add_text(rest, spec->network);
	add_aspect(&d, "ports", ports);
	add_aspect(&d, "limits", hash_limits(&spec->limits));
	add_aspect(&d, "settings", rest);
	digester_end(&d, &spec->labels, ret_hex);
}

/* Is "name=value" (len bytes at pair) one of the pairs in text? */
static bool has_pair(const char *text, const char *pair, size_t len)
{
	while (*text) {
		const size_t text_len = strcspn(text, " ");

		if (text_len == len && !strncmp(text, pair, len))
			return true;
		text += text_len;
		text += strspn(text, " ");
	}
	return false;
}

char *digest_explain(const struct labels *have, const struct labels *want)
{
	const char *had = labels_get(have, LABEL_ASPECTS);
	const char *pair = labels_get(want, LABEL_ASPECTS);
	struct buf names;

	if (!had || !pair)
		return NULL;
	buf_init(&names, ASPECTS_MAX);
	while (*pair) {
		const size_t len = strcspn(pair, " ");

		if (!has_pair(had, pair, len))
			buf_addf(&names, "%s%.*s", names.len ? ", " : "", (int)strcspn(pair, "="),
				 pair);
		pair += len;
		pair += strspn(pair, " ");
	}
	if (!names.len) {
		buf_release(&names);
		return NULL;
	}
	return buf_take(&names);
}
