/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/podman/object.h"
#include "winalux/podman/podman.h"

enum { CONTROLLERS_MAX_BYTES = 4096 };

static void add_controller(struct limit_support *support, const char *name)
{
	support->has_cpu |= !strcmp(name, "cpu");
	support->has_memory |= !strcmp(name, "memory");
	support->has_pids |= !strcmp(name, "pids");
}

/*
 * GET /info fails under socket activation before 5.3. What systemd has delegated to the account
 * then tells; where that cannot be read, nothing is taken to be enforceable.
 */
static int read_own_cgroup(struct limit_support *ret)
{
	const unsigned uid = (unsigned)getuid();
	DEFER(freep)
	char *path = xasprintf("/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/"
			       "cgroup.controllers",
			       uid, uid);
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(strv_release) struct strv names = { 0 };

	if (file_read(path, CONTROLLERS_MAX_BYTES, &text, NULL) < 0)
		return 0;
	strv_add_split(&names, text.data, " \n");
	for (size_t i = 0; i < names.count; i++)
		add_controller(ret, names.items[i]);
	return 0;
}

int limit_support_get(struct podman *podman, struct limit_support *ret, struct error *err)
{
	struct error why;

	DEFER(json_freep) struct json *info = NULL;
	const struct json *controllers;

	*ret = (struct limit_support){ .is_known = true };
	if (podman_info(podman, &info, &why) < 0) {
		if (why.kind == ERROR_PODMAN)
			return read_own_cgroup(ret);
		if (err)
			*err = why;
		return -1;
	}
	controllers = json_path(info, "host.cgroupControllers");
	for (const struct json *c = json_first(controllers); c; c = json_next(c)) {
		if (json_text(c))
			add_controller(ret, json_text(c));
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
