/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SERVICES_H
#define WINALUX_GUEST_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "backoff.h"
#include "bucket.h"
#include "lines.h"
#include "loop.h"
#include "service_log.h"
#include "winalux/guest/wire.h"

struct report;
struct services;

/*
 * Programs that PID 1 keeps running. A place is free, waits for its next start, or runs; one whose
 * service left the configuration, or changed in it, ends first (TERM, KILL after 700 ms). Zeroed
 * memory is a free place, so that unused ones cost no page.
 */
enum { SERVICES_MAX = 2 * WIRE_MAX_SERVICES, SERVICES_KILL_MS = 700 };

struct service {
	char name[WIRE_NAME_SIZE];       /* "": the place is free */
	const struct wire_service *spec; /* in the current configuration; NULL: it is to end */
	pid_t pid;                       /* 0: not running */
	int64_t started_ms;
	bool is_ending; /* told to end, for a change or for good */
	struct backoff backoff;
	struct bucket bucket; /* of output */
	struct lines *lines;
	struct source output;
	struct timer timer;  /* the next start, or the KILL of one that is ending */
	struct timer breath; /* until the output of one that floods us is read again */
	struct services *owner;
};

struct services {
	struct loop *loop;
	struct report *report;
	const char *const *environment; /* of the container */
	bool is_started;
	struct service_log log;
	struct service items[SERVICES_MAX];
	struct lines lines[SERVICES_MAX]; /* of items */
};

/* s is zeroed memory. */
void services_init(struct services *s, struct loop *loop, struct report *report,
		   const char *const *environment);

/*
 * Takes over the configuration's services, which must stay in place until the next call: equal ones
 * run on. Nothing is started before services_start().
 */
void services_set(struct services *s, const struct wire_config *config);
void services_start(struct services *s);

/* True when pid was one of ours. status is wait(2)'s. */
bool services_reaped(struct services *s, pid_t pid, int status);

/* No more starts; the end of the processes is left to the caller, their output is still read. */
void services_stop(struct services *s);

#endif
