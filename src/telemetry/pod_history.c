/* SPDX-License-Identifier: MIT */
#include "pod_history.h"

#include "winalux/telemetry/history.h"
#include "winalux/telemetry/metrics.h"

enum { INTERVAL_MS = HISTORY_INTERVAL_S * 1000, PERMILLE = 1000 };

static uint16_t permille(uint64_t used_us, int64_t took_ms, uint32_t total_milli)
{
	const uint64_t had_us = (uint64_t)took_ms * total_milli;

	if (!had_us)
		return 0;
	return (uint16_t)(used_us >= had_us ? PERMILLE : used_us * PERMILLE / had_us);
}

static struct history_entry make_entry(const struct pod_history *h, const struct metrics *m)
{
	struct history_entry entry = { .at_s = m->sampled_s };

	if (m->known & METRICS_CPU) {
		entry.cpu_permille =
			permille(m->cpu_total_us - h->cpu_before_us,
				 m->sampled_boot_ms - h->before_ms, m->cpu_total_milli);
		entry.known |= HISTORY_CPU;
	}
	if (m->known & METRICS_MEMORY) {
		entry.memory_bytes = m->memory_rss_bytes;
		entry.processes = m->processes;
		entry.known |= HISTORY_MEMORY;
	}
	if (m->known & METRICS_STORAGE) {
		entry.storage_bytes = m->storage_used_bytes;
		entry.known |= HISTORY_STORAGE;
	}
	return entry;
}

bool pod_history_add(struct pod_history *h, const struct metrics *m, const char *path)
{
	const bool is_first = !h->before_ms;
	bool is_written = true;

	if (!is_first && m->sampled_boot_ms - h->before_ms < INTERVAL_MS)
		return true;
	if (!is_first) {
		const struct history_entry entry = make_entry(h, m);

		is_written = history_append(path, &entry);
	}
	h->before_ms = m->sampled_boot_ms;
	h->cpu_before_us = m->cpu_total_us;
	return is_written;
}
