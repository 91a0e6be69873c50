/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_HOSTKEY_H
#define WINALUX_GUEST_HOSTKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "backoff.h"
#include "loop.h"

struct report;

#define HOSTKEY_DIRECTORY "/etc/winalux/hostkeys" /* a volume: outlives the container */

/* "type base64" of a public key line without its comment, in place. False for what is none. */
bool hostkey_trim(char *line);

/*
 * The workspace's SSH host key. Made once with the image's ssh-keygen; on_ready runs when the key
 * is there, after {"event":"host-key"}. Failures are reported and tried again.
 */
struct hostkey {
	struct report *report;
	void (*on_ready)(void *context);
	void *context;
	bool is_ready;
	pid_t pid; /* of ssh-keygen; 0: none */
	struct backoff backoff;
	struct timer timer;
};

void hostkey_init(struct hostkey *h, struct loop *loop, struct report *report);
void hostkey_start(struct hostkey *h);
bool hostkey_reaped(struct hostkey *h, pid_t pid, int status);

#endif
