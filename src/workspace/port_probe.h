/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_PORT_PROBE_H
#define WINALUX_WORKSPACE_PORT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Can this port be bound on this machine now? host_ip "" is all addresses. Binding tells what no
 * list does: programs that are not ours.
 */
bool port_is_free(const char *host_ip, uint16_t port);

/* How long all waits of one run may take together, so that many taken ports cost no more than one.
 */
struct port_patience {
	int left_ms;
};
enum { PORT_PATIENCE_MS = 1500 };

/*
 * As want_context.port_is_free: waits a little, since the forwarder of a pod that has just been
 * removed (rootlessport) lives some moments longer than the pod. patience is a port_patience.
 */
bool port_becomes_free(const char *host_ip, uint16_t port, void *patience);

#endif
