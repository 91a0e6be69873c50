/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_REPORT_H
#define WINALUX_GUEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

struct error;
struct event;

/*
 * Events on their way to stdout, which is a pipe to conmon. A reader that is slow or gone never
 * blocks or ends PID 1: what the pipe does not take waits in a queue, what the queue does not take
 * is counted, and {"event":"dropped","count":N} says so once there is room again.
 */
enum { REPORT_QUEUE_SIZE = 64 << 10 };

struct report {
	struct loop *loop;
	/* Gets every event as well, ended; NULL: nobody. */
	void (*on_event)(void *context, const struct event *e);
	void *context;
	struct source out;
	bool is_watched;
	bool is_gone; /* nobody reads any more: events are for nobody */
	uint64_t dropped;
	size_t start, len; /* of the queued bytes */
	char queue[REPORT_QUEUE_SIZE];
};

/* fd stays the caller's; it is made non-blocking. */
void report_init(struct report *r, struct loop *loop, int fd);

/* Ends the event and sends it. */
void report_send(struct report *r, struct event *e);

/* {"event":"error","kind":…,"text":…} */
void report_error(struct report *r, const struct error *err);

/* Waits at most timeout_ms for the reader to take what is queued: before the end. */
void report_flush(struct report *r, int timeout_ms);

#endif
