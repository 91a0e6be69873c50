/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_WORKSPACE_CONTAINER_FILES_H
#define WINALUX_SRC_WORKSPACE_CONTAINER_FILES_H

#include <stddef.h>

#include "winalux/format/tar.h"

struct error;
struct podman;

/*
 * Hands over the regular files at path of a container, running or not, by archive GET (libpod 4.3).
 * A path that is not there is none, and no error. What comes is not trusted: ERROR_HOST when a file
 * has more than max_bytes, or all of them together more than eight times that.
 */
int container_files_read(struct podman *podman, const char *id, const char *path, size_t max_bytes,
			 tar_file_fn on_file, void *context, struct error *err);

#endif
