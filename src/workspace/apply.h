/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_APPLY_INTERNAL_H
#define WINALUX_WORKSPACE_APPLY_INTERNAL_H

#include "winalux/workspace/apply.h"

struct lock;

/*
 * Executes a plan: workspaces side by side (one thread each, at most 32; mutating calls in flight
 * at most config->jobs or min(cores, 4)), the steps of one in order, renewing lock (may be NULL)
 * meanwhile. A failed workspace that was being created is undone; the others go on. ERROR_PARTIAL,
 * or the one workspace's own error; ERROR_INTERRUPTED. *ret is filled in any case.
 */
int apply_under_lock(struct host *host, const struct plan *plan, const struct progress_sink *sink,
		     struct lock *lock, struct outcomes *ret, struct error *err);

#endif
