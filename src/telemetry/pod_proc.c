/* SPDX-License-Identifier: MIT */
#include "pod_proc.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc_file.h"
#include "sampler.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/telemetry/metrics.h"

static const char *read_host_file(const char *proc, const char *name, char *ret, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	return proc_file_read_path(path, ret, size) ? ret : NULL;
}

void pod_proc_read_host(struct pod_proc_host *h, const char *proc)
{
	h->host.meminfo = read_host_file(proc, "meminfo", h->meminfo, sizeof(h->meminfo));
	h->host.stat = read_host_file(proc, "stat", h->stat, sizeof(h->stat));
	h->host.cpuinfo = read_host_file(proc, "cpuinfo", h->cpuinfo, sizeof(h->cpuinfo));
}

static int open_file(const char *directory, enum proc_file file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, proc_file_name(file));
	return open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

/* In one write; what is behind it is of another limit. */
static bool write_file(int fd, const char *text, size_t len)
{
	struct stat st;

	if (pwrite(fd, text, len, 0) != (ssize_t)len || fstat(fd, &st) < 0)
		return false;
	return st.st_size <= (off_t)len || ftruncate(fd, (off_t)len) == 0;
}

bool pod_proc_write(struct proc_files *files, struct pod_proc_host *h, const struct metrics *m,
		    uint32_t runnable, const char *directory)
{
	bool is_written = true;

	proc_files_count(files, &h->host, m, runnable);
	for (enum proc_file i = 0; i < PROC_FILE_COUNT; i++) {
		DEFER(fd_closep) int fd = open_file(directory, i);
		const size_t len =
			fd < 0 ? 0
			       : proc_files_write(i, files, &h->host, m, h->text, sizeof(h->text));

		/* A workspace that was made without them has none. */
		is_written &= !len || write_file(fd, h->text, len);
	}
	return is_written;
}

void pod_proc_prepare(struct pod_proc_host *h, const char *directory)
{
	struct metrics m = { .known = METRICS_MEMORY | METRICS_UPTIME };
	struct proc_files files = { 0 };
	struct stat st;

	m.sampled_boot_ms = m.started_boot_ms = metrics_now_ms();
	sampler_set_totals(&m);
	proc_files_count(&files, &h->host, &m, 0);
	for (enum proc_file i = 0; i < PROC_FILE_COUNT; i++) {
		DEFER(fd_closep) int fd = open_file(directory, i);

		if (fd < 0 || fstat(fd, &st) < 0 || st.st_size)
			continue;
		write_file(fd, h->text,
			   proc_files_write(i, &files, &h->host, &m, h->text, sizeof(h->text)));
	}
}
