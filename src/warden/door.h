/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_DOOR_H
#define WINALUX_WARDEN_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/loop.h"
#include "payload.h"

struct error;
struct report;

/*
 * The socket "notify", to which the OCI runtime connects once for each filter and sends its
 * descriptor and a state (payload.h). All holders have the same listening socket: a connection
 * waits in it while nobody accepts.
 */
enum {
	DOOR_PLACES = 32, /* connections that are not complete; more wait outside */
	DOOR_TEXT_MAX = 64 << 10,
	DOOR_LIMIT_MS = 2000
};

struct door_client {
	struct source source; /* fd -1: the place is free */
	struct door *owner;
	int notify; /* the descriptor, or -1 */
	int64_t limit_ms;
	size_t len;
	char *text; /* DOOR_TEXT_MAX bytes; untouched ones take no memory */
};

struct door {
	struct loop *loop;
	struct report *report;
	/* A filter's descriptor, which is the callee's from then on, and whose it is. */
	void (*on_session)(void *owner, const struct payload *payload, int notify);
	void *owner;
	struct source listener; /* fd -1: not there yet */
	bool is_open;           /* this holder accepts */
	bool is_watched;
	struct timer timer;
	struct door_client clients[DOOR_PLACES];
};

/* loop, report, on_session and owner are set. ERROR_INTERNAL. */
int door_init(struct door *d, struct error *err);

/* Listens at path, where nobody else does; or with the socket of another holder, fd, which is
 * closed where there is one already. ERROR_HOST. */
int door_bind(struct door *d, const char *path, struct error *err);
void door_take(struct door *d, int fd);

/* Whether this holder accepts connections. */
void door_set_open(struct door *d, bool is_open);

#endif
