/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_POLICY_H
#define WINALUX_WARDEN_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "blocked.h"
#include "guest/loop.h"

struct holder;
struct policy;

/*
 * What podman exec may start in a strict workspace (docs/design/strict.md): a guarded shell, which
 * asks for the token itself, or any program with a ticket that the workspace's PID 1 takes.
 */
enum { POLICY_QUESTIONS_MAX = 64, POLICY_LIMIT_MS = 2000 };

/* A ticket that PID 1 is being asked about. */
struct question {
	struct source source; /* fd -1: the place is free */
	struct policy *owner;
	unsigned index; /* of the session */
	uint64_t serial;
	int64_t limit_ms;
	uid_t uid;
	char command[BLOCKED_COMMAND_SIZE];
};

struct policy {
	struct holder *holder;
	struct timer timer;
	struct question questions[POLICY_QUESTIONS_MAX];
};

/* Makes h ask p, which is zeroed; before holder_start(). */
void policy_init(struct policy *p, struct holder *h);

#endif
