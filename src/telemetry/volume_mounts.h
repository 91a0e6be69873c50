/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_VOLUME_MOUNTS_H
#define WINALUX_SRC_TELEMETRY_VOLUME_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The volumes of a workspace that a container has mounted, with what is in them the developer's:
 * its home and its sidecars' data, by the root of the mount ("…/winalux-alice-home/_data"), which
 * nobody inside can change. Host keys and the ledger do not count.
 */

/* Calls fn with each one's place in the container, out of a text of /proc/PID/mountinfo. */
void volume_mounts_parse(const char *text, void (*fn)(const char *path, void *context),
			 void *context);

/*
 * Opens them (O_PATH), of the container whose first process is pid; no link on the way is followed.
 * How many, at most max; the caller closes them.
 */
size_t volume_mounts_open(const char *proc, pid_t pid, int *ret, size_t max);

/*
 * The workspace whose directory of the account's volume is mounted at METRICS_POD_DIRECTORY, out of
 * a text of mountinfo, or that of a process. False where there is none.
 */
enum { VOLUME_MOUNTS_NAME_SIZE = 64 };
bool volume_mounts_find_workspace(const char *text, char ret[static VOLUME_MOUNTS_NAME_SIZE]);
bool volume_mounts_workspace(const char *proc, pid_t pid, char ret[static VOLUME_MOUNTS_NAME_SIZE]);

#endif
