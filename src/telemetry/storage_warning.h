/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_STORAGE_WARNING_H
#define WINALUX_SRC_TELEMETRY_STORAGE_WARNING_H

#include <stddef.h>

#include "winalux/telemetry/metrics.h"

/* What is said of a storage limit that is nearly used up, on the dashboard and at the prompt. */
enum storage_level { STORAGE_FINE, STORAGE_WARNING, STORAGE_ALARM };

enum {
	STORAGE_WARNING_X10 = 800, /* tenths of a percent of the limit */
	STORAGE_ALARM_X10 = 950,
	STORAGE_TEXT_SIZE = 192,
};

/* The text, ASCII without a newline, is "" where all is fine, or nothing is known. */
enum storage_level storage_warning(const struct metrics *m, char ret[static STORAGE_TEXT_SIZE]);

#endif
