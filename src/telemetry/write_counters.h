/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_WRITE_COUNTERS_H
#define WINALUX_SRC_TELEMETRY_WRITE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What /proc/PID/io (proc_pid_io(5)) says that a process has made to be written to disks, or what
 * many have together. Its threads are in it, those that have ended too, and the children that it
 * has waited for. Reading it takes the rights of a tracer.
 *
 * The kernel counts when a page of a file becomes dirty: at write(2) or at a store into a map, once
 * until it is written back. So what is written over counts without the file growing; what
 * fallocate(2) and links take does not count. Changes of directories and inodes count by the blocks
 * that hold them. Seen with Linux 6.18: ext4 and overlay on it count all of that, tmpfs nothing.
 */
struct write_counters {
	uint64_t written_bytes;
	uint64_t cancelled_bytes; /* of these, by files that were cut short before: not always by
				   * who has written them */
};

/* False where the text is not of that form. */
bool write_counters_parse(const char *text, struct write_counters *ret);

/* Adds what a file such as /proc/7/io says; false where it cannot be read or is odd. */
bool write_counters_add(struct write_counters *sum, const char *path);

/* What sums of processes have grown by since a moment. */
struct write_growth {
	struct write_counters before;
	bool has_before;
	bool has_moved;       /* whether anything was written at all, or cannot be known */
	bool has_lost;        /* somebody ended whose part nobody has, or there was no sum */
	uint64_t gross_bytes; /* written, all of it */
	uint64_t net_bytes;   /* written, less what of it was cancelled */
};

/* From now on; the sum at this moment, NULL: not known. */
void write_growth_begin(struct write_growth *g, const struct write_counters *sum);

/*
 * The sum at a later moment. One that is smaller is of fewer processes: somebody has ended that
 * nobody among them waited for. What was written since the last moment is not known then and taken
 * for nothing, but something has moved; the same where there is no sum (NULL). What is cancelled
 * beyond what was written since was written before: it makes no room for what comes.
 */
void write_growth_take(struct write_growth *g, const struct write_counters *sum);

#endif
