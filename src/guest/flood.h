/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_FLOOD_H
#define WINALUX_GUEST_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "bucket.h"
#include "loop.h"

struct report;

/*
 * Events that come from outside in any number: a few at once, then one a second. What is held back
 * is counted and told with the next one that passes, or, when none comes, after FLOOD_TELL_MS as
 *
 *	{"event":"dropped","of":"sshd","count":N}
 */
enum { FLOOD_BURST = 20, FLOOD_PER_S = 1, FLOOD_TELL_MS = 2000 };

struct flood {
	struct bucket bucket;
	struct timer timer;
	struct report *report;
	const char *event; /* what is counted: the event's name */
};

/* Once, at start. event stays the caller's. */
void flood_init(struct flood *f, struct loop *loop, struct report *report, const char *event);

/* True when an event may be sent; *ret_dropped is then how many were not before it. */
bool flood_pass(struct flood *f, uint64_t *ret_dropped);

#endif
