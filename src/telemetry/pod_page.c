/* SPDX-License-Identifier: MIT */
#include "pod_page.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "cpu_time.h"
#include "net_counters.h"
#include "pods.h"
#include "proc_file.h"
#include "sampler.h"
#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { TEXT_MAX = 8192, SMAPS_MAX = 2048 };

/* What PID 1 alone knows; the figures that it has are those of its own container. */
enum { OWN_GROUPS = METRICS_SESSIONS };

static void take_what_pid_1_says(const struct pods *pods, pid_t first, struct metrics *ret)
{
	DEFER(fd_closep)
	int fd = proc_file_open_inside(pods->proc, first, METRICS_OWN_PATH, O_RDONLY | O_NONBLOCK);
	struct metrics own;

	*ret = (struct metrics){ 0 };
	if (fd < 0 || metrics_read_fd(fd, &own) != METRICS_FINE)
		return;
	own.port_count = own.port_count < METRICS_PORTS_MAX ? own.port_count : METRICS_PORTS_MAX;
	own.sidecar_count =
		own.sidecar_count < METRICS_SIDECARS_MAX ? own.sidecar_count : METRICS_SIDECARS_MAX;
	own.key_count = own.key_count < METRICS_KEYS_MAX ? own.key_count : METRICS_KEYS_MAX;
	own.writer_count =
		own.writer_count < METRICS_WRITERS_MAX ? own.writer_count : METRICS_WRITERS_MAX;
	own.profile[sizeof(own.profile) - 1] = '\0';
	own.known &= OWN_GROUPS;
	*ret = own;
}

static void keep_storage(const struct metrics *before, struct metrics *next)
{
	next->known |= before->known & METRICS_STORAGE;
	next->storage_is_estimated = before->storage_is_estimated;
	next->storage_is_over = before->storage_is_over;
	next->storage_used_bytes = before->storage_used_bytes;
	next->storage_files = before->storage_files;
	next->storage_counted_boot_ms = before->storage_counted_boot_ms;
}

static void fill_cpu(struct pod_page *page, const struct pod *pod, int64_t now_ms,
		     struct metrics *m)
{
	const int64_t took_ms = now_ms - page->before_ms;

	page->cpu_total_us += pod->cpu_used_us;
	m->cpu_total_us = page->cpu_total_us;
	if (!pod->knows_cpu || !page->before_ms || took_ms <= 0)
		return;
	m->cpu_used_milli = (uint32_t)(pod->cpu_used_us / (uint64_t)took_ms);
	m->known |= METRICS_CPU;
}

static void fill_memory(const struct pod *pod, struct metrics *m)
{
	m->memory_rss_bytes = pod->sums.rss_pages * (uint64_t)sysconf(_SC_PAGESIZE);
	m->processes = pod->sums.processes;
	m->threads = pod->sums.threads;
	m->known |= METRICS_MEMORY;
}

/* Many processes that share much would take seconds, in which nobody is measured. */
enum { PSS_BUDGET_US = 50000 };

struct pss {
	uint64_t began_us;
	bool is_cut;
	const struct pods *pods;
	uint64_t kib;
	bool is_known;
};

static void add_pss(struct pods_process *process, void *context)
{
	struct pss *pss = context;
	char text[SMAPS_MAX];
	uint64_t kib;

	pss->is_cut |= cpu_time_us() - pss->began_us > PSS_BUDGET_US;
	if (pss->is_cut ||
	    !proc_file_read(pss->pods->proc, process->pid, "smaps_rollup", text, sizeof(text)) ||
	    !proc_file_number(text, "Pss:", &kib))
		return; /* it has gone, or is a zombie */
	pss->kib += kib;
	pss->is_known = true;
}

/* Once a minute: the kernel walks all page tables for it. */
static void fill_pss(struct pod_page *page, struct pods *pods, int index, int64_t now_ms,
		     struct metrics *m)
{
	struct pss pss = { .pods = pods, .began_us = cpu_time_us() };

	if (now_ms >= page->pss_due_ms) {
		pods_each_process(pods, index, add_pss, &pss);
		page->has_pss = pss.is_known && !pss.is_cut;
		page->pss_bytes = pss.kib << 10;
		page->pss_due_ms = now_ms + POD_PAGE_PSS_INTERVAL_MS;
	}
	if (!page->has_pss)
		return;
	m->memory_pss_bytes = page->pss_bytes;
	m->known |= METRICS_PSS;
}

struct accounts {
	const struct pods *pods;
	struct metrics *m;
};

static void raise_to(uint32_t *most, uint32_t value)
{
	if (value > *most)
		*most = value;
}

