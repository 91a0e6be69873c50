/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_LOOPBACK_H
#define WINALUX_GUEST_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

/* Ports of the pod: its containers share 127.0.0.1. */

/*
 * A non-blocking, close-on-exec socket that is connected to a TCP port, or about to be: writable
 * (POLLOUT) when that is decided. -1 with errno.
 */
int loopback_connect(uint16_t port);

/* Is the port open? Asked for at most a second: who does not take connections is not there. */
bool loopback_is_open(uint16_t port);

#endif
