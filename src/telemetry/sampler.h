/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_SAMPLER_H
#define WINALUX_SRC_TELEMETRY_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "process_table.h"
#include "winalux/telemetry/metrics.h"

/*
 * Measures processes: what they use of the processors between two samples, and of memory now. CPU
 * time is that of the processes and of the children they have waited for, so that a storm of short
 * ones counts; what the whole host does is looked at nowhere.
 */
struct sampler {
	const char *proc; /* "/proc" */
	process_filter_fn is_counted;
	void *context;
	uint64_t ticks_per_s; /* sysconf(_SC_CLK_TCK) */
	uint64_t page_bytes;
	bool has_before;
	uint64_t ticks_before;
	int64_t before_ms;
};

/* All processes below proc count. */
void sampler_init(struct sampler *s, const char *proc);

/*
 * Fills in what is measured, and says so in known; the first sample of a sampler knows no CPU.
 * Limits that are not in m yet (totals of zero) become those of the host. now_ms: CLOCK_BOOTTIME.
 */
void sampler_take(struct sampler *s, int64_t now_ms, struct metrics *m);

/* Totals of zero become those of the host. */
void sampler_set_totals(struct metrics *m);

#endif
