/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_KEEPERS_H
#define WINALUX_WORKSPACE_KEEPERS_H

#include <stdbool.h>

struct error;
struct facts;
struct podman;

/*
 * The containers that strict gates of an account need: two keepers and the warden
 * (docs/design/strict.md). They run before the first strict workspace starts and until the last one
 * is gone.
 */

/* In the account's volume; the server's path of the socket that crun connects to ends with it. */
#define KEEPERS_RECEIVER "/gate/notify"

/* Is one of them missing though a workspace is strict? */
bool keepers_are_missed(const struct facts *facts);

/*
 * Makes and starts what is missing, and waits until it serves. With renews_warden a warden of
 * another guest than this program's is replaced; keepers never are, since they hold what cannot be
 * had again. *ret_changed: what was observed is to be looked at again. Under the lock, after
 * account_ensure, on a connection that Ctrl-C does not cancel.
 */
int keepers_ensure(struct podman *podman, const struct facts *facts, bool renews_warden,
		   bool *ret_changed, struct error *err);

/* Removes them when no workspace is strict any more. */
int keepers_dismiss(struct podman *podman, const struct facts *facts, struct error *err);

/*
 * Marks the workspaces that are lost: those which the keepers named when they had to begin anew, or
 * every strict one when none of them is there. One call, and none where no workspace is strict.
 */
int keepers_find_lost(struct podman *podman, struct facts *facts, struct error *err);

#endif
