/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_REFERENCE_H
#define WINALUX_IMAGE_REFERENCE_H

/* Names of images of ours: all that a plan has to know about them. */

/* "localhost/winalux/web:latest". The caller frees them. */
char *image_profile_reference(const char *profile);
char *image_sidecar_reference(const char *kind);

#endif
