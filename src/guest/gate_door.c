/* SPDX-License-Identifier: MIT */
/*
 * A connection carries one entry: it may ask what is wanted, then send up to GATE_TRIES wrong
 * tokens. The answer to a wrong one waits (attempts.h), and the connection is not read meanwhile.
 * Every other answer than "ask", "typo" and "wrong" is the last. Where all places are taken, one
 * gives way, so nobody can keep others out by holding connections: of the session that has the
 * most (what came from outside counts as one, and what is inside and below no session) the one that
 * has been silent for longest. That may be one whose answer waits. Who guesses gains nothing by it:
 * a try is counted when it is made, and an answer that does not come at once says "wrong" as well.
 */
#include "gate_door.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proc_parent.h"
#include "sessions.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { BACKLOG = 1024, ACCEPTS_PER_TURN = 16 };
enum { ORIGIN_OUTSIDE = 0, ORIGIN_INSIDE = 1 };

static void schedule(struct gate *g)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < GATE_CLIENTS_MAX; i++) {
		const struct gate_client *c = &g->clients[i];
		const int64_t due_ms = c->answer_ms ? c->answer_ms : c->limit_ms;

		if (c->source.fd >= 0 && (!next_ms || due_ms < next_ms))
			next_ms = due_ms;
	}
	g->timer.due_ms = next_ms;
}

static void drop(struct gate_client *c)
{
	struct gate *g = c->owner;

	loop_close(g->loop, &c->source);
	c->answer_ms = 0;
}

static void send_answer(struct gate_client *c, const char *text)
{
	/* A client that does not read its one answer at a time is none of ours. */
	if (send(c->source.fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		drop(c);
}

void gate_door_answer(struct gate_client *c, const char *fmt, ...)
{
	char text[GATE_ANSWER_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	send_answer(c, text);
}

void gate_door_answer_last(struct gate_client *c, const char *fmt, ...)
{
	char text[GATE_ANSWER_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	send_answer(c, text);
	drop(c);
}

/* The delay holds back the answer and whatever the client says next. */
void gate_door_answer_late(struct gate_client *c, int delay_ms, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->answer, sizeof(c->answer), fmt, ap);
	va_end(ap);
	c->answer_ms = clock_mono_ms() + delay_ms;
	loop_rewatch(c->owner->loop, &c->source, 0);
}

static void leave(struct gate_client *c, const char *reason)
{
	c->owner->on_leave(c, reason);
	drop(c);
}

static void on_client(void *owner, uint32_t events)
{
	struct gate_client *c = owner;
	char request[GATE_REQUEST_SIZE + 1];

	if (c->answer_ms) { /* nothing is read now: only the end of the client comes through */
		if (events & (EPOLLHUP | EPOLLERR))
			drop(c);
		schedule(c->owner);
		return;
	}
	const ssize_t n = recv(c->source.fd, request, GATE_REQUEST_SIZE, MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || n > GATE_REQUEST_SIZE || memchr(request, '\0', (size_t)n)) {
		leave(c, "no token");
	} else {
		request[n] = '\0';
		c->limit_ms = clock_mono_ms() + GATE_CLIENT_LIMIT_MS;
		c->owner->on_request(c, request);
	}
	explicit_bzero(request, sizeof(request));
	schedule(c->owner);
}

static void give_late_answer(struct gate_client *c)
{
	c->answer_ms = 0;
	send_answer(c, c->answer);
	if (c->source.fd < 0)
		return;
	if (c->wrong_count >= GATE_TRIES)
		drop(c);
	else
		loop_rewatch(c->owner->loop, &c->source, EPOLLIN);
}

static void on_timer(void *owner)
{
	struct gate *g = owner;
	const int64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < GATE_CLIENTS_MAX; i++) {
		struct gate_client *c = &g->clients[i];

		if (c->source.fd < 0)
			continue;
		if (c->answer_ms && c->answer_ms <= now_ms)
			give_late_answer(c);
		else if (!c->answer_ms && c->limit_ms <= now_ms)
			leave(c, "no token");
	}
	schedule(g);
}

/* How many connections come from where c does. */
static size_t share_of(const struct gate *g, const struct gate_client *c)
{
	size_t count = 0;

	for (size_t i = 0; i < GATE_CLIENTS_MAX; i++)
		count += g->clients[i].source.fd >= 0 && g->clients[i].origin == c->origin;
	return count;
}

static struct gate_client *find_free(struct gate *g)
{
	for (size_t i = 0; i < GATE_CLIENTS_MAX; i++)
		if (g->clients[i].source.fd < 0)
			return &g->clients[i];
	return NULL;
}

static struct gate_client *choose_victim(struct gate *g)
{
	struct gate_client *victim = &g->clients[0];
	size_t most = share_of(g, victim);

	for (size_t i = 1; i < GATE_CLIENTS_MAX; i++) {
		struct gate_client *c = &g->clients[i];
		const size_t share = c->origin == victim->origin ? most : share_of(g, c);

		if (share > most || (share == most && c->limit_ms < victim->limit_ms)) {
			victim = c;
			most = share;
		}
	}
	return victim;
}

static struct gate_client *make_place(struct gate *g)
{
	struct gate_client *place = find_free(g);

	if (!place) {
		place = choose_victim(g);
		leave(place, "crowded out");
	}
	return place;
}

/* What a connection's share is counted by. */
static pid_t origin_of(const struct gate *g, pid_t pid)
{
	const struct session *session = sessions_find(g->sessions, pid);

	if (session)
		return session->pid;
	return proc_parent(pid) > 0 ? ORIGIN_INSIDE : ORIGIN_OUTSIDE;
}

static void take(struct gate *g, int connection)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid < 0) {
		close(connection);
		return;
	}
	struct gate_client *place = make_place(g);
	*place = (struct gate_client){
		.source = { .fd = connection, .run = on_client, .owner = place },
		.owner = g,
		.pid = peer.pid,
		.uid = peer.uid,
		.origin = origin_of(g, peer.pid),
		.limit_ms = clock_mono_ms() + GATE_CLIENT_LIMIT_MS,
	};
	if (loop_watch(g->loop, &place->source, EPOLLIN) < 0)
		fd_closep(&place->source.fd);
}

static bool take_one(struct gate *g)
{
	const int connection = accept4(g->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (connection < 0)
		return errno == ECONNABORTED || errno == EINTR;
	take(g, connection);
	return true;
}

static void on_listener(void *owner, uint32_t events)
{
	struct gate *g = owner;

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN && take_one(g); i++)
		;
	schedule(g);
}

/* Everybody may connect: what counts is who they are. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	DEFER(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(path, 0666) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return TAKE_FD(fd);
}

int gate_door_open(struct gate *g, const char *path, struct error *err)
{
	g->timer = (struct timer){ .run = on_timer, .owner = g };
	loop_add_timer(g->loop, &g->timer);
	for (size_t i = 0; i < GATE_CLIENTS_MAX; i++)
		g->clients[i].source.fd = -1;
	g->listener = (struct source){ .run = on_listener, .owner = g };
	g->listener.fd = listen_at(path);
	if (g->listener.fd < 0 || loop_watch(g->loop, &g->listener, EPOLLIN) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot listen at '%s'", path);
	return 0;
}
