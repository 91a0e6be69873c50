/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_BACKOFF_H
#define WINALUX_GUEST_BACKOFF_H

/*
 * How long to wait before something that ended is started again: 1 s, 2, 4, … 60 s, and from the
 * beginning once it has lived for 60 s. A zeroed struct is at the beginning.
 */
enum { BACKOFF_FIRST_MS = 1000, BACKOFF_LAST_MS = 60000, BACKOFF_RESET_MS = 60000 };

struct backoff {
	int delay_ms;
};

/* The next delay, for one that lived so long. */
int backoff_next(struct backoff *b, long long lived_ms);

#endif
