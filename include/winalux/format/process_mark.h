/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_PROCESS_MARK_H
#define WINALUX_FORMAT_PROCESS_MARK_H

#include <stdbool.h>

/*
 * A text that names one process among all there ever were: boot id of the machine, pid namespace,
 * pid, when it started, and a random part, which tells apart two marks of the same process.
 */
enum { PROCESS_MARK_SIZE = 192 };

void process_mark_make(char ret[static PROCESS_MARK_SIZE]);

/*
 * True when the process of that mark has certainly ended: it was one of this boot and of this pid
 * namespace, and there is no such process any more. False for all that cannot be known from here.
 */
bool process_mark_has_ended(const char *mark);

#endif
