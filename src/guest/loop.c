/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"

enum { EVENTS_PER_TURN = 16 };

int loop_init(struct loop *loop, struct error *err)
{
	loop->timer_count = 0;
	loop->fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->fd < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot create an epoll");
	return 0;
}

static int control(struct loop *loop, int operation, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(loop->fd, operation, source->fd, &event);
}

int loop_watch(struct loop *loop, struct source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, source, events);
}

int loop_rewatch(struct loop *loop, struct source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_MOD, source, events);
}

void loop_unwatch(struct loop *loop, struct source *source)
{
	control(loop, EPOLL_CTL_DEL, source, 0);
}

/* The explicit removal is for descriptors that a forked child still has open. */
void loop_close(struct loop *loop, struct source *source)
{
	if (source->fd < 0)
		return;
	loop_unwatch(loop, source);
	close(source->fd);
	source->fd = -1;
}

void loop_add_timer(struct loop *loop, struct timer *timer)
{
	assert(loop->timer_count < LOOP_MAX_TIMERS);
	loop->timers[loop->timer_count++] = timer;
}

void timer_start(struct timer *timer, int delay_ms)
{
	timer->due_ms = clock_mono_ms() + delay_ms;
}

void timer_stop(struct timer *timer)
{
	timer->due_ms = 0;
}

static int wait_ms(const struct loop *loop)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < loop->timer_count; i++) {
		int64_t due_ms = loop->timers[i]->due_ms;

		if (due_ms && (!next_ms || due_ms < next_ms))
			next_ms = due_ms;
	}
	return next_ms ? clock_left_ms(next_ms) : -1;
}

static void run_timers(struct loop *loop)
{
	int64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < loop->timer_count; i++) {
		struct timer *timer = loop->timers[i];

		if (timer->due_ms && timer->due_ms <= now_ms) {
			timer->due_ms = 0;
			timer->run(timer->owner);
		}
	}
}

void loop_turn(struct loop *loop)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int count = epoll_wait(loop->fd, events, EVENTS_PER_TURN, wait_ms(loop));

	for (int i = 0; i < count; i++) {
		struct source *source = events[i].data.ptr;

		if (source->fd >= 0)
			source->run(source->owner, events[i].events);
	}
	run_timers(loop);
}
