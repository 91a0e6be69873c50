/* SPDX-License-Identifier: MIT */
#include "figures.h"

bool figures_are_fresh(const struct metrics *m, int64_t now_boot_ms)
{
	const int64_t age_ms = now_boot_ms - m->sampled_boot_ms;

	/* One of the future is of before the machine was started anew. */
	return age_ms >= 0 && age_ms <= FIGURES_STALE_INTERVALS * (int64_t)m->interval_ms;
}

enum metrics_result figures_read(const char *pod_path, const char *own_path, int64_t now_boot_ms,
				 struct metrics *ret)
{
	if (metrics_read(pod_path, ret) == METRICS_FINE && figures_are_fresh(ret, now_boot_ms))
		return METRICS_FINE;
	return metrics_read(own_path, ret);
}
