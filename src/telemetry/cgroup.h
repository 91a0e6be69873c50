/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_CGROUP_H
#define WINALUX_SRC_TELEMETRY_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the kernel accounts to a container as a whole, where the engine gave it a cgroup (v2) of its
 * own. cpu.stat exists without controllers, and has the time of processes that are gone.
 */
enum { CGROUP_PATH_SIZE = 384 };

/*
 * The container's cgroup out of the text of /proc/PID/cgroup: "0::" and a path with a component
 * that has an id of 64 hexadecimal digits, as all engines name them; what is below that is left
 * out. False where the container shares a cgroup with others (cgroups: disabled).
 */
bool cgroup_of_container(const char *text, char ret[static CGROUP_PATH_SIZE]);

/* usage_usec of cpu.stat; mount is "/sys/fs/cgroup", path begins with a slash. */
bool cgroup_cpu_us(const char *mount, const char *path, uint64_t *ret);
/* memory.peak (Linux 5.19, with the memory controller). */
bool cgroup_memory_peak(const char *mount, const char *path, uint64_t *ret);
/* "some avg10" of NAME.pressure (cpu, memory, io) in hundredths of a percent. */
bool cgroup_pressure(const char *mount, const char *path, const char *name, uint32_t *ret);

#endif
