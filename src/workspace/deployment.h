/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_WORKSPACE_DEPLOYMENT_H
#define WINALUX_SRC_WORKSPACE_DEPLOYMENT_H

#include "apply.h"

/* Makes d->plan from d->facts; called once more under the lock. */
struct planner {
	int (*make)(const void *request, struct deployment *d, struct error *err);
	const void *request;
	bool starts; /* it may start containers, for which strict gates need their keepers */
};

/* Looks, plans, and applies under the account's lock. Refusals are told when there is no step. */
int deployment_run(struct host *host, const struct planner *planner,
		   const struct progress_sink *sink, struct deployment *ret, struct error *err);

/* --- its parts, for a deploy --- */
void deployment_init(struct deployment *d);
/* Forgets what was planned and observed, and observes. */
int deployment_look(struct host *host, struct deployment *d, struct error *err);
void deployment_forget_plan(struct deployment *d);
/* For a plan without steps, which needs no lock: what was refused has to be told. */
int deployment_tell_refusals(struct host *host, const struct progress_sink *sink,
			     struct deployment *d, struct error *err);

/* What runs only in appearance is started anew, and its user wants to know why. */
void deployment_note_lost(struct deployment *d);

/* Whole pods are not measured, and why. */
void deployment_note_blind(struct deployment *d, const struct error *why);

/* After the plan was applied: keepers go with the last strict workspace, the telemetry daemon with
 * the last that it measures. */
int deployment_dismiss_attendants(struct host *host, const struct applied_lock *held,
				  const struct deployment *d, struct error *err);

/* Takes the lock on a connection of its own, which Ctrl-C does not cancel. */
int account_lock_take(struct host *host, const struct progress_sink *sink, struct applied_lock *ret,
		      struct error *err);
void account_lock_give(struct applied_lock *held); /* for DEFER */

#endif
