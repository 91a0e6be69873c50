/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_RESTART_DOOR_H
#define WINALUX_GUEST_RESTART_DOOR_H

#include <stdbool.h>

struct error;

/*
 * How the developer restarts a sidecar of his own: PID 1 of each built-in sidecar listens on an
 * abstract unix socket named after it. Such names belong to the network namespace, which the
 * containers of one pod share and nobody else is in. A connection is the request; the kernel tells
 * whose it is; one line is the answer.
 */
enum { RESTART_DEVELOPER_UID = 1000, RESTART_LINE_SIZE = 128 };

/* A non-blocking listener for the sidecar of that name; -1. */
int restart_door_open(const char *name, struct error *err);
/*
 * The descriptor of somebody who may ask; -1 when there is none (any other has been told, and who
 * did not wait for the answer wants no restart any more).
 */
int restart_door_accept(int door);
/* The last line to whom restart_door_accept() gave; closes and clears it. */
void restart_door_answer(int *asker, const char *line);

/* May a process of this uid ask? Pure. */
bool restart_door_is_for(unsigned uid);

/* The other end: asks and waits for the line, which loses its newline. ERROR_HOST. */
int restart_door_ask(const char *name, int timeout_ms, char ret_line[static RESTART_LINE_SIZE],
		     struct error *err);

#endif
