/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_POD_H
#define WINALUX_PODMAN_POD_H

#include <stdint.h>

#include "winalux/podman/object.h"

struct error;
struct json;
struct podman;

/*
 * What a pod is made from: shared namespaces net and uts (not ipc, not pid), exit policy continue,
 * one bridge network, resolv.conf managed by libpod.
 */
struct pod_spec {
	char *name;
	char *infra_name;
	char *hostname;
	char *network; /* name of the bridge network */
	struct labels labels;
	struct port_mappings ports;
	struct resource_limits limits;
};
void pod_spec_release(struct pod_spec *spec);

/* The body of POST /pods/create. The caller frees it with json_free. */
struct json *pod_spec_encode(const struct pod_spec *spec);

struct pod {
	char *id;
	char *name;
	char *status; /* "Running", "Degraded", "Exited", "Created", "Stopped" */
	char *infra_id;
	struct labels labels;
};
struct pods {
	struct pod *items;
	size_t count;
	size_t cap;
};
void pods_release(struct pods *p);

/* GET /pods/json?filters={"label":[label]} */
int pod_list(struct podman *podman, const char *label, struct pods *ret, struct error *err);
/* POST /pods/create. ERROR_CONFLICT on 409. The caller frees *ret_id. A half-made pod is removed.
 */
int pod_create(struct podman *podman, const struct pod_spec *spec, char **ret_id,
	       struct error *err);
/* DELETE /pods/{id}?force=true&timeout=: with all its containers. 404 is success. */
int pod_remove(struct podman *podman, const char *id, uint32_t timeout_s, struct error *err);

#endif
