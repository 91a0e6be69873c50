/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_HIJACK_H
#define WINALUX_SRC_PODMAN_HIJACK_H

#include "client.h"

/*
 * A request on a connection of its own that becomes a raw two-way stream ("Connection: Upgrade",
 * "Upgrade: tcp"). libpod answers 101, or 200 where something on the way has dropped the headers.
 */

/*
 * Sends rq (POST with a JSON body) and reads the head of the answer. *ret_fd is the non-blocking
 * stream, which the caller closes; what came of it already is added to rest. Errors as podman_call.
 */
int hijack_open(struct podman *podman, const struct request *rq, int *ret_fd, struct buf *rest,
		struct error *err);

#endif
