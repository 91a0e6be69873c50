/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "event.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"

/* Bytes written; -1 when the reader is gone for good, for which the queue has no use. */
static ssize_t try_write(const struct report *r, const char *data, size_t len)
{
	ssize_t n;

	do {
		n = write(r->out.fd, data, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 && errno == EAGAIN ? 0 : n;
}

static void queue_add(struct report *r, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		r->queue[(r->start + r->len + i) % sizeof(r->queue)] = data[i];
	r->len += len;
}

/* Writes from the queue while the reader takes it. */
static void queue_drain(struct report *r)
{
	while (r->len > 0) {
		size_t run = sizeof(r->queue) - r->start;
		ssize_t n = try_write(r, r->queue + r->start, r->len < run ? r->len : run);

		if (n == 0)
			return;
		if (n < 0)
			n = (ssize_t)r->len;
		r->start = (r->start + (size_t)n) % sizeof(r->queue);
		r->len -= (size_t)n;
	}
	r->start = 0;
}

static void watch(struct report *r, bool is_wanted)
{
	if (r->is_watched == is_wanted)
		return;
	if (loop_rewatch(r->loop, &r->out, is_wanted ? EPOLLOUT : 0) == 0)
		r->is_watched = is_wanted;
}

static void put(struct report *r, const char *data, size_t len)
{
	ssize_t n = r->len == 0 && !r->is_gone ? try_write(r, data, len) : 0;

	if (n < 0 || r->is_gone)
		return;
	if (len - (size_t)n > sizeof(r->queue) - r->len) {
		r->dropped++;
		return;
	}
	queue_add(r, data + n, len - (size_t)n);
	watch(r, r->len > 0);
}

/* A dropped count goes out as soon as there is room for it and a whole event. */
static void put_dropped(struct report *r)
{
	struct event e;

	if (!r->dropped || sizeof(r->queue) - r->len < sizeof(e.text))
		return;
	event_start(&e, "dropped");
	event_number(&e, "count", (int64_t)r->dropped);
	event_end(&e);
	r->dropped = 0;
	put(r, e.text, e.len);
}

static void on_writable(void *owner, uint32_t events)
{
	struct report *r = owner;

	if (events & (EPOLLERR | EPOLLHUP)) { /* these come for ever, whatever is watched */
		r->is_gone = true;
		r->len = 0;
		loop_unwatch(r->loop, &r->out);
		return;
	}
	queue_drain(r);
	put_dropped(r);
	watch(r, r->len > 0);
}

void report_init(struct report *r, struct loop *loop, int fd)
{
	r->loop = loop;
	r->on_event = NULL;
	r->out = (struct source){ .fd = fd, .run = on_writable, .owner = r };
	r->is_watched = r->is_gone = false;
	r->dropped = 0;
	r->start = r->len = 0;
	fd_set_nonblocking(fd, true);
	/* A regular file cannot be watched and never refuses: EPERM is no loss. */
	loop_watch(loop, &r->out, 0);
}

void report_send(struct report *r, struct event *e)
{
	event_end(e);
	put_dropped(r);
	put(r, e->text, e->len);
	if (r->on_event)
		r->on_event(r->context, e);
}

void report_error(struct report *r, const struct error *err)
{
	struct event e;

	event_start(&e, "error");
	event_text(&e, "kind", error_kind_name(err->kind));
	event_text(&e, "text", err->text);
	report_send(r, &e);
}

void report_flush(struct report *r, int timeout_ms)
{
	int64_t deadline_ms = clock_mono_ms() + timeout_ms;

	while (r->len > 0 && clock_left_ms(deadline_ms) > 0) {
		if (!(fd_wait(r->out.fd, POLLOUT, clock_left_ms(deadline_ms)) & POLLOUT))
			return;
		queue_drain(r);
	}
}
