/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_TASKFILE_H
#define WINALUX_GUEST_TASKFILE_H

#include <stdbool.h>

/*
 * A Taskfile with the workspace's own commands (data/guest/Taskfile.yml), which Task gets where it
 * would find none. One of the developer's is used alone.
 */
#define TASKFILE_PATH "/usr/lib/winalux/Taskfile.yml"

/*
 * Is ours to be given to "task" with these arguments (argv[0] is passed over), called in directory?
 * Not where they say themselves which Taskfile it is, make one, or want none; nor where Task finds
 * one in directory or above it, or home has one.
 */
bool taskfile_is_ours(const char *const *argv, const char *directory, const char *home);

#endif
