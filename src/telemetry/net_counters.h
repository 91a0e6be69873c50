/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_NET_COUNTERS_H
#define WINALUX_SRC_TELEMETRY_NET_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/* What a network namespace counts, out of files of /proc/PID/net. */

/* net/dev: bytes of all interfaces but the loopback, since each was made. */
bool net_counters_bytes(const char *text, uint64_t *ret_received, uint64_t *ret_sent);

/* net/snmp: "CurrEstab" of the "Tcp:" lines, connections of IPv4 and IPv6 that are established or
 * that only the other side has closed (RFC 4022). */
bool net_counters_established(const char *text, uint32_t *ret);

#endif
