/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_PROCESS_STAT_H
#define WINALUX_SRC_TELEMETRY_PROCESS_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What /proc/PID/stat says of a process (proc_pid_stat(5)). */
struct process_stat {
	pid_t pid;
	pid_t parent;
	pid_t session;
	uint32_t terminal;     /* its controlling one, as the kernel numbers devices; 0: none */
	char state;            /* 'R', 'S', 'Z', … */
	uint64_t own_ticks;    /* user and system time */
	uint64_t waited_ticks; /* the same of children that it has waited for, and theirs */
	uint64_t threads;
	uint64_t started_ticks; /* since boot; with the pid it names a process */
	uint64_t rss_pages;
};

/* False where the text is not of that form; a name with ") " in it is borne. */
bool process_stat_parse(const char *text, struct process_stat *ret);

#endif
