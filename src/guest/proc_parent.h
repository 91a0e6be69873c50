/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_PROC_PARENT_H
#define WINALUX_GUEST_PROC_PARENT_H

#include <sys/types.h>

/*
 * The parent of a process as PID 1's own /proc says: 0 for one that came in from outside of the
 * container, and for PID 1. -1 when there is no such process.
 */
pid_t proc_parent(pid_t pid);

/* From the text of /proc/PID/stat: "PID (NAME) STATE PPID …", where NAME may hold anything. */
pid_t proc_parent_parse(const char *stat);

#endif
