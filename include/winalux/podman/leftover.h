/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_LEFTOVER_H
#define WINALUX_PODMAN_LEFTOVER_H

#include <stddef.h>

struct error;
struct podman;

/*
 * A build works in containers that only the image store knows ("external" ones, made by buildah).
 * One that is given up, by a signal or because its service ends, leaves them behind, each as large
 * as what its step had written (Podman 4.3.1 and 5.4.2; POST /system/prune?build= is 5.4's and
 * takes others' too).
 */
struct leftover {
	char *id;
	char *image; /* id of the image that it stands on; "" when it is not told */
};
struct leftovers {
	struct leftover *items;
	size_t count;
	size_t cap;
};
void leftovers_release(struct leftovers *l);

/* GET /containers/json?external=true: the containers of builds, of those that run now too. */
int leftover_list(struct podman *podman, struct leftovers *ret, struct error *err);
/* What cannot be removed stays; a build that is still running there fails. */
void leftover_remove(struct podman *podman, const char *id);

#endif
