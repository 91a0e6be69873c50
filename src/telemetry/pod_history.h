/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_POD_HISTORY_H
#define WINALUX_SRC_TELEMETRY_POD_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

struct metrics;

/* When an entry of a pod's history was last written, and what it had used by then. */
struct pod_history {
	int64_t before_ms; /* 0: not yet */
	uint64_t cpu_before_us;
};

/*
 * Adds an entry to the ring at path when a minute has gone by since the last one; the first sample
 * begins the first minute. False with errno where it could not be written.
 */
bool pod_history_add(struct pod_history *h, const struct metrics *m, const char *path);

#endif
