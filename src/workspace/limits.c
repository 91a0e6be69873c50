/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/podman/object.h"
#include "winalux/podman/podman.h"

int limit_support_get(struct podman *podman, struct limit_support *ret, struct error *err)
{
	DEFER(json_freep) struct json *info = NULL;
	const struct json *controllers;

	if (podman_info(podman, &info, err) < 0)
		return -1;
	*ret = (struct limit_support){ .is_known = true };
	controllers = json_path(info, "host.cgroupControllers");
	for (const struct json *c = json_first(controllers); c; c = json_next(c)) {
		const char *name = json_text(c);

		if (!name)
			continue;
		ret->has_cpu |= !strcmp(name, "cpu");
		ret->has_memory |= !strcmp(name, "memory");
		ret->has_pids |= !strcmp(name, "pids");
	}
	return 0;
}

struct resource_limits limits_mask(const struct resource_limits *wanted,
				   const struct limit_support *support)
{
	return (struct resource_limits){
		.cpu_milli = support->has_cpu ? wanted->cpu_milli : 0,
		.memory_bytes = support->has_memory ? wanted->memory_bytes : 0,
		.pids = support->has_pids ? wanted->pids : 0,
	};
}

void limits_add_unenforced(const struct resource_limits *wanted,
			   const struct limit_support *support, struct strv *ret)
{
	if (wanted->cpu_milli && !support->has_cpu)
		strv_add(ret, "cpus");
	if (wanted->memory_bytes && !support->has_memory)
		strv_add(ret, "memory_limit_gb");
	if (wanted->pids && !support->has_pids)
		strv_add(ret, "pids_limit");
}
