/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_UNDO_H
#define WINALUX_WORKSPACE_UNDO_H

struct podman;
struct workspace_facts;

/*
 * Removes what a failed or interrupted deploy has made of a workspace: all objects that carry its
 * label now and were not there before (NULL: nothing was). It looks instead of remembering, so that
 * a call whose answer was lost counts too. What carries no label of ours is never touched, nor any
 * volume that was there. Call under the account's lock, on a connection that Ctrl-C does not
 * cancel. What cannot be removed stays: the next deploy sees it.
 */
void undo_workspace(struct podman *podman, const char *name, const struct workspace_facts *before);

#endif
