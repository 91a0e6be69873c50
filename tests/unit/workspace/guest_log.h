/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_WORKSPACE_GUEST_LOG_H
#define WINALUX_TESTS_UNIT_WORKSPACE_GUEST_LOG_H

/*
 * A case of the fake libpod: the log of a container with these lines (parted by "\n", each becomes
 * a frame of stdout). follow "true" or "false"; options of the reply as "stall", or "". The
 * caller frees it.
 */
char *guest_log(const char *follow, const char *options, const char *lines);

#endif
