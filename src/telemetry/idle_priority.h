/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_IDLE_PRIORITY_H
#define WINALUX_SRC_TELEMETRY_IDLE_PRIORITY_H

#include <stdbool.h>

/*
 * Lets this thread read from disks only when nobody else does, where their scheduler knows of
 * priorities at all (bfq, mq-deadline). False with errno; nothing depends on it. ioprio_set(2).
 */
bool idle_io_priority(void);

#endif
