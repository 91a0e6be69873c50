/* SPDX-License-Identifier: MIT */
#include "tickets.h"

#include <string.h>

static void forget_expired(struct tickets *t, uint64_t now_s)
{
	for (size_t i = 0; i < t->count;) {
		if (t->taken[i].ticket.expiry_s < now_s)
			t->taken[i] = t->taken[--t->count];
		else
			i++;
	}
}

static struct taken_ticket *find(struct tickets *t, const struct ticket *ticket)
{
	for (size_t i = 0; i < t->count; i++)
		if (memcmp(t->taken[i].ticket.nonce, ticket->nonce, sizeof(ticket->nonce)) == 0)
			return &t->taken[i];
	return NULL;
}

/* The host's clock may be ahead: a ticket that is made in our future is not older than we are. */
static bool is_older(const struct ticket *ticket, uint64_t now_s, int64_t age_s)
{
	const uint64_t left_s = ticket->expiry_s - now_s;

	return left_s < TICKET_LIFE_S && (int64_t)(TICKET_LIFE_S - left_s) > age_s;
}

bool tickets_take(struct tickets *t, const struct ticket *ticket, int64_t now_s, int64_t age_s,
		  bool is_warden)
{
	const uint64_t now = now_s > 0 ? (uint64_t)now_s : 0;

	if (ticket->expiry_s < now || ticket->expiry_s - now > TICKET_MAX_LIFE_S ||
	    is_older(ticket, now, age_s))
		return false;
	forget_expired(t, now);
	struct taken_ticket *taken = find(t, ticket);
	if (taken) {
		const bool is_due = taken->is_shell_due && !is_warden;

		taken->is_shell_due = taken->is_shell_due && is_warden;
		return is_due;
	}
	if (t->count == TICKETS_MAX)
		return false;
	t->taken[t->count++] =
		(struct taken_ticket){ .ticket = *ticket, .is_shell_due = is_warden };
	return true;
}
