/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_TICKETS_H
#define WINALUX_GUEST_TICKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/format/token_hash.h"

/*
 * Which tickets were taken, for as long as they would be good for again. A zeroed struct knows of
 * none; its pages are touched only as they are needed.
 */
enum { TICKETS_MAX = 4096 };

struct taken_ticket {
	struct ticket ticket;
	bool is_shell_due; /* the warden took it; a shell that its program becomes may once more */
};

struct tickets {
	size_t count;
	struct taken_ticket taken[TICKETS_MAX];
};

/*
 * True, once, for a ticket that ends within TICKET_MAX_LIFE_S of now and was made since the table
 * is there, age_s ago (rounded up): older ones may have been taken by an earlier life of the
 * container. False as well for those that the table has no room for. is_warden: it is taken for a
 * program that waits outside (docs/design/strict.md). Where that is a script or becomes a shell,
 * the shell in it shows the same ticket, and is let in: once, and only from inside.
 */
bool tickets_take(struct tickets *t, const struct ticket *ticket, int64_t now_s, int64_t age_s,
		  bool is_warden);

#endif
