/* SPDX-License-Identifier: MIT */
#include "changes.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "winalux/base/fd.h"

enum {
	EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ONLYDIR,
};

static void deliver(struct changes *c, const struct inotify_event *event, const char *name)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct changes_watch *w = &c->watches[i];

		if (event->mask & IN_Q_OVERFLOW)
			w->run(w->owner, NULL);
		else if (w->wd == event->wd && event->len > 0)
			w->run(w->owner, name);
	}
}

static void on_events(void *owner, uint32_t events)
{
	struct changes *c = owner;
	char bytes[4096];
	ssize_t n;

	(void)events;
	while ((n = read(c->source.fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t at = 0; at < n;) {
			struct inotify_event event;

			memcpy(&event, bytes + at, sizeof(event));
			deliver(c, &event, bytes + at + sizeof(event));
			at += (ssize_t)(sizeof(event) + event.len);
		}
	}
}

void changes_init(struct changes *c, struct loop *loop)
{
	c->loop = loop;
	c->source = (struct source){ .fd = -1, .run = on_events, .owner = c };
	c->count = 0;
}

static bool open_instance(struct changes *c)
{
	if (c->source.fd >= 0)
		return true;
	c->source.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (c->source.fd >= 0 && loop_watch(c->loop, &c->source, EPOLLIN) < 0)
		fd_closep(&c->source.fd);
	return c->source.fd >= 0;
}

bool changes_add(struct changes *c, const char *directory,
		 void (*run)(void *owner, const char *name), void *owner)
{
	if (c->count == CHANGES_MAX) {
		errno = ENOSPC;
		return false;
	}
	if (!open_instance(c))
		return false;
	const int wd = inotify_add_watch(c->source.fd, directory, EVENTS);
	if (wd < 0)
		return false;
	c->watches[c->count++] = (struct changes_watch){ .wd = wd, .run = run, .owner = owner };
	return true;
}
