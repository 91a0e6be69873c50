/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_FLOOR_H
#define WINALUX_WORKSPACE_FLOOR_H

struct error;
struct host;

/*
 * Before something is built, pulled or made: does the host have min_free_gb where Podman writes?
 * On a full disk its database and its containers break, and what ends them needs room too.
 * ERROR_HOST says what is missing and what gives room back. A server that cannot say is left to
 * try. No call where the host was asked before or min_free_gb is 0; for the main thread.
 */
int floor_check(struct host *host, struct error *err);

#endif
