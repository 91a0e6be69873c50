/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_LIMITS_H
#define WINALUX_WORKSPACE_LIMITS_H

#include <stdbool.h>

struct error;
struct host;
struct json;
struct resource_limits;
struct strv;

/* Which cgroup controllers this account may use. crun refuses to start a container with others. */
struct limit_support {
	bool has_cpu;
	bool has_memory;
	bool has_pids;
};

/* Of GET /info: host.cgroupControllers. NULL: what this account's cgroup says. */
struct limit_support limit_support_of(const struct json *info);

/* The same of a host, which is asked once. For the main thread. */
int host_get_limits(struct host *host, struct limit_support *ret, struct error *err);

/* Takes out what would not be enforced. */
struct resource_limits limits_mask(const struct resource_limits *wanted,
				   const struct limit_support *support);

/* "cpus", "memory_limit_gb", "pids_limit": what is wanted and does not hold here. */
void limits_add_unenforced(const struct resource_limits *wanted,
			   const struct limit_support *support, struct strv *ret);

#endif
