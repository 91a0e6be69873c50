/* SPDX-License-Identifier: MIT */
/*
 * A look: every process is found among those of the look before, or examined when it is new; its
 * figures are added to its box. Then come the processes that are gone, the boxes that are new, and
 * the pods.
 *
 * The time of a process that ends goes to its parent. Where that is in the same box the sum stays;
 * an exec session's first process has its parent outside, so its time is kept as departed.
 */
#include "pods.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc_file.h"
#include "volume_mounts.h"
#include "winalux/base/mem.h"

enum {
	LOOKS_EACH = 3, /* a container's first process is the runtime's at first */
	ANCESTORS_MAX = 16,
	CGROUP_TEXT_MAX = 4096,
	BOX_UNKNOWN = PODS_BOXES_MAX + 1, /* of a process */
};

void pods_init(struct pods *p, const char *proc, const char *cgroups)
{
	p->proc = proc;
	p->cgroups = cgroups;
	p->tick_us = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* --- processes --- */

static int compare_pids(const void *a, const void *b)
{
	const pid_t x = *(const pid_t *)a, y = ((const struct pods_process *)b)->pid;

	return (x > y) - (x < y);
}

static int compare_processes(const void *a, const void *b)
{
	return compare_pids(&((const struct pods_process *)a)->pid, b);
}

static struct pods_process *find(struct pods *p, unsigned round, pid_t pid)
{
	const unsigned list = round % 2;

	return bsearch(&pid, p->lists[list], p->counts[list], sizeof(p->lists[list][0]),
		       compare_pids);
}

static uint32_t box_of_namespace(struct pods *p, uint64_t inode)
{
	uint32_t free_place = PODS_BOXES_MAX;

	for (uint32_t i = 0; i < PODS_BOXES_MAX; i++) {
		if (p->boxes[i].pid_namespace == inode)
			return i;
		if (!p->boxes[i].pid_namespace && free_place == PODS_BOXES_MAX)
			free_place = i;
		if (!p->boxes[i].pid_namespace && !p->boxes[i].round)
			break; /* never used, nor any behind it */
	}
	if (free_place < PODS_BOXES_MAX)
		p->boxes[free_place] =
			(struct box){ .pid_namespace = inode, .round = p->round, .pod = -1 };
	else
		p->is_full = true;
	return free_place;
}

/* A new container, which may have got the inode of one that is gone. */
static void begin_box(const struct pods *p, struct box *b, const struct process_stat *first)
{
	*b = (struct box){ .pid_namespace = b->pid_namespace,
			   .round = b->round,
			   .begun = p->round,
			   .first = first->pid,
			   .first_started_ticks = first->started_ticks,
			   .sums = b->sums,
			   .pod = -1 };
}

/* The first of a process and its parents that only one namespace below ours knows. */
static bool climb(const struct pods *p, struct process_stat *at)
{
	unsigned depth;
	pid_t innermost;

	for (unsigned i = 0; i < ANCESTORS_MAX; i++) {
		if (!process_table_find(p->proc, at->parent, at) ||
		    !proc_file_depth(p->proc, at->pid, &depth, &innermost))
			return false;
		if (depth <= 2)
			return depth == 2;
	}
	return false;
}

/*
 * Deeper namespaces are somebody's own inside a container, which the kernel tells; where it cannot,
 * their processes are where the process is that made them. One that cannot be placed is looked at
 * again.
 */
static uint32_t box_of_process(struct pods *p, const struct process_stat *stat)
{
	struct process_stat at = *stat;
	unsigned depth;
	pid_t innermost;
	uint64_t inode;

	if (!proc_file_depth(p->proc, at.pid, &depth, &innermost) || depth < 2)
		return PODS_BOXES_MAX;
	if (depth > 2 && proc_file_outer_namespace(p->proc, at.pid, depth - 2, &inode))
		return box_of_namespace(p, inode);
	if (depth > 2 && !climb(p, &at))
		return BOX_UNKNOWN;
	if (!proc_file_namespace(p->proc, at.pid, "pid", &inode))
		return BOX_UNKNOWN;
	const uint32_t box = box_of_namespace(p, inode);
	const bool is_first = depth == 2 && innermost == 1 && box < PODS_BOXES_MAX;

	if (is_first && (p->boxes[box].first != at.pid ||
			 p->boxes[box].first_started_ticks != at.started_ticks))
		begin_box(p, &p->boxes[box], &at);
	return box;
}

/* Is the parent of a process that has just come to a box outside of it? */
static bool is_entry(struct pods *p, const struct process_stat *stat, uint32_t box)
{
	const struct pods_process *parent = find(p, p->round - 1, stat->parent);
	struct process_stat above;

	if (!parent || !parent->is_there)
		parent = find(p, p->round, stat->parent);
	if (parent)
		return parent->box != box;
	return stat->pid == p->boxes[box].first ||
	       !process_table_find(p->proc, stat->parent, &above) ||
	       box_of_process(p, &above) != box;
}

static void visit(const struct process_stat *stat, void *context)
{
	struct pods *p = context;
	const unsigned list = p->round % 2;
	struct pods_process *had = find(p, p->round - 1, stat->pid);
	struct pods_process *now = &p->lists[list][p->counts[list]];

	if (p->counts[list] == PODS_PROCESSES_MAX) {
		p->is_full = true;
		return;
	}
	if (had && had->started_ticks == stat->started_ticks)
		had->is_there = true;
	if (had && had->is_there && had->box != BOX_UNKNOWN) {
		*now = *had;
		now->is_there = now->is_new = false;
	} else {
		*now = (struct pods_process){ .pid = stat->pid,
					      .started_ticks = stat->started_ticks,
					      .box = box_of_process(p, stat),
					      .is_new = p->round > 1 };
		if (now->box < PODS_BOXES_MAX)
			now->is_entry = is_entry(p, stat, now->box);
	}
	now->ticks = stat->own_ticks + stat->waited_ticks;
	now->leads_terminal = stat->session == stat->pid && stat->terminal;
	p->counts[list]++;
	if (now->box < PODS_BOXES_MAX) {
		p->boxes[now->box].round = p->round;
		process_sums_add(&p->boxes[now->box].sums, stat);
	}
}

static void note_departed(struct pods *p)
{
	const unsigned list = (p->round - 1) % 2;

	for (size_t i = 0; i < p->counts[list]; i++) {
		const struct pods_process *had = &p->lists[list][i];

		if (!had->is_there && had->is_entry && p->boxes[had->box].begun != p->round)
			p->boxes[had->box].departed_ticks += had->ticks;
	}
}

static void walk(struct pods *p, bool *ret_is_read)
{
	const unsigned list = p->round % 2;

	p->counts[list] = 0;
	p->is_full = false;
	for (size_t i = 0; i < PODS_BOXES_MAX && p->boxes[i].round; i++)
		p->boxes[i].sums = (struct process_sums){ 0 };
	*ret_is_read = process_table_walk(p->proc, visit, p);
	note_departed(p);
	/* The kernel lists them in order; other trees need not. */
	for (size_t i = 1; i < p->counts[list]; i++) {
		if (p->lists[list][i].pid < p->lists[list][i - 1].pid) {
			qsort(p->lists[list], p->counts[list], sizeof(p->lists[list][0]),
			      compare_processes);
			break;
		}
	}
}

/* --- boxes --- */

static void examine(struct pods *p, struct box *b)
{
	char text[CGROUP_TEXT_MAX];

	if (!proc_file_namespace(p->proc, b->first, "net", &b->net_namespace))
		b->net_namespace = 0;
	if (!proc_file_read(p->proc, b->first, "cgroup", text, sizeof(text)) ||
	    !cgroup_of_container(text, b->cgroup))
		*b->cgroup = '\0';
	if (!volume_mounts_workspace(p->proc, b->first, b->name))
		*b->name = '\0';
}

/*
 * The runtime takes long where the machine is busy, so one that is in no pod is not given up, but
 * examined ever more rarely. What is in a pod has settled.
 */
static bool is_to_be_examined(const struct box *b)
{
	const bool is_power_of_2 = (b->looks & (b->looks - 1)) == 0;

	return b->first && (b->looks < LOOKS_EACH || (b->pod < 0 && is_power_of_2));
}

/* What a box used since the look before; of one that is new at a later look, all it ever used. */
static void count_cpu(struct pods *p, struct box *b, bool is_new)
{
	const uint64_t ticks_us = (b->sums.ticks + b->departed_ticks) * p->tick_us;
	uint64_t us;

	b->cpu_before_us = b->cpu_us;
	b->has_before = !is_new || p->round > 1;
	if (*b->cgroup && cgroup_cpu_us(p->cgroups, b->cgroup, &us))
		b->cpu_us = us;
	else
		b->cpu_us = ticks_us > b->cpu_us ? ticks_us : b->cpu_us;
}

static void update_boxes(struct pods *p)
{
	for (size_t i = 0; i < PODS_BOXES_MAX && p->boxes[i].round; i++) {
		struct box *b = &p->boxes[i];
		const bool is_new = b->looks == 0;

		if (b->round != p->round)
			b->pid_namespace = 0;
		if (!b->pid_namespace)
			continue;
		if (is_to_be_examined(b))
			examine(p, b);
		b->looks += b->first != 0;
		count_cpu(p, b, is_new);
	}
}

/* --- pods --- */

static struct pod *find_pod(struct pods *p, const struct box *b)
{
	struct pod *free_place = NULL;

	for (size_t i = 0; i < PODS_MAX; i++) {
		struct pod *pod = &p->items[i];

		if (strcmp(pod->name, b->name) == 0)
			return pod;
		if (!*pod->name && !free_place)
			free_place = pod;
	}
	p->is_full |= !free_place;
	return free_place;
}

/* The box that has the workspace's directory is its dev container. */
static void place_pod(struct pods *p, const struct box *b)
{
	struct pod *pod = find_pod(p, b);

	if (!pod || pod->round == p->round) /* a second one with the same directory is none */
		return;
	memcpy(pod->name, b->name, sizeof(pod->name));
	pod->round = p->round;
	pod->first = b->first;
	pod->first_started_ticks = b->first_started_ticks;
	pod->net_namespace = b->net_namespace;
	pod->sums = (struct process_sums){ 0 };
	pod->cpu_used_us = 0;
	pod->knows_cpu = true;
}

static int pod_of_network(const struct pods *p, uint64_t net_namespace)
{
	for (int i = 0; net_namespace && i < PODS_MAX; i++)
		if (*p->items[i].name && p->items[i].net_namespace == net_namespace)
			return i;
	return -1;
}

static void add_box(struct pods *p, struct box *b)
{
	b->pod = pod_of_network(p, b->net_namespace);
	if (b->pod < 0)
		return;
	struct pod *pod = &p->items[b->pod];

	pod->sums.ticks += b->sums.ticks;
	pod->sums.rss_pages += b->sums.rss_pages;
	pod->sums.processes += b->sums.processes;
	pod->sums.threads += b->sums.threads;
	pod->sums.active += b->sums.active;
	pod->knows_cpu &= b->has_before;
	if (b->cpu_us > b->cpu_before_us)
		pod->cpu_used_us += b->cpu_us - b->cpu_before_us;
}

static void update_pods(struct pods *p)
{
	for (size_t i = 0; i < PODS_BOXES_MAX && p->boxes[i].round; i++) {
		const struct box *b = &p->boxes[i];

		if (b->pid_namespace && *b->name && b->net_namespace)
			place_pod(p, b);
	}
	for (size_t i = 0; i < PODS_MAX; i++)
		if (p->items[i].round != p->round)
			*p->items[i].name = '\0';
	for (size_t i = 0; i < PODS_BOXES_MAX && p->boxes[i].round; i++)
		if (p->boxes[i].pid_namespace)
			add_box(p, &p->boxes[i]);
}

bool pods_look(struct pods *p)
{
	bool is_read;

	p->round++;
	walk(p, &is_read);
	update_boxes(p);
	update_pods(p);
	return is_read;
}

void pods_each_box(struct pods *p, int pod, void (*call)(const struct box *box, void *context),
		   void *context)
{
	for (size_t i = 0; i < PODS_BOXES_MAX && p->boxes[i].round; i++)
		if (p->boxes[i].pid_namespace && p->boxes[i].pod == pod)
			call(&p->boxes[i], context);
}

void pods_each_process(struct pods *p, int pod,
		       void (*call)(struct pods_process *process, void *context), void *context)
{
	const unsigned list = p->round % 2;

	for (size_t i = 0; i < p->counts[list]; i++) {
		struct pods_process *process = &p->lists[list][i];

		if (process->box < PODS_BOXES_MAX && p->boxes[process->box].pod == pod)
			call(process, context);
	}
}
