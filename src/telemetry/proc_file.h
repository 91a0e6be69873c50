/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_PROC_FILE_H
#define WINALUX_SRC_TELEMETRY_PROC_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Small files of one process below a /proc, which may be gone at any moment: false then, and
 * nothing is changed.
 */

/* The text of a small file, cut to size - 1 bytes and ended with a NUL; a link is none. */
bool proc_file_read_path(const char *path, char *ret, size_t size);

/* The text of PID/name, cut to size - 1 bytes and ended with a NUL. */
bool proc_file_read(const char *proc, pid_t pid, const char *name, char *ret, size_t size);

/* The inode of PID/ns/name, from the link's text ("net:[4026531840]"), proc_pid_ns(5). */
bool proc_file_namespace(const char *proc, pid_t pid, const char *name, uint64_t *ret);

/*
 * "NSpid" of PID/status (Linux 4.1): how many pid namespaces from that of proc down know the
 * process, and its pid in the innermost one.
 */
bool proc_file_depth(const char *proc, pid_t pid, unsigned *ret_depth, pid_t *ret_innermost);

/* Of the same line: the pid in the namespace that is one below that of proc. */
bool proc_file_pid_below(const char *proc, pid_t pid, pid_t *ret);

/*
 * The inode of the pid namespace that holds the process's own one levels further up (NS_GET_PARENT
 * of ioctl_ns(2), Linux 4.9).
 */
bool proc_file_outer_namespace(const char *proc, pid_t pid, unsigned levels, uint64_t *ret);

/*
 * Opens what the process sees at path, which begins with a slash; no link on the way is followed,
 * which could lead out of its root directory into ours. -1 with errno.
 */
int proc_file_open_inside(const char *proc, pid_t pid, const char *path, int flags);

/* The number behind "key" at the beginning of a line, 'Pss:  12 kB'; false when there is none. */
bool proc_file_number(const char *text, const char *key, uint64_t *ret);

#endif
