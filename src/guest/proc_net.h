/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_PROC_NET_H
#define WINALUX_GUEST_PROC_NET_H

#include <stdbool.h>
#include <stdint.h>

/* /proc/net/tcp and tcp6: proc_pid_net(5), Linux include/net/tcp_states.h. */
enum { PROC_NET_LISTEN = 0x0a };

/* Local port and state of one line; false for the head line and for nonsense. */
bool proc_net_parse(const char *line, uint16_t *ret_port, unsigned *ret_state);

/*
 * Whether somebody listens on the port in the network namespace of the process, without a
 * connection. -1 when the file cannot be read, else 0 or 1.
 */
int proc_net_has_listener(const char *path, uint16_t port);

#endif
