/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_BUCKET_H
#define WINALUX_GUEST_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A token bucket against floods of events: burst at once, then per_second. What was refused is
 * counted for the next one that passes.
 */
struct bucket {
	unsigned burst;
	unsigned per_second;
	unsigned tokens_milli;
	int64_t filled_ms;
	uint64_t refused; /* since the last one that passed */
};

void bucket_init(struct bucket *b, unsigned burst, unsigned per_second, int64_t now_ms);

/* True when one may pass; *ret_refused is then how many did not before it. */
bool bucket_take(struct bucket *b, int64_t now_ms, uint64_t *ret_refused);

#endif
