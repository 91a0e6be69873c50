/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_PORT_PROBE_H
#define WINALUX_WORKSPACE_PORT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Can this port be bound on this machine now? host_ip "" is all addresses. Binding tells what no
 * list does: programs that are not ours. context is not used (want_context.port_is_free has one).
 */
bool port_is_free(const char *host_ip, uint16_t port, void *context);

#endif
