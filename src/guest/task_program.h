/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_TASK_PROGRAM_H
#define WINALUX_GUEST_TASK_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/*
 * Task itself: the first program "task" in the directories of path, which is as PATH, that is not
 * the file self, by whatever name or link it is reached there: ours would become itself for ever.
 * Empty directories of path are passed over. False: there is none.
 */
bool task_program_find(const char *path, const char *self, char ret[static PATH_MAX]);

#endif
