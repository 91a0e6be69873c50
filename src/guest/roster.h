/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_ROSTER_H
#define WINALUX_GUEST_ROSTER_H

/*
 * Removes what directory/telemetry, directory/proc and directory/history keep of workspaces that
 * are not on directory/roster (wire.h), and makes what is missing of what those on it mount.
 * Without a whole roster nothing is removed.
 */
void roster_apply(const char *directory);

#endif
