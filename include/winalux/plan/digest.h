/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_DIGEST_H
#define WINALUX_PLAN_DIGEST_H

#include <stddef.h>

#include "winalux/format/hash.h"

struct container_spec;
struct labels;
struct pod_spec;

/*
 * Digests of specs, and of their aspects ("image", "environment", …), so that a plan can say not
 * only that something changed but what. Both become labels of the object, which never change.
 * Left out on purpose: the guest's image and the seccomp profile's path (a new winalux keeps old
 * guests), and what surrounds the command (proxies of the shell that deploys).
 */
void digest_container(struct container_spec *spec, const char *image_id,
		      char ret_hex[static HASH_HEX_SIZE]);
void digest_pod(struct pod_spec *spec, char ret_hex[static HASH_HEX_SIZE]);

/*
 * Names of the aspects in which two label sets differ: "image, limits". NULL when the labels do not
 * tell. The caller frees it.
 */
char *digest_explain(const struct labels *have, const struct labels *want);

#endif
