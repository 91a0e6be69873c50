/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_POD_STORAGE_H
#define WINALUX_SRC_TELEMETRY_POD_STORAGE_H

#include <stdint.h>

struct metrics;
struct pods;
struct storage;

/*
 * Counts on what the volumes of a pod hold, as storage.h says, for about budget_us of processor
 * time, and writes to m what is known.
 */
void pod_storage_step(struct storage *storage, struct pods *pods, int index, int64_t now_boot_ms,
		      uint64_t budget_us, struct metrics *m);

#endif
