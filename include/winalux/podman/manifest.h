/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_MANIFEST_H
#define WINALUX_PODMAN_MANIFEST_H

struct error;
struct podman;
struct strv;

/*
 * Manifest lists: one name for the images of several architectures. They are in the list of images
 * too, with the labels of none.
 */

/*
 * POST /manifests/{name}?images=…: a list of these local images. One that is there under the name
 * already is removed first: a create would fail, and an add would append to it.
 */
int manifest_create(struct podman *podman, const char *name, const struct strv *images,
		    struct error *err);
/* DELETE /manifests/{name}: 404 is success. The images in it stay. */
int manifest_remove(struct podman *podman, const char *name, struct error *err);

#endif
