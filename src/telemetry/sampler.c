/* SPDX-License-Identifier: MIT */
#include "sampler.h"

#include <sys/sysinfo.h>
#include <unistd.h>

void sampler_init(struct sampler *s, const char *proc)
{
	*s = (struct sampler){
		.proc = proc,
		.ticks_per_s = (uint64_t)sysconf(_SC_CLK_TCK),
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};
}

static void measure_cpu(struct sampler *s, uint64_t ticks, int64_t now_ms, struct metrics *m)
{
	const int64_t took_ms = now_ms - s->before_ms;
	const uint64_t used = ticks > s->ticks_before ? ticks - s->ticks_before : 0;

	if (s->has_before && took_ms > 0) {
		m->cpu_used_milli =
			(uint32_t)(used * 1000 * 1000 / s->ticks_per_s / (uint64_t)took_ms);
		m->known |= METRICS_CPU;
	}
	s->has_before = true;
	s->ticks_before = ticks;
	s->before_ms = now_ms;
}

void sampler_set_totals(struct metrics *m)
{
	struct sysinfo host;

	if (!m->cpu_total_milli)
		m->cpu_total_milli = (uint32_t)get_nprocs_conf() * 1000;
	if (!m->memory_total_bytes && sysinfo(&host) == 0)
		m->memory_total_bytes = (uint64_t)host.totalram * host.mem_unit;
}

void sampler_take(struct sampler *s, int64_t now_ms, struct metrics *m)
{
	struct process_sums sums;

	m->known &= ~(uint32_t)(METRICS_CPU | METRICS_MEMORY);
	if (!process_table_sum(s->proc, s->is_counted, s->context, &sums))
		return;
	measure_cpu(s, sums.ticks, now_ms, m);
	m->memory_rss_bytes = sums.rss_pages * s->page_bytes;
	m->known |= METRICS_MEMORY;
	sampler_set_totals(m);
	m->processes = sums.processes;
	m->threads = sums.threads;
}
