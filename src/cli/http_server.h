/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_HTTP_SERVER_H
#define WINALUX_CLI_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "winalux/base/buf.h"

struct error;

/*
 * A small HTTP/1.1 server for programs of this machine: GET and HEAD of one path, one answer for
 * each connection. Every client has a time and a size, and there are only so many of them.
 */

/*
 * "127.0.0.1:9105", "[::1]:9105" or "localhost:9105"; port 0 takes a free one. A listening
 * descriptor in *ret_fd, and where it listens in ret_url ("http://127.0.0.1:9105"). ERROR_USAGE for
 * another form and for what is not the loopback, ERROR_HOST.
 */
enum { HTTP_URL_SIZE = 64 };
int http_listen(const char *address, int *ret_fd, char ret_url[static HTTP_URL_SIZE],
		struct error *err);

struct http_page {
	const char *path; /* "/metrics" */
	const char *type;
	/* Fills body, which is initialised. -1: the text of err goes out with status 503. */
	int (*make)(struct buf *body, void *context, struct error *err);
	void *context;
};

/* Serves until a signal asks to end, which is no error. */
int http_serve(int listen_fd, const struct http_page *page, struct error *err);

#endif
