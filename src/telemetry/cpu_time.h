/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_CPU_TIME_H
#define WINALUX_SRC_TELEMETRY_CPU_TIME_H

#include <stdint.h>

/* Processor time of this thread. A system call, other than clocks that go by themselves. */
uint64_t cpu_time_us(void);

#endif
