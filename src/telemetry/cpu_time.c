/* SPDX-License-Identifier: MIT */
#include "cpu_time.h"

#include <time.h>

uint64_t cpu_time_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
