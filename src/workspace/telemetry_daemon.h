/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_WORKSPACE_TELEMETRY_DAEMON_H
#define WINALUX_SRC_WORKSPACE_TELEMETRY_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct facts;
struct labels;
struct plan;
struct podman;
struct workspace_facts;

/*
 * The container winalux-telemetry, which measures all workspaces of an account
 * (docs/design/telemetry.md). Workspaces that were made to see its figures carry LABEL_TELEMETRY.
 */

bool telemetry_sees_pod(const struct workspace_facts *w); /* is it one of these? */
bool telemetry_is_needed(const struct facts *facts);      /* is there one? */
/* And the daemon does not run, or not at this interval? */
bool telemetry_is_missed(const struct facts *facts, uint32_t interval_s);

/*
 * Without a daemon what those have bound over /proc would stand still: id of their dev container ->
 * why it has to be made anew.
 */
void telemetry_add_faults(const struct facts *facts, struct labels *faults);

/* Does the plan make a dev container, which mounts its directory among the daemon's files? */
bool telemetry_is_mounted_by(const struct plan *plan);

/*
 * Makes it where it does not run, is of another guest than this program's, or measures at another
 * interval, and makes the directories of workspaces whose dev container the plan makes (NULL: of
 * none). Under the lock, after account_ensure, on a connection that Ctrl-C does not cancel.
 */
int telemetry_ensure(struct podman *podman, const struct facts *facts, const struct plan *plan,
		     uint32_t interval_s, struct error *err);

/*
 * After workspaces have gone or are not measured any more (now: what is there): removes the daemon
 * with the last one that it measured, and what it kept of those that are gone.
 */
int telemetry_dismiss(struct podman *podman, const struct facts *now, struct error *err);

#endif
