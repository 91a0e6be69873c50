/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_JOB_H
#define WINALUX_WORKSPACE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"
#include "winalux/base/strv.h"
#include "winalux/format/hash.h"
#include "winalux/plan/plan.h"

struct config;
struct error;
struct podman;

/*
 * One workspace while its plan is executed: the connections of the thread that does it, and what
 * the steps so far have made, for the state that is recorded at the end.
 */
struct job {
	const struct workspace_plan *plan;
	const struct config *config;
	const volatile bool *cancelled;
	struct podman *podman; /* borrowed from the thread: ends a call at Ctrl-C; waits, stops */
	/* Borrowed too: ends no call. What makes something is waited for, so that what was made is
	 * known. */
	struct podman *firm;
	struct limit_support limits;
	unsigned generation;       /* of the state written last; 0: none yet */
	bool has_recorded;         /* the new state is written: the workspace is whole */
	struct strv objects;       /* "role=id" of what was made */
	char nonce[HASH_HEX_SIZE]; /* of the files put into the dev container; "" when none were */
	int64_t started_s;         /* wall clock before the first start */
	char *host_key;            /* reported by the guest; NULL before */
};

void job_release(struct job *job);

/*
 * Executes one step. Errors name the object; ERROR_CONFLICT says what to do about an object that is
 * in the way.
 */
int job_step(struct job *job, const struct step *step, struct error *err);

/* Does the step change anything in Podman? (A mutating call takes one of the slots.) */
bool step_is_mutating(enum step_kind kind);

#endif
