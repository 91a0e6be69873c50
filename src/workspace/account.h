/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_ACCOUNT_H
#define WINALUX_WORKSPACE_ACCOUNT_H

#include <stdbool.h>

struct error;
struct facts;
struct podman;

/*
 * What all workspaces of an account share: the volume winalux-account, which holds the seccomp
 * profiles by digest (older ones stay: containers that were made with them start with them again).
 */

/* Path of the profile on the server, or NULL when it is not there yet. The caller frees it. */
char *account_seccomp_path(const struct facts *facts);

/*
 * Puts the profile of this program into the volume when it is not there: a short-lived container of
 * the guest image copies it. *ret_path as above; the caller frees it. Call under the lock, on a
 * connection that Ctrl-C does not cancel.
 */
int account_ensure(struct podman *podman, const struct facts *facts, const char *guest_image,
		   char **ret_path, struct error *err);

#endif
