/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_POD_PROC_H
#define WINALUX_SRC_TELEMETRY_POD_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "winalux/telemetry/proc_files.h"

struct metrics;

/* What the host's own /proc says, read once for all pods of a look. */
struct pod_proc_host {
	struct proc_host host;
	char meminfo[8 << 10];
	char stat[64 << 10];
	char cpuinfo[PROC_FILES_MAX_BYTES];
	char text[PROC_FILES_MAX_BYTES]; /* that is being written */
};

void pod_proc_read_host(struct pod_proc_host *h, const char *proc);

/*
 * Takes in a sample and rewrites the files below directory, which are there and which the workspace
 * has bound over its own. False with errno where one could not be written.
 */
bool pod_proc_write(struct proc_files *files, struct pod_proc_host *h, const struct metrics *m,
		    uint32_t runnable, const char *directory);

/* Gives files that are still empty the host's figures: a program may read them before the first
 * sample of its workspace. */
void pod_proc_prepare(struct pod_proc_host *h, const char *directory);

#endif
