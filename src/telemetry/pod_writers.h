/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_POD_WRITERS_H
#define WINALUX_SRC_TELEMETRY_POD_WRITERS_H

#include <stdbool.h>

#include "winalux/telemetry/metrics.h"

struct pods;

enum { POD_WRITERS_BYTES = 1 << 20 }; /* that much between two looks is writing */

/*
 * Whether a pod whose policy is to freeze is over its storage limit (storage_is_over), and who of
 * it writes, after a pods_look() and with the storage of m filled in. m->writers are those that
 * PID 1 has stopped; who writes comes in front of them. True where the next look should come soon:
 * somebody writes who can be stopped, or who does is only known then.
 */
bool pod_writers_fill(struct pods *pods, int index, struct metrics *m);

#endif
