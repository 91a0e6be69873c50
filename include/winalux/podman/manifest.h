/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_MANIFEST_H
#define WINALUX_PODMAN_MANIFEST_H

#include <stdbool.h>

struct error;
struct image_transfer;
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
/*
 * DELETE /manifests/{name}. The images in it stay. Success, too, where there is no list of the name
 * (404, also for an image that is none): *ret_was_there, which may be NULL, says so.
 */
int manifest_remove(struct podman *podman, const char *name, bool *ret_was_there,
		    struct error *err);

/*
 * POST /manifests/{name}/registry/{destination}?all=true: the list and all its images. Errors come
 * inside the 200 stream. *ret_digest: of the list as the registry has it, "sha256:…"; the caller
 * frees it.
 */
int manifest_push(struct podman *podman, const char *name, const char *destination,
		  const struct image_transfer *transfer, char **ret_digest, struct error *err);

/*
 * GET /manifests/{name}/json: the digests ("sha256:…") in a registry's list, without loading
 * anything. Empty for what is no list, which Podman does not show. The service asks the registry
 * with its own login. Before 5.0 it does so by TLS only, whatever transfer and its settings say.
 */
int manifest_look_up(struct podman *podman, const char *reference,
		     const struct image_transfer *transfer, struct strv *ret_digests,
		     struct error *err);

#endif
