/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_ACCOUNT_H
#define WINALUX_WORKSPACE_ACCOUNT_H

#include <stdbool.h>

#include "winalux/plan/want.h"

struct error;
struct facts;
struct podman;

/*
 * What all workspaces of an account share: the volume winalux-account, which holds the seccomp
 * profiles by digest (older ones stay: containers that were made with them start with them again)
 * and the directory of the keepers (keepers.h).
 */

/*
 * Paths on the server. The profiles' are NULL when they are not there yet; all are NULL without the
 * volume. Release with account_paths_release.
 */
void account_paths_get(const struct facts *facts, struct server_paths *ret);
void account_paths_release(struct server_paths *paths);

/*
 * Puts the profiles of this program into the volume when they are not there: a short-lived
 * container of the guest image copies them. *ret as above. Call under the lock, on a connection
 * that Ctrl-C does not cancel.
 */
int account_ensure(struct podman *podman, const struct facts *facts, const char *guest_image,
		   struct server_paths *ret, struct error *err);

#endif
