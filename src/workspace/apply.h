/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_APPLY_INTERNAL_H
#define WINALUX_WORKSPACE_APPLY_INTERNAL_H

#include "winalux/workspace/apply.h"

struct lock;
struct podman;

/* The account's lock while a plan is executed, and the connection to renew it on. */
struct applied_lock {
	struct lock *lock; /* NULL: none */
	struct podman *podman;
};

/*
 * Executes a plan: workspaces side by side (one thread each, at most 32; mutating calls in flight
 * at most config->jobs, by default 4), the steps of one in order, renewing the lock meanwhile. A
 * failed workspace that was being created is undone; the others go on. ERROR_PARTIAL, or the one
 * workspace's own error; ERROR_INTERRUPTED; ERROR_LOCKED when the lock was lost. *ret is filled in
 * any case.
 */
int apply_under_lock(struct host *host, const struct plan *plan, const struct progress_sink *sink,
		     const struct applied_lock *held, struct outcomes *ret, struct error *err);

#endif
