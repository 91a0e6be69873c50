/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_STORAGE_H
#define WINALUX_SRC_TELEMETRY_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "deleted_files.h"
#include "storage_growth.h"
#include "tree_count.h"
#include "winalux/telemetry/metrics.h"

enum {
	STORAGE_TREES_MAX = 17,        /* the home, and a volume of each sidecar */
	STORAGE_PAUSE_MS = 60000,      /* between two scans */
	STORAGE_PAUSES_MAX = 10,       /* so many of them, where scans find nothing new */
	STORAGE_LOOK_MS = 10000,       /* between two passes over descriptors */
	STORAGE_LOOK_FDS = 128,        /* in one call, of some microseconds each */
	STORAGE_FINISH_FDS = 1024,     /* the same where the end of a scan waits for it */
	STORAGE_GROWTH_MIN = 16 << 20, /* bytes; and a hundredth of what is used: scanned at once */
};

struct storage_tree {
	dev_t device;
	ino_t inode;
	uint64_t bytes, files; /* when it was counted */
};

struct storage_trees {
	size_t count;
	struct storage_tree items[STORAGE_TREES_MAX];
};

/* What somebody knows at the moment of a call; everything stays the caller's. */
struct storage_view {
	int64_t now_boot_ms;
	/*
	 * Directories (O_PATH will do); -1: not there at the moment. Two that are the same
	 * directory count once, two of which one is in the other twice; what is mounted below one
	 * is not in it. At most STORAGE_TREES_MAX. A new one is counted at once; one that is
	 * missing counts as it did until the next scan begins.
	 */
	const int *trees;
	size_t tree_count;
	/* The processes of the workspace, in any order, below a /proc. */
	const char *proc;
	const pid_t *pids;
	size_t pid_count;
	/* The sum over these; NULL where it could not be had of one that lives. */
	const struct write_counters *writes;
	bool is_urgent; /* somebody waits for the next count: one scan begins after the other */
};

enum storage_phase { STORAGE_RESTING, STORAGE_TREES, STORAGE_DELETED };

/*
 * What a workspace occupies, counted over and over in steps, and estimated between by what its
 * processes have written. The fields are storage.c's own; all zeros is a workspace of which nothing
 * is known. Large, but pages of it are written to only while trees are counted (tree_count.h).
 */
struct storage {
	/* The last scan that was finished. */
	bool has_count;
	bool is_complete; /* it could look at everything, and all of it stood still */
	uint64_t counted_bytes, counted_files;
	uint64_t deleted_bytes; /* in counted_bytes */
	int64_t counted_boot_ms;
	struct storage_growth since_count; /* since that scan began */
	struct storage_trees counted_trees;
	/* The present one. */
	enum storage_phase phase;
	bool is_spoiled;
	struct storage_growth since_begin;
	struct storage_trees trees;
	size_t tree; /* whose turn it is */
	bool is_in_tree;
	/* When the next one begins. */
	int64_t next_boot_ms;
	unsigned pauses;
	/* Descriptors of deleted files: the pass that goes on, and what the last whole one found.
	 */
	bool is_looking;
	int64_t next_look_boot_ms;
	pid_t pid; /* whose descriptors are next, or the first after it */
	int64_t position;
	uint64_t open_bytes, open_files;
	bool is_cut;
	struct deleted_files deleted;
	struct tree_count counter;
};

/*
 * Works on for about budget_us of processor time, at least a little, and writes to m what is known:
 * METRICS_STORAGE, storage_used_bytes, storage_files, storage_is_estimated and
 * storage_counted_boot_ms; until a first scan is finished, what m has of them stays. It is for each
 * interval; while it returns STORAGE_TREES or STORAGE_DELETED, a call before that brings the scan
 * on.
 *
 * The figure is exact if everything could be counted, and no process has written anything since the
 * scan began; else it is an estimate: what was counted, and what was written since, but no more
 * than the file systems have grown by.
 */
enum storage_phase storage_step(struct storage *s, const struct storage_view *view,
				uint64_t budget_us, struct metrics *m);

/*
 * Closes what a scan has open in the workspace's file systems, and forgets everything: for the end
 * of a workspace.
 */
void storage_clear(struct storage *s);

#endif
