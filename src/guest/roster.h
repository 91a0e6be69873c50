/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_ROSTER_H
#define WINALUX_GUEST_ROSTER_H

/*
 * directory/roster, which the host writes, has the names of all workspaces of the account, one per
 * line. Removes what directory/telemetry, directory/proc and directory/history keep of others.
 * Without a roster nothing is removed.
 */
void roster_clean(const char *directory);

#endif
