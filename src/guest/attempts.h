/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_ATTEMPTS_H
#define WINALUX_GUEST_ATTEMPTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What wrong tokens cost: each a delay of 1 s, 2, 4, … 30 s by how many there were in the last ten
 * minutes, and the tenth locks the gate for ten minutes. A zeroed struct knows of none. Times are
 * of a clock that never goes back and never is 0.
 */
enum {
	ATTEMPTS_MAX = 10,
	ATTEMPTS_WINDOW_MS = 10 * 60 * 1000,
	ATTEMPTS_LOCK_MS = 10 * 60 * 1000,
	ATTEMPTS_FIRST_DELAY_MS = 1000,
	ATTEMPTS_LAST_DELAY_MS = 30000,
};

struct attempts {
	int64_t failed_ms[ATTEMPTS_MAX]; /* a ring: 0 is none */
	size_t next;
	int64_t locked_until_ms;
};

/* Counts a wrong token; returns how long its answer has to wait. */
int attempts_fail(struct attempts *a, int64_t now_ms);

/* How long the gate is still locked; 0 when it is not. */
int64_t attempts_locked_ms(const struct attempts *a, int64_t now_ms);

#endif
