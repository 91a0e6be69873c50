/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_WORKSPACE_STAGE_H
#define WINALUX_TESTS_UNIT_WORKSPACE_STAGE_H

#include "service.h"
#include "unit/plan/scene.h"
#include "winalux/inventory/config.h"
#include "winalux/workspace/apply.h"
#include "workspace/apply.h"

struct host;

/*
 * A plan that is executed against a fake libpod. Waiting for answers is left out of the plan: the
 * nonce in it is random, and ready_test.c has it.
 */
struct stage {
	struct scene scene;
	struct service_fake service;
	struct config config;
	struct host *host;
	struct outcomes outcomes;
	struct error err;
	volatile bool cancelled;
	size_t cancel_at; /* Ctrl-C when that step begins, from 1; 0: never */
	size_t steps_begun;
};

/* What every script begins with. */
#define STAGE_PING ">>> GET /_ping\n<<< 200 repeat\n\nOK\n"

/* Opens a host at a service of that script; the scene is the caller's, made before. */
void stage_open(struct stage *t, const char *script);
/* Plans a deploy over the facts of the scene. */
void stage_plan(struct stage *t);
int stage_apply(struct stage *t, const struct applied_lock *held);
void stage_close(struct stage *t);

extern const char stage_alice[]; /* an inventory: alice with Redis */
extern const char stage_two[];   /* alice and bob without sidecars */

#endif
