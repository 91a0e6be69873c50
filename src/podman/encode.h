/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_ENCODE_H
#define WINALUX_SRC_PODMAN_ENCODE_H

#include "winalux/podman/object.h"

struct json;

/* Parts that the bodies of several resources share. */

void encode_labels(struct json *object, const char *key, const struct labels *labels);
/* OCI LinuxResources at "resource_limits"; nothing where no limit is set. */
void encode_limits(struct json *object, const struct resource_limits *limits);

#endif
