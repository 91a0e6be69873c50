/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_SPACE_USED_H
#define WINALUX_SRC_TELEMETRY_SPACE_USED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is used of the file systems that some directories are on, by everybody: all that one can say
 * of growth without counting where the kernel's counters of writes stay at zero, and an upper bound
 * of it elsewhere, unless others free something meanwhile.
 */
struct space_used {
	bool is_known;
	bool counts_writes; /* write_counters.h is right about all of them */
	uint64_t bytes;     /* of each device once */
};

/* Descriptors below zero are left out. fstatfs(2). */
struct space_used space_used_of(const int *directories, size_t count);

#endif
