/* SPDX-License-Identifier: MIT */
/*
 * A connection is done when its text is one whole state, which crun sends with the descriptor and
 * then closes. Nothing is answered. What ends before, takes too long or is too long is dropped with
 * its descriptor, which lets the program that it belongs to fail.
 */
#include "door.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest/event.h"
#include "guest/report.h"
#include "notify.h"
#include "packet.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"

enum { BACKLOG = 4096 };

static bool is_free(const struct door_client *c)
{
	return c->source.fd < 0;
}

static void watch(struct door *d)
{
	bool has_place = false;

	for (size_t i = 0; i < DOOR_PLACES && !has_place; i++)
		has_place = is_free(&d->clients[i]);
	const bool is_wanted = d->is_open && has_place;
	if (d->listener.fd < 0 || d->is_watched == is_wanted)
		return;
	if (loop_rewatch(d->loop, &d->listener, is_wanted ? EPOLLIN : 0) == 0)
		d->is_watched = is_wanted;
}

static void schedule(struct door *d)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < DOOR_PLACES; i++) {
		const struct door_client *c = &d->clients[i];

		if (!is_free(c) && (!next_ms || c->limit_ms < next_ms))
			next_ms = c->limit_ms;
	}
	d->timer.due_ms = next_ms;
}

static void drop(struct door_client *c)
{
	loop_close(c->owner->loop, &c->source);
	fd_closep(&c->notify);
	watch(c->owner);
	schedule(c->owner);
}

static void drop_bad(struct door_client *c, const char *reason)
{
	struct event e;

	event_start(&e, "bad-receiver-message");
	event_text(&e, "reason", reason);
	report_send(c->owner->report, &e);
	drop(c);
}

/* True when the connection is over. */
static bool finish(struct door_client *c)
{
	struct payload payload;
	const int notify = c->notify;

	if (notify < 0 || !payload_parse(c->text, c->len, &payload))
		return false;
	c->notify = -1;
	c->owner->on_session(c->owner->owner, &payload, notify);
	drop(c);
	return true;
}

static void on_client(void *owner, uint32_t events)
{
	struct door_client *c = owner;
	int fd = -1;

	(void)events;
	const ssize_t n =
		packet_receive(c->source.fd, c->text + c->len, DOOR_TEXT_MAX - c->len, &fd);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (fd >= 0) {
		fd_closep(&c->notify);
		c->notify = fd;
	}
	c->len += n > 0 ? (size_t)n : 0;
	if (c->notify >= 0 && !notify_adopt(c->notify))
		drop_bad(c, "the descriptor is of no filter");
	else if (c->len > 0 && strchr("}\n", c->text[c->len - 1]) && finish(c))
		return;
	else if (n <= 0 && c->len == 0)
		drop(c); /* crun found no program to start */
	else if (n <= 0)
		drop_bad(c, "no container's state");
	else if (c->len == DOOR_TEXT_MAX)
		drop_bad(c, "too long");
}

static void on_timer(void *owner)
{
	struct door *d = owner;
	const int64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < DOOR_PLACES; i++)
		if (!is_free(&d->clients[i]) && d->clients[i].limit_ms <= now_ms)
			drop_bad(&d->clients[i], "too slow");
	schedule(d);
}

static struct door_client *find_place(struct door *d)
{
	for (size_t i = 0; i < DOOR_PLACES; i++)
		if (is_free(&d->clients[i]))
			return &d->clients[i];
	return NULL;
}

static void on_listener(void *owner, uint32_t events)
{
	struct door *d = owner;
	struct door_client *c = find_place(d);

	(void)events;
	if (!c || !d->is_open)
		return;
	const int fd = accept4(d->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	c->source.fd = fd;
	c->len = 0;
	c->limit_ms = clock_mono_ms() + DOOR_LIMIT_MS;
	if (loop_watch(d->loop, &c->source, EPOLLIN) < 0) {
		close(fd);
		c->source.fd = -1;
	}
	watch(d);
	schedule(d);
}

int door_init(struct door *d, struct error *err)
{
	char *texts = mmap(NULL, (size_t)DOOR_PLACES * DOOR_TEXT_MAX, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (texts == MAP_FAILED)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot have memory");
	for (size_t i = 0; i < DOOR_PLACES; i++) {
		struct door_client *c = &d->clients[i];

		c->source = (struct source){ .fd = -1, .run = on_client, .owner = c };
		c->owner = d;
		c->notify = -1;
		c->text = texts + i * DOOR_TEXT_MAX;
	}
	d->listener = (struct source){ .fd = -1, .run = on_listener, .owner = d };
	d->timer = (struct timer){ .run = on_timer, .owner = d };
	loop_add_timer(d->loop, &d->timer);
	return 0;
}

void door_take(struct door *d, int fd)
{
	if (d->listener.fd >= 0) {
		close(fd);
		return;
	}
	d->listener.fd = fd;
	d->is_watched = false;
	if (loop_watch(d->loop, &d->listener, 0) < 0) {
		close(fd);
		d->listener.fd = -1;
	}
	watch(d);
}

int door_bind(struct door *d, const char *path, struct error *err)
{
	const int fd = packet_listen(path, SOCK_STREAM, BACKLOG);

	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot listen at '%s'", path);
	door_take(d, fd);
	return 0;
}

void door_set_open(struct door *d, bool is_open)
{
	d->is_open = is_open;
	watch(d);
}
