/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TELEMETRY_PROC_FILES_H
#define WINALUX_TELEMETRY_PROC_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "winalux/telemetry/metrics.h"

/*
 * Files of /proc as a workspace is to see them: its own figures in the host's form, so that free,
 * top, htop and the like tell the truth where such a text is bound over the kernel's.
 *
 * A file has the same length at each sample as long as host and limits stay, and each figure its
 * place in it: one write in place never leaves a rest of the old text, and who reads half of the
 * old and half of the new one reads figures of both. Figures are padded with blanks, since a shell
 * takes a leading zero for an octal number; uptime and loadavg begin with theirs, as scripts cut
 * them at the first blank, and have the blanks at their end.
 *
 * Nothing here reads or allocates.
 */
enum proc_file {
	PROC_FILE_MEMINFO,
	PROC_FILE_CPUINFO,
	PROC_FILE_STAT,
	PROC_FILE_UPTIME,
	PROC_FILE_LOADAVG,
	PROC_FILE_COUNT
};

enum {
	/*
	 * Room for each of them, and how much of the host's cpuinfo it is of use to read: what does
	 * not fit is left out by whole processors from the end, of which some 500 of x86-64 fit.
	 */
	PROC_FILES_MAX_BYTES = 1 << 20,
	PROC_FILES_PROCESSORS_MAX = 1024,
	PROC_FILES_LOADS = 3, /* of the last 1, 5 and 15 minutes */
};

/* "meminfo", …: below /proc. */
const char *proc_file_name(enum proc_file file);

/* What the host says in the files of that name, with a NUL behind; NULL or "" where unknown. */
struct proc_host {
	const char *meminfo;
	const char *cpuinfo;
	const char *stat; /* the line "btime" is all that is looked at */
};

/* What is kept of a workspace between two samples; zeroed before the first. */
struct proc_files {
	uint32_t processors;
	uint32_t runnable;
	int64_t started_boot_ms;
	int64_t counted_boot_ms; /* 0: nothing was counted yet */
	int64_t loads_boot_ms;
	uint32_t loads[PROC_FILES_LOADS]; /* in 1/2048, as the kernel has them */
	uint64_t busy_us, idle_us;        /* of all processors; they never shrink */
};

/* Takes in a sample, each once. runnable: threads that run or would like to ("R" and "D"). */
void proc_files_count(struct proc_files *p, const struct proc_host *host, const struct metrics *m,
		      uint32_t runnable);

/*
 * The text of a file after the last sample that was counted, which is m. Its length without the NUL
 * behind it; lines (of cpuinfo processors) that do not fit into size are left out whole. Without
 * the host's text there is no meminfo and no cpuinfo: 0.
 */
size_t proc_files_write(enum proc_file file, const struct proc_files *p,
			const struct proc_host *host, const struct metrics *m, char *ret,
			size_t size);

#endif
