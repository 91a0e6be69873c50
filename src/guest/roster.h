/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_ROSTER_H
#define WINALUX_GUEST_ROSTER_H

enum { ROSTER_MAX_BYTES = 64 << 10 };

/* What is read of it: for its owner to keep, since nothing is allocated here. */
struct roster {
	char text[ROSTER_MAX_BYTES + 1];
};

/*
 * Removes what directory/telemetry, directory/proc and directory/history keep of workspaces that
 * are not on directory/roster (wire.h), and makes what is missing of what those on it mount.
 * Without a whole roster nothing is removed.
 */
void roster_apply(struct roster *r, const char *directory);

#endif
