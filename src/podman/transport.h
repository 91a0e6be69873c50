/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_TRANSPORT_H
#define WINALUX_SRC_PODMAN_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct request;

/* One kept connection to a unix socket, with libcurl behind it. */
struct error;
struct transport;

/* socket_path is borrowed. Free with transport_free. */
struct transport *transport_new(const char *socket_path);
/* Loads libcurl, before the first transport_run. */
int transport_open(struct transport *transport, struct error *err);
void transport_free(struct transport *transport);

enum transfer_end {
	TRANSFER_DONE,
	TRANSFER_STOPPED,     /* on_data did not want more */
	TRANSFER_CANCELLED,   /* the flag is up */
	TRANSFER_TIMEOUT,     /* the whole call */
	TRANSFER_IDLE,        /* silence */
	TRANSFER_TOO_LARGE,   /* more than the body's maximum */
	TRANSFER_INPUT,       /* body_fd cannot be read; os_errno */
	TRANSFER_UNREACHABLE, /* no connection; os_errno */
	TRANSFER_BROKEN       /* the connection ended too early */
};

/* One request and what became of it. */
struct transfer {
	const struct request *rq;
	const volatile bool *cancelled; /* or NULL */
	struct buf *body;               /* takes what rq->on_data does not */
	int timeout_ms;                 /* -1: none */
	unsigned number;                /* for X-Reference-Id */

	enum transfer_end end;
	bool is_sent;    /* the head of the request has gone out */
	bool has_answer; /* the head of an answer has begun */
	int status;
	int os_errno;
	int64_t active_ms; /* when bytes moved last */
};

void transport_run(struct transport *transport, struct transfer *transfer);
bool transfer_is_cancelled(const struct transfer *transfer);
/* GET, HEAD and DELETE: sending twice does no harm. */
bool transfer_is_repeatable(const struct transfer *transfer);
/* A header of the last response, or NULL. Valid until the next run. */
const char *transport_header(struct transport *transport, const char *name);

#endif
