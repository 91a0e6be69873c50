/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_LIMITS_H
#define WINALUX_WORKSPACE_LIMITS_H

#include <stdbool.h>

struct error;
struct host;
struct podman;
struct resource_limits;
struct strv;

/* Which cgroup controllers this account may use. crun refuses to start a container with others. */
struct limit_support {
	bool is_known;
	bool has_cpu;
	bool has_memory;
	bool has_pids;
};

/* GET /info: host.cgroupControllers. */
int limit_support_get(struct podman *podman, struct limit_support *ret, struct error *err);

/* The same, asked once per host. For the main thread. */
int host_get_limits(struct host *host, struct limit_support *ret, struct error *err);

/* Takes out what would not be enforced. */
struct resource_limits limits_mask(const struct resource_limits *wanted,
				   const struct limit_support *support);

/* "cpus", "memory_limit_gb", "pids_limit": what is wanted and does not hold here. */
void limits_add_unenforced(const struct resource_limits *wanted,
			   const struct limit_support *support, struct strv *ret);

#endif
