/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_WATCH_H
#define WINALUX_GUEST_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the dev container, once seen, has been away for a minute. A zeroed struct has seen
 * nothing. */
enum { WATCH_AWAY_MS = 60000 };

struct watch {
	bool is_seen;
	int64_t seen_ms; /* last time */
};

bool watch_is_over(struct watch *w, bool is_there, int64_t now_ms);

#endif
