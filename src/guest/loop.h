/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_LOOP_H
#define WINALUX_GUEST_LOOP_H

#include <stddef.h>
#include <stdint.h>

struct error;

/*
 * One epoll loop with a fixed table of timers. A source or timer is part of its owner's struct; run
 * gets the owner. Handlers must bear an event too many: one that was fetched before another handler
 * of the same turn reused the slot. Nothing due and nothing to read costs no wake-up.
 */
struct source {
	int fd; /* -1: none */
	void (*run)(void *owner, uint32_t events);
	void *owner;
};

struct timer {
	int64_t due_ms; /* CLOCK_MONOTONIC; 0: off */
	void (*run)(void *owner);
	void *owner;
};

enum { LOOP_MAX_TIMERS = 96 };

struct loop {
	int fd;
	struct timer *timers[LOOP_MAX_TIMERS];
	size_t timer_count;
};

int loop_init(struct loop *loop, struct error *err);

/* source->fd is watched for events (EPOLL…) from now on. -1 with errno. */
int loop_watch(struct loop *loop, struct source *source, uint32_t events);
int loop_rewatch(struct loop *loop, struct source *source, uint32_t events);

/* Stops watching. */
void loop_unwatch(struct loop *loop, struct source *source);

/* Stops watching and closes the descriptor. Nothing where there is none. */
void loop_close(struct loop *loop, struct source *source);

/* Once for each timer, at start. */
void loop_add_timer(struct loop *loop, struct timer *timer);
void timer_start(struct timer *timer, int delay_ms);
void timer_stop(struct timer *timer);

/* Waits for events or the next timer and runs what is due. */
void loop_turn(struct loop *loop);

#endif
