/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_VERIFY_H
#define WINALUX_WORKSPACE_VERIFY_H

#include <stddef.h>

struct error;
struct labels;
struct limit_support;
struct facts;
struct podman;
struct want;

/*
 * `deploy --verify`: looks into every container (GET /containers/{id}/json) for what a person can
 * change without its id changing: `podman update`, `rename`, `network connect`; and, while at it,
 * compares image, environment, capabilities and mounts. ret_faults: id of a container or pod ->
 * "limits, image changed by hand".
 */
int verify_wants(struct podman *podman, const struct want *wants, size_t count,
		 const struct facts *facts, const struct limit_support *limits,
		 struct labels *ret_faults, struct error *err);

#endif
