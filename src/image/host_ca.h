/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_HOST_CA_H
#define WINALUX_IMAGE_HOST_CA_H

#include <stddef.h>

struct config;
struct error;

/* Where a host keeps certificates. Both lists end with NULL. */
struct host_ca_paths {
	const char *const *bundles;       /* files; the first that exists is what the host trusts */
	const char *const *distributions; /* directories that the distribution's package fills */
};

/* host_ca_find (winalux/image/builder.h) with other paths. */
int host_ca_find_in(const struct host_ca_paths *paths, const struct config *config, char **ret_pem,
		    size_t *ret_count, struct error *err);

#endif
