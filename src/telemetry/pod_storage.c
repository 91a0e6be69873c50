/* SPDX-License-Identifier: MIT */
#include "pod_storage.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "pods.h"
#include "process_table.h"
#include "storage.h"
#include "volume_mounts.h"
#include "write_counters.h"

enum { PROCESSES_MAX = 4096 };

/* What a call needs to know of the pod. */
struct survey {
	const char *proc;
	int trees[STORAGE_TREES_MAX];
	size_t tree_count;
	pid_t pids[PROCESSES_MAX];
	size_t pid_count;
	struct write_counters writes;
	bool knows_writes;
};

static void add_trees(const struct box *box, void *context)
{
	struct survey *s = context;

	if (box->first)
		s->tree_count += volume_mounts_open(s->proc, box->first, s->trees + s->tree_count,
						    STORAGE_TREES_MAX - s->tree_count);
}

/* One that is gone has nothing to tell any more: its parent tells it. */
static bool is_alive(const char *proc, pid_t pid)
{
	struct process_stat stat;

	return process_table_find(proc, pid, &stat) && stat.state != 'Z' && stat.state != 'X';
}

static void add_process(struct pods_process *process, void *context)
{
	struct survey *s = context;
	const pid_t pid = process->pid;
	char path[PATH_MAX];

	if (s->pid_count < PROCESSES_MAX)
		s->pids[s->pid_count++] = pid;
	snprintf(path, sizeof(path), "%s/%d/io", s->proc, (int)pid);
	if (!write_counters_add(&s->writes, path) && is_alive(s->proc, pid))
		s->knows_writes = false;
}

void pod_storage_step(struct storage *storage, struct pods *pods, int index, int64_t now_boot_ms,
		      uint64_t budget_us, struct metrics *m)
{
	struct survey s = { .proc = pods->proc, .knows_writes = true };

	pods_each_box(pods, index, add_trees, &s);
	pods_each_process(pods, index, add_process, &s);
	const struct storage_view view = {
		.now_boot_ms = now_boot_ms,
		.trees = s.trees,
		.tree_count = s.tree_count,
		.proc = pods->proc,
		.pids = s.pids,
		.pid_count = s.pid_count,
		.writes = s.knows_writes ? &s.writes : NULL,
		.is_urgent = m->storage_is_over,
	};

	storage_step(storage, &view, budget_us, m);
	for (size_t i = 0; i < s.tree_count; i++)
		close(s.trees[i]);
}
