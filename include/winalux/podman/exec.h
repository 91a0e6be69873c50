/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_EXEC_H
#define WINALUX_PODMAN_EXEC_H

#include <stdbool.h>

#include "winalux/base/strv.h"

struct buf;
struct error;
struct podman;

/*
 * POST /containers/{id}/exec, then POST /exec/{id}/start on a connection of its own that is
 * upgraded to a raw stream (Upgrade: tcp). Without a terminal, output comes in frames {stream,
 * 0,0,0, len32be}.
 */
struct exec_options {
	struct strv command;     /* byte for byte, no shell */
	struct strv environment; /* "K=V"; TERM is ours to send (the server does since 4.8) */
	const char *user;        /* NULL: the container's */
	const char *workdir;
	bool has_terminal; /* allocate one; stdin_fd must then be a terminal in raw mode */
	int stdin_fd;      /* -1: none */
	int stdout_fd;
	int stderr_fd;
	const volatile bool *resized; /* set by SIGWINCH; the size is read from stdin_fd */
	const volatile bool *cancelled;
	int timeout_ms; /* of the whole stream; 0: none. Then ERROR_TIMEOUT; the command goes on */
};

/* Runs to its end. *ret_status is the command's exit status (126, 127 as libpod reports them). */
int exec_run(struct podman *podman, const char *container_id, const struct exec_options *options,
	     int *ret_status, struct error *err);

/*
 * Starts a command whose stdin is the connection: *ret_fd, which the caller closes, and which ends
 * with this process in any case. Waits for its first line of output, *ret_line, without its
 * newline; the caller frees it. ERROR_PODMAN when it ends without one, ERROR_TIMEOUT.
 */
int exec_hold(struct podman *podman, const char *container_id, const struct strv *command,
	      int timeout_ms, char **ret_line, int *ret_fd, struct error *err);

#endif