static void add_cgroup(const struct box *box, void *context)
{
	const struct accounts *a = context;
	const char *mount = a->pods->cgroups;
	uint64_t peak;
	uint32_t cpu, memory, io;

	if (!*box->cgroup)
		return;
	if (cgroup_memory_peak(mount, box->cgroup, &peak)) {
		a->m->memory_peak_bytes += peak;
		a->m->known |= METRICS_PEAK;
	}
	if (!cgroup_pressure(mount, box->cgroup, "cpu", &cpu) ||
	    !cgroup_pressure(mount, box->cgroup, "memory", &memory) ||
	    !cgroup_pressure(mount, box->cgroup, "io", &io))
		return;
	raise_to(&a->m->pressure_cpu, cpu);
	raise_to(&a->m->pressure_memory, memory);
	raise_to(&a->m->pressure_io, io);
	a->m->known |= METRICS_PRESSURE;
}

static void fill_network(const struct pods *pods, pid_t first, struct metrics *m)
{
	char text[TEXT_MAX];

	if (proc_file_read(pods->proc, first, "net/dev", text, sizeof(text)) &&
	    net_counters_bytes(text, &m->network_received_bytes, &m->network_sent_bytes))
		m->known |= METRICS_NETWORK;
	if (proc_file_read(pods->proc, first, "net/snmp", text, sizeof(text)) &&
	    net_counters_established(text, &m->connections))
		m->known |= METRICS_CONNECTIONS;
}

static int64_t started_ms(const struct pod *pod)
{
	const uint64_t per_s = (uint64_t)sysconf(_SC_CLK_TCK);

	return (int64_t)(pod->first_started_ticks * 1000 / per_s);
}

static void fill_uptime(const struct pod *pod, struct metrics *m)
{
	m->started_boot_ms = started_ms(pod);
	m->known |= METRICS_UPTIME;
}

static uint8_t percent(bool is_known, uint64_t used, uint64_t total)
{
	if (!is_known || !total)
		return METRICS_RECENT_UNKNOWN;
	return (uint8_t)(used >= total ? 100 : used * 100 / total);
}

static void shift(uint8_t recent[static METRICS_RECENT], uint8_t next)
{
	memmove(recent, recent + 1, METRICS_RECENT - 1);
	recent[METRICS_RECENT - 1] = next;
}

static void fill_recent(const struct metrics *before, struct metrics *m)
{
	memcpy(m->cpu_recent, before->cpu_recent, sizeof(m->cpu_recent));
	memcpy(m->memory_recent, before->memory_recent, sizeof(m->memory_recent));
	shift(m->cpu_recent,
	      percent(m->known & METRICS_CPU, m->cpu_used_milli, m->cpu_total_milli));
	shift(m->memory_recent,
	      percent(m->known & METRICS_MEMORY, m->memory_rss_bytes, m->memory_total_bytes));
}

static void begin_anew(struct pod_page *page, const struct pod *pod)
{
	*page = (struct pod_page){ .first = pod->first,
				   .first_started_ticks = pod->first_started_ticks };
	memset(page->metrics.cpu_recent, METRICS_RECENT_UNKNOWN, METRICS_RECENT);
	memset(page->metrics.memory_recent, METRICS_RECENT_UNKNOWN, METRICS_RECENT);
}

void pod_page_resume(struct pod_page *page, const struct pods *pods, int index,
		     const struct metrics *before)
{
	const struct pod *pod = &pods->items[index];

	begin_anew(page, pod);
	if (!before->covers_pod || before->started_boot_ms != started_ms(pod))
		return;
	page->cpu_total_us = before->cpu_total_us;
	keep_storage(before, &page->metrics);
	page->metrics.storage_is_estimated = true;
	memcpy(page->metrics.cpu_recent, before->cpu_recent, METRICS_RECENT);
	memcpy(page->metrics.memory_recent, before->memory_recent, METRICS_RECENT);
}

void pod_page_fill(struct pod_page *page, struct pods *pods, int index, int64_t now_ms,
		   uint32_t interval_ms)
{
	const struct pod *pod = &pods->items[index];
	struct metrics next;

	if (page->first != pod->first || page->first_started_ticks != pod->first_started_ticks)
		begin_anew(page, pod);
	take_what_pid_1_says(pods, pod->first, &next);
	keep_storage(&page->metrics, &next);
	next.sampled_boot_ms = now_ms;
	next.boot = metrics_boot();
	next.sampled_s = clock_wall_s();
	next.interval_ms = interval_ms;
	next.covers_pod = true;
	next.memory_peak_bytes = 0;
	next.pressure_cpu = next.pressure_memory = next.pressure_io = 0;
	fill_cpu(page, pod, now_ms, &next);
	fill_memory(pod, &next);
	sampler_set_totals(&next);
	fill_pss(page, pods, index, now_ms, &next);
	pods_each_box(pods, index, add_cgroup, &(struct accounts){ pods, &next });
	fill_network(pods, pod->first, &next);
	fill_uptime(pod, &next);
	fill_recent(&page->metrics, &next);
	page->before_ms = now_ms;
	page->metrics = next;
}
