/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_EXEC_PUMP_H
#define WINALUX_SRC_PODMAN_EXEC_PUMP_H

#include <stdbool.h>
#include <sys/ioctl.h>

struct buf;
struct error;
struct exec_options;

/* Tells the engine a new size of the terminal. */
typedef void (*exec_resize_fn)(const struct winsize *size, void *context);

/*
 * Carries bytes both ways between a session's raw stream and the descriptors of options, until the
 * stream has ended and all of it is written. first: what came of the stream already.
 */
int exec_pump(int sock, const struct exec_options *options, const struct buf *first,
	      exec_resize_fn on_resize, void *context, struct error *err);

#endif
