/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/podman/object.h"

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
static void read_own_cgroup(struct limit_support *ret)
{
	const unsigned uid = (unsigned)getuid();
	DEFER(freep)
	char *path = xasprintf("/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/"
			       "cgroup.controllers",
			       uid, uid);
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(strv_release) struct strv names = { 0 };

	if (file_read(path, CONTROLLERS_MAX_BYTES, &text, NULL) < 0)
		return;
	strv_add_split(&names, text.data, " \n");
	for (size_t i = 0; i < names.count; i++)
		add_controller(ret, names.items[i]);
}

struct limit_support limit_support_of(const struct json *info)
{
	const struct json *controllers = json_path(info, "host.cgroupControllers");
	struct limit_support ret = { 0 };

	if (!info)
		read_own_cgroup(&ret);
	for (const struct json *c = json_first(controllers); c; c = json_next(c)) {
		if (json_text(c))
			add_controller(&ret, json_text(c));
	}
	return ret;
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
