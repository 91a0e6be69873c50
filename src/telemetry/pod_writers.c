/* SPDX-License-Identifier: MIT */
/*
 * Who writes, told by what /proc/PID/io has grown by between two looks.
 *
 * That file has the children in it that a process has waited for. A login's shell would seem to
 * write whenever a copy that it was asked for has ended, so the sum over the threads, which is
 * without children, is looked at as well: who has written much by himself is a writer. A script or
 * make whose children live too shortly to be seen is one when its children have written much at
 * two looks in a row; a shell that leads a terminal never is for that.
 */
#include "pod_writers.h"

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pods.h"
#include "proc_file.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "write_counters.h"

struct writer {
	const struct pods_process *process;
	uint64_t grown_bytes;
	bool is_inside; /* the dev container, where PID 1 can stop it */
};

struct search {
	struct pods *pods;
	pid_t first;        /* of the dev container */
	bool has_strangers; /* somebody of whom nothing was known before */
	size_t count;
	struct writer found[METRICS_WRITERS_MAX]; /* who writes most first, those inside before */
};

/* --- one process --- */

static uint64_t net(const struct write_counters *sum)
{
	return sum->written_bytes > sum->cancelled_bytes ? sum->written_bytes - sum->cancelled_bytes
							 : 0;
}

static bool read_all(const char *proc, pid_t pid, uint64_t *ret)
{
	struct write_counters sum = { 0 };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%d/io", proc, (int)pid);
	if (!write_counters_add(&sum, path))
		return false;
	*ret = net(&sum);
	return true;
}

/* Of its threads that are there: less than it has written, when some have ended. */
static uint64_t read_own(const char *proc, pid_t pid)
{
	struct write_counters sum = { 0 };
	char path[PATH_MAX], file[PATH_MAX + 300];
	const struct dirent *entry;

	snprintf(path, sizeof(path), "%s/%d/task", proc, (int)pid);
	DEFER(dir_closep) DIR *directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s/io", path, entry->d_name);
		write_counters_add(&sum, file);
	}
	return net(&sum);
}

static uint64_t growth(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* What makes it a writer, or 0. before is of the look before, zeroed for one that has begun since.
 */
static uint64_t judge(struct pods_process *now, const struct pods_process *before)
{
	const uint64_t own = growth(now->own_bytes, before->own_bytes);
	const uint64_t all = growth(now->all_bytes, before->all_bytes);

	now->has_waited = growth(all, own) >= POD_WRITERS_BYTES;
	if (own >= POD_WRITERS_BYTES)
		return own;
	return now->has_waited && before->has_waited && !now->leads_terminal ? all : 0;
}

/* --- the pod --- */

static bool comes_before(const struct writer *a, const struct writer *b)
{
	return a->is_inside != b->is_inside ? a->is_inside : a->grown_bytes > b->grown_bytes;
}

/* In order; the last one falls off where there is no more room. */
static void insert(struct search *s, struct writer next)
{
	for (size_t i = 0; i < s->count; i++) {
		if (comes_before(&next, &s->found[i])) {
			const struct writer moved = s->found[i];

			s->found[i] = next;
			next = moved;
		}
	}
	if (s->count < METRICS_WRITERS_MAX)
		s->found[s->count++] = next;
}

static void look_at(struct pods_process *process, void *context)
{
	struct search *s = context;
	const struct pods_process before = *process;
	const bool is_known = before.writes_round && before.writes_round == s->pods->round - 1;

	process->writes_round = 0;
	if (!read_all(s->pods->proc, process->pid, &process->all_bytes))
		return;
	process->own_bytes = read_own(s->pods->proc, process->pid);
	process->writes_round = s->pods->round;
	if (!is_known && !before.is_new) {
		process->has_waited = false;
		s->has_strangers = true;
		return;
	}
	const struct pods_process none = { 0 };
	const uint64_t grown_bytes = judge(process, is_known ? &before : &none);

	if (grown_bytes)
		insert(s, (struct writer){ process, grown_bytes,
					   s->pods->boxes[process->box].first == s->first });
}

static bool describe(const struct pods *pods, const struct writer *w, struct metrics_writer *ret)
{
	char command[METRICS_COMMAND_SIZE + 1];
	pid_t pid = 0;

	if (!proc_file_read(pods->proc, w->process->pid, "comm", command, sizeof(command)) ||
	    (w->is_inside && !proc_file_pid_below(pods->proc, w->process->pid, &pid)))
		return false;
	command[strcspn(command, "\n")] = '\0';
	*ret = (struct metrics_writer){
		.started_ticks = w->process->started_ticks,
		.pid = (uint32_t)pid,
		.state = w->is_inside ? METRICS_WRITER_RUNS : METRICS_WRITER_SIDECAR,
	};
	snprintf(ret->command, sizeof(ret->command), "%.*s", METRICS_COMMAND_SIZE - 1, command);
	return true;
}

static void name_writers(const struct search *s, struct metrics *m)
{
	struct metrics_writer stopped[METRICS_WRITERS_MAX];
	const uint32_t stopped_count = m->writer_count;

	memcpy(stopped, m->writers, sizeof(stopped));
	memset(m->writers, 0, sizeof(m->writers));
	m->writer_count = 0;
	for (size_t i = 0; i < s->count; i++)
		m->writer_count += describe(s->pods, &s->found[i], &m->writers[m->writer_count]);
	for (uint32_t i = 0; i < stopped_count && m->writer_count < METRICS_WRITERS_MAX; i++)
		m->writers[m->writer_count++] = stopped[i];
}

/* In hundredths of the limit, which may be less than a hundred bytes in nobody's but a test's. */
static bool has_reached(const struct metrics *m, unsigned percent)
{
	return m->storage_used_bytes >= m->storage_total_bytes / 100 * percent;
}

bool pod_writers_fill(struct pods *pods, int index, struct metrics *m)
{
	struct search s = { .pods = pods, .first = pods->items[index].first };
	const bool was_over = m->storage_is_over;

	m->storage_is_over = false;
	if (!(m->known & METRICS_STORAGE) || !m->storage_total_bytes ||
	    m->storage_policy != METRICS_POLICY_FREEZE || !has_reached(m, METRICS_THAW_PERCENT))
		return false;
	m->storage_is_over = was_over || m->storage_used_bytes >= m->storage_total_bytes;
	/* From a little before the limit on, so that at the limit it is known at once. */
	pods_each_process(pods, index, look_at, &s);
	if (!m->storage_is_over)
		return false;
	name_writers(&s, m);
	/* A sidecar that writes on for days is no reason to look at everything each second. */
	return (s.count && s.found[0].is_inside) || s.has_strangers;
}
