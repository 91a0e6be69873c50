/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_STRANGERS_H
#define WINALUX_GUEST_STRANGERS_H

#include "winalux/guest/wire.h"

struct report;

/*
 * What the host has found beside the workspace and cannot be seen from inside: containers on its
 * volumes or in its pod that winalux did not make. Each is told once:
 *
 *	{"event":"stranger","id":"4f1c…","name":"x","image":"localhost/y:latest",
 *	 "how":"mounts 'winalux-alice-home'"}
 */
struct strangers {
	struct report *report;
	char told[WIRE_STRANGERS_MAX_BYTES + 1]; /* the text that was read last */
};

/* Reads path (WIRE_STRANGERS_PATH) and tells of its lines that it did not have before. A line with
 * fewer fields than four is passed over. */
void strangers_read(struct strangers *s, const char *path);

#endif
