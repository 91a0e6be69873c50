/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_LEFTOVER_H
#define WINALUX_PODMAN_LEFTOVER_H

struct error;
struct podman;
struct strv;

/*
 * A build works in containers that only the image store knows ("external" ones, made by buildah).
 * One that is given up, by a signal or because its service ends, leaves them behind, each as large
 * as what its step had written (Podman 4.3.1 and 5.4.2; POST /system/prune?build= is 5.4's and
 * takes others' too). So: what was there before the build is remembered, what is new after it goes.
 */

/* GET /containers/json?external=true: adds the ids of buildah's containers. */
int leftover_list(struct podman *podman, struct strv *ret_ids, struct error *err);

/*
 * Removes the ones that are not in before, on a connection of its own, since podman's may be
 * cancelled. What cannot be removed stays; a build that is still running there fails.
 */
void leftover_remove(const struct podman *podman, const struct strv *before);

#endif
