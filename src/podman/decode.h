/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_DECODE_H
#define WINALUX_SRC_PODMAN_DECODE_H

#include <stdint.h>

#include "winalux/podman/object.h"

struct json;

/* Parts that the answers of several resources share. All are tolerant: what is missing is empty. */

/* The text at key, copied; "" when there is none. The caller frees it. */
char *decode_text(const struct json *object, const char *key);
/* An id without "sha256:". The caller frees it. */
char *decode_id(const struct json *object, const char *key);
/* RFC 3339 text or a number, in seconds; 0 for Go's zero time (year 1) and for nonsense. */
int64_t decode_time(const struct json *object, const char *key);
void decode_labels(const struct json *object, struct labels *ret);
/* [{"host_ip","host_port","container_port","range"}], ranges spread out, tcp only. */
void decode_ports(const struct json *list, struct port_mappings *ret);

/* Writers. */
void encode_labels(struct json *object, const char *key, const struct labels *labels);
/* OCI LinuxResources at "resource_limits"; nothing where no limit is set. */
void encode_limits(struct json *object, const struct resource_limits *limits);

#endif
