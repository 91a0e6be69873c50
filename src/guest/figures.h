/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_FIGURES_H
#define WINALUX_GUEST_FIGURES_H

#include <stdbool.h>

#include "winalux/telemetry/metrics.h"

/* Older than that many intervals, what the daemon has measured of the pod is not of now. */
enum { FIGURES_STALE_INTERVALS = 3 };
bool figures_are_fresh(const struct metrics *m, int64_t now_boot_ms);

/*
 * The figures to show: those of the pod, as long as its daemon keeps them fresh, else those that
 * PID 1 has of its own container. The result is that of the page they are from. now_boot_ms:
 * CLOCK_BOOTTIME.
 */
enum metrics_result figures_read(const char *pod_path, const char *own_path, int64_t now_boot_ms,
				 struct metrics *ret);

#endif
