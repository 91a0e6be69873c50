/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_NETWORK_H
#define WINALUX_PODMAN_NETWORK_H

#include <stdbool.h>

#include "winalux/podman/object.h"

struct error;
struct podman;

struct network {
	char *id;
	char *name;
	struct labels labels;
};
struct networks {
	struct network *items;
	size_t count;
	size_t cap;
};
void networks_release(struct networks *n);

/* GET /networks/json?filters={"label":[label]} */
int network_list(struct podman *podman, const char *label, struct networks *ret, struct error *err);
/* POST /networks/create: a bridge with option isolate=true. ERROR_CONFLICT when the name exists. */
int network_create(struct podman *podman, const char *name, const struct labels *labels,
		   char **ret_id, struct error *err);
/* DELETE /networks/{name}: 404 is success. ERROR_CONFLICT when containers are attached. */
int network_remove(struct podman *podman, const char *name, struct error *err);

#endif
