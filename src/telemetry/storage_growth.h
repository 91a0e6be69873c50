/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_STORAGE_GROWTH_H
#define WINALUX_SRC_TELEMETRY_STORAGE_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#include "space_used.h"
#include "write_counters.h"

/*
 * What directories may have grown by since a moment, from two measures. The counters of processes
 * also count what is written over and over without growing; what is used of the file systems is
 * shared with others. The smaller one is taken. Where the kernel does not count writes, or the sum
 * is not known, the second one stands alone.
 */
struct storage_growth {
	struct write_growth writes;
	struct space_used then, now;
	uint64_t grown_bytes; /* of all increases between two moments */
};

/* From now on; writes: the sum over all processes, NULL: not known. */
void storage_growth_begin(struct storage_growth *g, const struct write_counters *writes,
			  const struct space_used *used);
/* The same at a later moment; used that is not known leaves that of before. */
void storage_growth_take(struct storage_growth *g, const struct write_counters *writes,
			 const struct space_used *used);

uint64_t storage_growth_bytes(const struct storage_growth *g); /* an estimate, from zero on */

/*
 * What was written, also over what was there, or what the file systems have changed by while
 * somebody in the workspace was at work: a reason to count again.
 */
uint64_t storage_growth_written(const struct storage_growth *g);

/*
 * Nothing was written for sure, as far as the kernel counts it, but for what PID 1 and logs write
 * all the time.
 */
enum { STORAGE_NOISE_BYTES = 1 << 20 };
bool storage_growth_is_none(const struct storage_growth *g);

struct storage_estimate {
	uint64_t bytes;
	bool is_exact;
};

/*
 * What is occupied now: of that much at the last count, which began with g; less what was certainly
 * freed since. Exact only if that count was, and nothing has been written or freed since.
 */
struct storage_estimate storage_estimate(uint64_t counted_bytes, bool is_count_exact,
					 uint64_t freed_bytes, const struct storage_growth *g);

#endif
