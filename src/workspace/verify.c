/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <string.h>

#include "limits.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/want.h"
#include "winalux/podman/container.h"

enum { FAULT_MAX = 256 };

struct subject {
	const struct want_container *want;
	struct resource_limits limits; /* what must hold here */
	const struct json *inspect;
};

static bool text_differs(const struct json *object, const char *key, const char *wanted)
{
	const char *text = json_get_text(object, key);

	return !text || strcmp(text, wanted) != 0;
}

static bool name_differs(const struct subject *s)
{
	return text_differs(s->inspect, "Name", s->want->spec.name);
}

static bool image_differs(const struct subject *s)
{
	return s->want->image_id && text_differs(s->inspect, "Image", s->want->image_id);
}

static bool array_has(const struct json *array, const char *text)
{
	for (const struct json *item = json_first(array); item; item = json_next(item)) {
		const char *have = json_text(item);

		if (have && !strcmp(have, text))
			return true;
	}
	return false;
}

/* Proxies and CA variables of the host are left out: they follow the shell that deploys. */
static bool environment_differs(const struct subject *s)
{
	const struct json *have = json_path(s->inspect, "Config.Env");

	for (size_t i = 0; i < s->want->spec.environment.count; i++) {
		const char *pair = s->want->spec.environment.items[i];

		if (!strncmp(pair, "WINALUX_", 8) && !array_has(have, pair))
			return true;
	}
	return false;
}

static bool capabilities_differ(const struct subject *s)
{
	const struct json *have = json_get(s->inspect, "BoundingCaps");
	const struct strv *want = &s->want->spec.cap_add;

	if (json_count(have) != want->count)
		return true;
	for (size_t i = 0; i < want->count; i++) {
		DEFER(freep) char *name = xasprintf("CAP_%s", want->items[i]);

		if (!array_has(have, name))
			return true;
	}
	return false;
}

static bool has_mount(const struct json *mounts, const struct volume_mount *want)
{
	for (const struct json *m = json_first(mounts); m; m = json_next(m)) {
		if (!text_differs(m, "Name", want->volume) &&
		    !text_differs(m, "Destination", want->destination))
			return json_get_bool(m, "RW", true);
	}
	return false;
}

static bool mounts_differ(const struct subject *s)
{
	const struct json *mounts = json_get(s->inspect, "Mounts");

	for (size_t i = 0; i < s->want->spec.volume_count; i++) {
		/* The cache of packages, which containers of an older winalux are without. */
		if (s->want->spec.volumes[i].is_read_only)
			continue;
		if (!has_mount(mounts, &s->want->spec.volumes[i]))
			return true;
	}
	return false;
}

static bool limits_differ(const struct subject *s)
{
	const struct json *have = json_get(s->inspect, "HostConfig");
	const int64_t period = json_get_int(have, "CpuPeriod", 0);
	const int64_t quota = json_get_int(have, "CpuQuota", 0);
	const struct resource_limits *want = &s->limits;

	if (want->memory_bytes && json_get_int(have, "Memory", 0) != (int64_t)want->memory_bytes)
		return true;
	if (want->pids && json_get_int(have, "PidsLimit", 0) != want->pids)
		return true;
	return want->cpu_milli && period > 0 && quota * 1000 / period != want->cpu_milli;
}

static const struct {
	const char *what;
	bool (*differs)(const struct subject *s);
} checks[] = {
	{ "name", name_differs },
	{ "image", image_differs },
	{ "environment", environment_differs },
	{ "capabilities", capabilities_differ },
	{ "volumes", mounts_differ },
	{ "limits", limits_differ },
};

static int verify_one(struct podman *podman, const char *id, struct subject *s,
		      struct labels *faults, struct error *err)
{
	DEFER(json_freep) struct json *inspect = NULL;
	DEFER(buf_release) struct buf list;

	buf_init(&list, FAULT_MAX);
	if (container_inspect(podman, id, &inspect, err) < 0)
		return -1;
	s->inspect = inspect;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (checks[i].differs(s))
			buf_addf(&list, "%s%s", list.len ? ", " : "", checks[i].what);
	}
	if (list.len) {
		buf_add_str(&list, " changed by hand");
		labels_add(faults, id, list.data);
	}
	return 0;
}

/* `podman network connect` and `disconnect` reach a pod through its infra container. */
static int verify_pod(struct podman *podman, const struct want *want,
		      const struct workspace_facts *facts, struct labels *faults, struct error *err)
{
	DEFER(json_freep) struct json *inspect = NULL;
	const struct json *networks;

	if (!facts->pod || !facts->infra)
		return 0;
	if (container_inspect(podman, facts->infra->id, &inspect, err) < 0)
		return -1;
	networks = json_path(inspect, "NetworkSettings.Networks");
	if (json_count(networks) != 1 || !json_get(networks, want->network))
		labels_add(faults, facts->pod->id, "networks changed by hand");
	return 0;
}

static int verify_workspace(struct podman *podman, const struct want *want,
			    const struct workspace_facts *facts, const struct limit_support *limits,
			    struct labels *faults, struct error *err)
{
	if (verify_pod(podman, want, facts, faults, err) < 0)
		return -1;
	for (size_t i = 0; i < want->container_count; i++) {
		const struct want_container *wanted = &want->containers[i];
		const struct container *c = workspace_facts_container(facts, wanted->role);
		struct subject s = {
			.want = wanted,
			.limits = limits_mask(&wanted->spec.limits, limits),
		};

		if (c && verify_one(podman, c->id, &s, faults, err) < 0)
			return -1;
	}
	return 0;
}

int verify_wants(struct podman *podman, const struct want *wants, size_t count,
		 const struct facts *facts, const struct limit_support *limits,
		 struct labels *ret_faults, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct workspace_facts *w = facts_find(facts, wants[i].workspace->name);

		if (w && verify_workspace(podman, &wants[i], w, limits, ret_faults, err) < 0)
			return -1;
	}
	return 0;
}
