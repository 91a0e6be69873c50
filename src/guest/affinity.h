/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_AFFINITY_H
#define WINALUX_GUEST_AFFINITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How many processors the programs of a workspace see. A limit of processor time changes nothing of
 * what nproc, Go, Node, make and Python count: the processors that they may run on. So PID 1 may
 * run on as many as its share begins, and all that it starts inherits that.
 *
 * A mask has a bit for each processor, and room for all that a kernel of amd64 or arm64 can have.
 */
enum {
	AFFINITY_PROCESSORS_MAX = 8192,
	AFFINITY_WORD_BITS = 8 * sizeof(unsigned long),
};

struct affinity {
	unsigned long words[AFFINITY_PROCESSORS_MAX / AFFINITY_WORD_BITS];
};

/* What this process may run on now; nothing where the kernel does not say. */
void affinity_init(struct affinity *ret);

/*
 * Of allowed, the processors for a share of cpu_milli thousandths of one: as many as it begins,
 * from a place on that the name decides, so that workspaces spread over the machine; all of them
 * where cpu_milli is 0 or covers them.
 */
void affinity_choose(const struct affinity *allowed, uint32_t cpu_milli, const char *name,
		     struct affinity *ret);

/*
 * Lets this process run on what affinity_choose says, and so what it starts from now on. -1 with
 * errno where the kernel refuses. With nothing allowed it does nothing.
 */
int affinity_set(const struct affinity *allowed, uint32_t cpu_milli, const char *name);

/*
 * This process may run where that one may, as far as it may run there itself: for what enters a
 * container from outside and is nobody's child there. What cannot be is left.
 */
void affinity_follow(pid_t pid);

#endif
