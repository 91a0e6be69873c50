/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_TREE_COUNT_H
#define WINALUX_SRC_TELEMETRY_TREE_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "link_set.h"

/*
 * Counts what a tree of directories occupies, in steps of bounded time and in fixed memory, while
 * others go on changing it.
 *
 * Counted are allocated bytes (st_blocks, so holes are not) and inodes: the tree's own directory,
 * everything below it on the same mount, each file once however many links it has. Symbolic links
 * are counted themselves and not followed.
 */
enum {
	TREE_COUNT_DEPTH_MAX = 16384, /* directories in directories; what is deeper is left out */
	TREE_COUNT_NAMES_SIZE = 64 << 10, /* of directories that wait */
	TREE_COUNT_BUFFER_SIZE = 32 << 10,
	TREE_COUNT_TOP_FDS = 8,
	TREE_COUNT_FDS = 32,
	TREE_COUNT_BATCH = 64, /* entries, between two looks at the clock */
};

enum tree_count_result {
	TREE_COUNT_FAILED, /* nothing was begun, the directory itself is not readable, or no end */
	TREE_COUNT_RUNNING,
	TREE_COUNT_DONE,
};

struct tree_count_sum {
	uint64_t bytes;
	uint64_t inodes;
	uint64_t unreadable; /* directories and files that could not be looked at */
	uint64_t changed;    /* places where something had gone or moved when its turn came */
	uint64_t mounts;     /* left out, with what they cover */
	uint64_t too_deep;   /* directories counted, but not what is in them */
};

/* A directory that is open, or that was and whose turn comes again. */
struct tree_level {
	uint64_t inode;
	int64_t offset; /* where to read on (d_off), when its pending names are done; -1: at the end
			 */
	uint32_t device; /* the low half of it */
	uint32_t names;  /* where its names begin */
};

struct tree_fd {
	int fd;
	uint32_t owner; /* its level + 1; 0: none */
};

/*
 * The fields are tree_count.c's own. All zeros is one that has not begun. Memory is written to as
 * it is needed, and given back to the kernel in the end: it has to be anonymous and private.
 */
struct tree_count {
	enum tree_count_result state;
	bool is_reading; /* the present level; else it hands out pending names */
	bool has_mount;
	bool changes_atime; /* O_NOATIME was refused */
	uint64_t mount, device;
	struct tree_count_sum sum;
	uint64_t entries_left;
	uint32_t depth;
	uint32_t names_len;
	uint32_t buffer_at, buffer_len;
	struct tree_fd fds[TREE_COUNT_FDS];
	_Alignas(8) char buffer[TREE_COUNT_BUFFER_SIZE]; /* of getdents64(2) */
	char names[TREE_COUNT_NAMES_SIZE + 1];           /* each behind a NUL */
	struct tree_level levels[TREE_COUNT_DEPTH_MAX];
	struct link_set links;
};

/*
 * Begins to count a directory, which stays the caller's (O_PATH will do) and may be closed at once.
 * False with errno where it cannot be read; steps return TREE_COUNT_FAILED then.
 */
bool tree_count_begin(struct tree_count *t, int directory);

/*
 * Works for that much processor time of the thread, and waits for disks at most ten times as long;
 * at least one batch is done however short that is. What it returned last stays when it is no
 * longer running.
 */
enum tree_count_result tree_count_step(struct tree_count *t, uint64_t budget_us);

/* Of what was counted until now; meant for after TREE_COUNT_DONE. */
struct tree_count_sum tree_count_result_of(const struct tree_count *t);

/* Closes what is open and gives the memory back; all zeros afterwards, as far as it matters. */
void tree_count_clear(struct tree_count *t);

#endif
