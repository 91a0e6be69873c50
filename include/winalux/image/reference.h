/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_REFERENCE_H
#define WINALUX_IMAGE_REFERENCE_H

/* Names of images of ours: all that a plan has to know about them. */

/* "localhost/winalux/web:latest". The caller frees them. */
char *image_profile_reference(const char *profile);
char *image_sidecar_reference(const char *kind);
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
char *image_sidecar_reference_at(const char *registry, const char *kind);

#endif
