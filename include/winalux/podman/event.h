/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_EVENT_H
#define WINALUX_PODMAN_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "winalux/podman/object.h"

struct error;
struct podman;
struct strv;

/* What Podman has noted about a container. */
struct podman_event {
	char *action;             /* "exec", "commit" */
	char *id;                 /* of the container, which may be gone */
	int64_t time_ns;          /* since the epoch */
	struct labels attributes; /* "name", "image", and the container's labels */
};

/* False ends the reading, which then is a success. */
typedef bool (*podman_event_fn)(const struct podman_event *e, void *context);

/*
 * GET /events?stream=false&filters={"type":["container"],"event":[actions]} (4.3), from since_s on;
 * 0: all that there are. In Podman's order, which is that of time but for the last digits. How far
 * back they go is up to the account's event logger; "none" has none, and that of the journal needs
 * the right to read it (ERROR_PODMAN).
 */
int event_list(struct podman *podman, const struct strv *actions, int64_t since_s,
	       podman_event_fn fn, void *context, struct error *err);

#endif
