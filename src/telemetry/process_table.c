/* SPDX-License-Identifier: MIT */
#include "process_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "proc_file.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { STAT_MAX = 1024 };

static bool read_stat(int proc, const char *name, struct process_stat *ret)
{
	char path[64], text[STAT_MAX];

	snprintf(path, sizeof(path), "%.32s/stat", name);
	DEFER(fd_closep) int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : fd_read_upto(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return process_stat_parse(text, ret);
}

bool process_table_find(const char *proc, pid_t pid, struct process_stat *ret)
{
	char text[STAT_MAX];

	return proc_file_read(proc, pid, "stat", text, sizeof(text)) &&
	       process_stat_parse(text, ret);
}

bool process_table_walk(const char *proc, process_visit_fn visit, void *context)
{
	DEFER(dir_closep) DIR *directory = opendir(proc);
	const struct dirent *entry;
	struct process_stat p;

	if (!directory)
		return false;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		if (read_stat(dirfd(directory), entry->d_name, &p))
			visit(&p, context);
	}
	return true;
}

/* A zombie has no memory any more, and its time counts until somebody has waited for it. */
void process_sums_add(struct process_sums *sums, const struct process_stat *p)
{
	sums->ticks += p->own_ticks + p->waited_ticks;
	if (p->state == 'Z' || p->state == 'X')
		return;
	sums->rss_pages += p->rss_pages;
	sums->processes++;
	sums->threads += (uint32_t)p->threads;
	sums->active += p->state == 'R' || p->state == 'D';
}

struct summing {
	process_filter_fn is_counted;
	void *context;
	struct process_sums sums;
};

static void sum(const struct process_stat *p, void *context)
{
	struct summing *s = context;

	if (!s->is_counted || s->is_counted(p, s->context))
		process_sums_add(&s->sums, p);
}

bool process_table_sum(const char *proc, process_filter_fn is_counted, void *context,
		       struct process_sums *ret)
{
	struct summing s = { .is_counted = is_counted, .context = context };

	if (!process_table_walk(proc, sum, &s))
		return false;
	*ret = s.sums;
	return true;
}
