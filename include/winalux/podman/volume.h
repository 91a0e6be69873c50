/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_VOLUME_H
#define WINALUX_PODMAN_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include "winalux/podman/object.h"

struct error;
struct podman;

struct volume {
	char *name;
	char *mountpoint; /* a path on the server */
	int64_t created_s;
	struct labels labels;
};
struct volumes {
	struct volume *items;
	size_t count;
	size_t cap;
};
void volumes_release(struct volumes *v);

/* GET /volumes/json?filters={"label":[label]} */
int volume_list(struct podman *podman, const char *label, struct volumes *ret, struct error *err);
/*
 * POST /volumes/create with labels. ERROR_CONFLICT when the name exists (libpod: 500), which makes
 * creation a lock: of two who create the same name one wins. ret may be NULL.
 */
int volume_create(struct podman *podman, const char *name, const struct labels *labels,
		  struct volume *ret, struct error *err);
void volume_release(struct volume *v);
/* DELETE /volumes/{name}: 404 is success; ERROR_CONFLICT on 409 (in use). */
int volume_remove(struct podman *podman, const char *name, struct error *err);

#endif
