/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_POD_PAGE_H
#define WINALUX_SRC_TELEMETRY_POD_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "winalux/telemetry/metrics.h"

struct pods;

/*
 * What is published of one pod: what its PID 1 says of the workspace (ports, sidecars, sessions,
 * limits), with the figures of all of its containers.
 */
struct pod_page {
	pid_t first; /* whose pod it is, with when that began: another one starts anew */
	uint64_t first_started_ticks;
	int64_t before_ms; /* of the last sample; 0: none */
	int64_t pss_due_ms;
	uint64_t pss_bytes;
	bool has_pss;
	uint64_t cpu_total_us;
	struct metrics metrics;
};

enum { POD_PAGE_PSS_INTERVAL_MS = 60 * 1000 };

/*
 * Goes on from what an earlier daemon has published of the same container: what it had used, its
 * storage, as an estimate, and the last minutes. Anything else in before is a new beginning.
 */
void pod_page_resume(struct pod_page *page, const struct pods *pods, int index,
		     const struct metrics *before);

/*
 * Fills in page->metrics after a pods_look(); index is the pod's. now_ms is CLOCK_BOOTTIME. Storage
 * is left to the caller: what metrics said of it before stays. writers are those of PID 1.
 */
void pod_page_fill(struct pod_page *page, struct pods *pods, int index, int64_t now_ms,
		   uint32_t interval_ms);

#endif
