/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_PROCESS_TABLE_H
#define WINALUX_SRC_TELEMETRY_PROCESS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "process_stat.h"

/* What the processes of a workspace come to together. */
struct process_sums {
	uint64_t ticks; /* of all that run, and of all that they have waited for */
	uint64_t rss_pages;
	uint32_t processes; /* without zombies */
	uint32_t threads;
	uint32_t active; /* that run or wait for a disk: what a load average counts */
};

/* One process below a /proc; false when it is gone. */
bool process_table_find(const char *proc, pid_t pid, struct process_stat *ret);

/* Calls visit for each process below a /proc, in the order of the directory. False when that cannot
 * be read. */
typedef void (*process_visit_fn)(const struct process_stat *process, void *context);
bool process_table_walk(const char *proc, process_visit_fn visit, void *context);

void process_sums_add(struct process_sums *sums, const struct process_stat *process);

/* Whether a process counts; NULL counts all. */
typedef bool (*process_filter_fn)(const struct process_stat *process, void *context);

/*
 * Sums up the processes below a /proc; one that goes while it is looked at is left out. False when
 * the directory cannot be read.
 *
 * A process that ends takes its time along to who waits for it, so ticks does not shrink while the
 * top of the tree lives. It shrinks by what a process has used that nobody waited for (SIGCHLD
 * ignored): a difference below zero is no use of the processor.
 */
bool process_table_sum(const char *proc, process_filter_fn is_counted, void *context,
		       struct process_sums *ret);

#endif
