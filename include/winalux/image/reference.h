/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_REFERENCE_H
#define WINALUX_IMAGE_REFERENCE_H

#include <stdbool.h>

struct profiles;
struct sidecar_kind;

/* Names of images of ours: all that a plan has to know about them. */

/* "localhost/winalux/web:latest". The caller frees them. */
char *image_profile_reference(const char *profile);
/*
 * "sidecar-faktory", and "sidecar-faktory.1.9.1" in a version that is not its default (NULL). The
 * version is no tag: a manifest list has winalux's own there. The caller frees it.
 */
char *image_sidecar_name(const char *kind, const char *version);
/* "localhost/winalux/sidecar-faktory.1.9.1:latest" */
char *image_sidecar_reference(const char *kind, const char *version);
/*
 * The kind of such a name, which is no profile's, and its version, which points into the name; NULL
 * for what is none, and for its default.
 */
const struct sidecar_kind *image_parse_sidecar_name(const struct profiles *p, const char *name,
						    const char **ret_version);
/* Is a reference one of that kind, in whatever version and from whatever registry? */
bool image_is_sidecar(const char *reference, const char *kind);
/*
 * The same image for an architecture: as it is for the own one, which is what containers name, and
 * "localhost/winalux/web:latest-arm64" for another.
 */
char *image_reference_for(const char *reference, const char *arch);
/* The manifest list of all architectures: "localhost/winalux/web:0.1.0". */
char *image_list_reference(const char *reference);

/*
 * The same images where a registry has them: "registry.example.org/team/winalux/web:0.1.0", with
 * the release of this program. registry NULL: here, as above. The caller frees them.
 */
char *image_profile_reference_at(const char *registry, const char *profile);
char *image_sidecar_reference_at(const char *registry, const char *kind, const char *version);

#endif
