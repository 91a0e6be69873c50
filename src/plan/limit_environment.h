/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_LIMIT_ENVIRONMENT_H
#define WINALUX_PLAN_LIMIT_ENVIRONMENT_H

#include <stdint.h>

struct strv;

/*
 * Variables that tell programs of limits which they do not find out by themselves, as "K=V":
 * cpu_milli thousandths of a processor and memory_mib MiB, 0 where there is no such limit. They
 * come before what a profile or an inventory says, which wins.
 */
void limit_environment_add(struct strv *environment, uint32_t cpu_milli, uint32_t memory_mib);

#endif
