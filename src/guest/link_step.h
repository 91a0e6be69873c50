/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_LINK_STEP_H
#define WINALUX_GUEST_LINK_STEP_H

#include <stdbool.h>
#include <stddef.h>

enum { LINK_STEPS_MAX = 8 }; /* more is a circle */

/*
 * One step along a symbolic link: path becomes what it leads to, relative links in their directory.
 * False, and path as it was, for what is no link or does not fit into size.
 */
bool link_step(char *path, size_t size);

#endif
