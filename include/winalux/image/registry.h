/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_REGISTRY_H
#define WINALUX_IMAGE_REGISTRY_H

#include "winalux/podman/image.h"

struct config;
struct error;
struct podman;
struct strv;

/*
 * Images to and from a registry, with the login that `podman login` left and the certificates that
 * Podman knows (certs.d). Errors are one line each with the remedy: ERROR_HOST where the registry
 * does not answer, is not trusted or wants another login, ERROR_NOT_FOUND where it has no such
 * image, or not for this architecture.
 */
struct registry_options {
	struct podman *podman;
	const struct config *config;
	const volatile bool *cancelled; /* NULL: never */
	bool is_any_arch;               /* of a pull: also a single image of another one */
	image_line_fn on_line;          /* or NULL */
	void *context;
};

/*
 * *ret_id: the image's id, the caller frees it. An image of another architecture is refused, but
 * for is_any_arch.
 */
int registry_pull(const struct registry_options *options, const char *reference,
		  enum pull_policy policy, char **ret_id, struct error *err);

/*
 * Pushes images that are here, of one architecture each, under one name. The registry always gets
 * a manifest list, so that a host of another architecture is told what is missing. *ret_digest: of
 * the list, "sha256:…"; the caller frees it.
 */
int registry_push(const struct registry_options *options, const struct strv *images,
		  const char *destination, char **ret_digest, struct error *err);

/* Does the registry have another image by this name than the given one, which is here? */
int registry_has_newer(const struct registry_options *options, const char *reference,
		       const struct image *image, bool *ret, struct error *err);

#endif
