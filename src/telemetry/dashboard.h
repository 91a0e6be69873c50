/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_DASHBOARD_H
#define WINALUX_SRC_TELEMETRY_DASHBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "winalux/telemetry/metrics.h"

enum { DASHBOARD_SIZE = 16 << 10, DASHBOARD_MIN_COLUMNS = 20 };

/* Where and for whom it is drawn. */
struct dashboard {
	enum metrics_result result; /* of reading metrics */
	struct metrics metrics;
	int64_t now_boot_ms;
	struct tm now; /* in the reader's time zone */
	const char *user;
	unsigned columns;
	bool has_color;
	bool is_utf8;
};

/* The whole picture, with a NUL behind it; its length. What does not fit into size is left out. */
size_t dashboard_draw(const struct dashboard *d, char *ret, size_t size);

#endif
