/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_PODS_H
#define WINALUX_SRC_TELEMETRY_PODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "process_table.h"

/*
 * Which process belongs to which workspace, seen from the host's pid namespace
 * (docs/design/telemetry.md):
 *
 * A process that one pid namespace below ours knows is in the container of that namespace; one
 * deeper down is where its parent is. A container is in the pod whose network namespace its first
 * process has. A pod is the workspace whose directory the first process of one of its containers
 * has mounted, which nobody inside can change. Neither cgroups nor names of processes count.
 */
enum {
	PODS_MAX = 256,
	PODS_BOXES_MAX = 2048,
	PODS_PROCESSES_MAX = 1 << 16,
	PODS_NAME_SIZE = 64,
};

/* A container as its processes show it. */
struct box {
	uint64_t pid_namespace; /* inode; 0: the place is free */
	uint64_t net_namespace; /* 0: not known yet */
	pid_t first;            /* its PID 1; 0: not seen yet */
	uint64_t first_started_ticks;
	char name[PODS_NAME_SIZE];     /* of the workspace whose directory it has; "" */
	char cgroup[CGROUP_PATH_SIZE]; /* its own; "": it has none */
	unsigned looks;                /* since its first process was seen */
	unsigned round;                /* when it was last seen */
	unsigned begun;                /* when its first process was seen for the first time */
	int pod;                       /* -1: of no workspace */
	struct process_sums sums;
	uint64_t departed_ticks; /* of processes that ended and took their time out of the box */
	uint64_t cpu_us;         /* all that it used so far */
	uint64_t cpu_before_us;
	bool has_before;
};

struct pod {
	char name[PODS_NAME_SIZE]; /* "": the place is free */
	unsigned round;
	pid_t first; /* PID 1 of the dev container */
	uint64_t first_started_ticks;
	uint64_t net_namespace;
	struct process_sums sums;
	uint64_t cpu_used_us; /* between the last two looks */
	bool knows_cpu;
};

struct pods_process {
	pid_t pid;
	uint32_t box; /* index, or PODS_BOXES_MAX: in none */
	uint64_t started_ticks;
	uint64_t ticks;
	bool is_entry; /* its parent is outside of the box: its time goes there when it ends */
	bool is_there; /* among the earlier ones: still there */
	bool is_new;   /* it was not there at the look before, which there was */
	bool leads_terminal; /* of a session with a terminal it is the first: a login's shell */
	/* pod_writers.c: what it had written at the look of that round; 0: at none. */
	unsigned writes_round;
	bool has_waited; /* what it waited for had written much */
	uint64_t own_bytes, all_bytes;
};

struct pods {
	const char *proc;    /* "/proc" */
	const char *cgroups; /* "/sys/fs/cgroup" */
	uint64_t tick_us;
	unsigned round;
	struct box boxes[PODS_BOXES_MAX];
	struct pod items[PODS_MAX];
	/* Of this look and of the one before, in the order of pids. */
	struct pods_process lists[2][PODS_PROCESSES_MAX];
	size_t counts[2];
	bool is_full; /* something was left out at the last look */
};

/* Of zeroed memory, untouched pages of which cost nothing. */
void pods_init(struct pods *p, const char *proc, const char *cgroups);

/*
 * Looks at all processes once. Afterwards items with a name are the pods that run; what they used
 * of the processors is known from the second look on, or, of one that began since, at once. False
 * when proc cannot be read.
 */
bool pods_look(struct pods *p);

/* Calls visit for each box of a pod. */
void pods_each_box(struct pods *p, int pod, void (*visit)(const struct box *box, void *context),
		   void *context);
/* The same for each process of a pod, of the last look. */
void pods_each_process(struct pods *p, int pod,
		       void (*visit)(struct pods_process *process, void *context), void *context);

#endif
