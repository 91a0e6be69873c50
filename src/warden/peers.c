/* SPDX-License-Identifier: MIT */
/*
 * What a peer has still to get are bits, so a session is sent once however often it was offered,
 * and a peer that does not read costs nobody anything. Getting a session twice is no matter either;
 * so where one holder dies half way through telling the others, those simply offer all they have to
 * each other.
 */
#include "peers.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { PROTOCOL_VERSION = 1, BACKLOG = 16, CONNECT_LIMIT_MS = 2000, CONNECT_TRIES = 3 };

enum message_kind {
	MESSAGE_HELLO, /* who we are; the first one */
	MESSAGE_LISTENER,
	MESSAGE_SESSION,
	MESSAGE_ALL,   /* that was all that I have */
	MESSAGE_READY, /* I do my part from now on */
	MESSAGE_KIND_COUNT
};

struct message {
	uint32_t version;
	uint16_t kind;
	uint16_t role;
	uint64_t serial;
	uint32_t index;
	uint32_t reserved;
};

static const char *const socket_names[HOLDER_COUNT] = {
	[HOLDER_A] = "a", [HOLDER_B] = "b", [HOLDER_WARDEN] = "w"
};

static void path_of(const struct peers *p, enum holder_role role, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/%s", p->directory, socket_names[role]);
}

static bool is_there(const struct peer *peer)
{
	return peer->source.fd >= 0;
}

static void close_peer(struct peer *peer)
{
	loop_close(peer->owner->loop, &peer->source);
	peer->is_ready = peer->gave_all = peer->owes_all = peer->owes_ready = false;
	peer->is_watched = false;
	memset(peer->unsent, 0, sizeof(peer->unsent));
}

/* What cannot be sent because the peer is gone is found out by reading. */
static bool send_message(const struct peer *peer, enum message_kind kind, unsigned index,
			 uint64_t serial, int fd)
{
	const struct message m = { .version = PROTOCOL_VERSION,
				   .kind = kind,
				   .role = peer->owner->role,
				   .serial = serial,
				   .index = index };

	return packet_send(peer->source.fd, &m, sizeof(m), fd) == sizeof(m);
}

/* One word of bits; false when the peer's queue is full. */
static bool send_word(struct peer *peer, unsigned word)
{
	const struct peers *p = peer->owner;

	while (peer->unsent[word]) {
		const unsigned bit = (unsigned)__builtin_ctzll(peer->unsent[word]);
		uint64_t serial = 0;
		const int fd = p->calls->get(p->owner, word * 64 + bit, &serial);

		if (fd >= 0 && !send_message(peer, MESSAGE_SESSION, word * 64 + bit, serial, fd))
			return false;
		peer->unsent[word] &= ~(UINT64_C(1) << bit);
	}
	return true;
}

static bool send_owed(struct peer *peer, bool *owes, enum message_kind kind)
{
	if (*owes && !send_message(peer, kind, 0, 0, -1))
		return false;
	*owes = false;
	return true;
}

static void flush(struct peer *peer)
{
	bool is_done = true;

	for (unsigned word = 0; word < PEERS_WORDS && is_done; word++)
		is_done = send_word(peer, word);
	is_done = is_done && send_owed(peer, &peer->owes_all, MESSAGE_ALL) &&
		  send_owed(peer, &peer->owes_ready, MESSAGE_READY);
	if (peer->is_watched == is_done) {
		peer->is_watched = !is_done;
		loop_rewatch(peer->owner->loop, &peer->source, EPOLLIN | (is_done ? 0 : EPOLLOUT));
	}
}

static void mark_all(struct peer *peer)
{
	const struct peers *p = peer->owner;
	uint64_t serial;

	for (unsigned i = 0; i < TABLE_SIZE; i++)
		if (p->calls->get(p->owner, i, &serial) >= 0)
			peer->unsent[i / 64] |= UINT64_C(1) << i % 64;
}

/* --- what comes from a peer --- */

static void take_session(struct peer *peer, const struct message *m, int *fd)
{
	if (*fd >= 0 && m->index < TABLE_SIZE)
		peer->owner->calls->take(peer->owner->owner, m->index, m->serial, TAKE_FD(*fd));
}

static void take_listener(struct peer *peer, const struct message *m, int *fd)
{
	(void)m;
	if (*fd >= 0)
		peer->owner->calls->take_listener(peer->owner->owner, TAKE_FD(*fd));
}

static void take_all(struct peer *peer, const struct message *m, int *fd)
{
	(void)m;
	(void)fd;
	peer->gave_all = true;
}

static void take_ready(struct peer *peer, const struct message *m, int *fd)
{
	(void)m;
	(void)fd;
	peer->is_ready = true;
	peer->owner->calls->on_change(peer->owner->owner, peer->role, false);
}

static void (*const takers[MESSAGE_KIND_COUNT])(struct peer *, const struct message *, int *) = {
	[MESSAGE_LISTENER] = take_listener,
	[MESSAGE_SESSION] = take_session,
	[MESSAGE_ALL] = take_all,
	[MESSAGE_READY] = take_ready,
};

static bool is_sound(const struct message *m, ssize_t n)
{
	return n == sizeof(*m) && m->version == PROTOCOL_VERSION && m->kind < MESSAGE_KIND_COUNT &&
	       m->role < HOLDER_COUNT;
}

/* Everything that is there. False when the peer is gone, or speaks another language. */
static bool take_messages(struct peer *peer)
{
	struct message m;

	for (;;) {
		DEFER(fd_closep) int fd = -1;
		const ssize_t n = packet_receive(peer->source.fd, &m, sizeof(m), &fd);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (!is_sound(&m, n) || !takers[m.kind])
			return false;
		takers[m.kind](peer, &m, &fd);
	}
}

static void let_go(struct peer *peer)
{
	close_peer(peer);
	peer->owner->calls->on_change(peer->owner->owner, peer->role, true);
}

static void on_peer(void *owner, uint32_t events)
{
	struct peer *peer = owner;

	if (!take_messages(peer))
		let_go(peer);
	else if (events & EPOLLOUT)
		flush(peer);
}

/* --- who comes --- */

static bool attach(struct peer *peer, int fd)
{
	peer->source.fd = fd;
	if (loop_watch(peer->owner->loop, &peer->source, EPOLLIN) == 0)
		return true;
	close(fd);
	peer->source.fd = -1;
	return false;
}

/* What an earlier life of the same holder has sent comes first. */
static void welcome(struct peers *p, enum holder_role role, int fd)
{
	struct peer *peer = &p->items[role];

	if (is_there(peer)) {
		take_messages(peer);
		let_go(peer);
	}
	if (!attach(peer, fd))
		return;
	const int listener = p->calls->get_listener(p->owner);
	if (listener >= 0)
		send_message(peer, MESSAGE_LISTENER, 0, 0, listener);
	peer->gave_all = peer->owes_all = peer->owes_ready = true;
	mark_all(peer);
	flush(peer);
}

static void on_stranger(void *owner, uint32_t events)
{
	struct peer *stranger = owner;
	struct peers *p = stranger->owner;
	struct message m;
	DEFER(fd_closep) int fd = -1;

	(void)events;
	const ssize_t n = packet_receive(stranger->source.fd, &m, sizeof(m), &fd);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (!is_sound(&m, n) || m.kind != MESSAGE_HELLO || m.role == p->role) {
		close_peer(stranger);
		if (is_sound(&m, n) && m.kind == MESSAGE_HELLO)
			p->calls->on_successor(p->owner);
		return;
	}
	loop_unwatch(p->loop, &stranger->source);
	welcome(p, m.role, TAKE_FD(stranger->source.fd));
}

static void on_listener(void *owner, uint32_t events)
{
	struct peers *p = owner;
	struct peer *place = &p->strangers[p->next_stranger];

	(void)events;
	const int fd = accept4(p->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	p->next_stranger = (p->next_stranger + 1) % PEERS_STRANGERS;
	close_peer(place);
	attach(place, fd);
}

static void init_peer(struct peers *p, struct peer *peer, enum holder_role role,
		      void (*run)(void *owner, uint32_t events))
{
	peer->source = (struct source){ .fd = -1, .run = run, .owner = peer };
	peer->owner = p;
	peer->role = role;
}

void peers_init(struct peers *p)
{
	p->listener = (struct source){ .fd = -1, .run = on_listener, .owner = p };
	for (unsigned i = 0; i < HOLDER_COUNT; i++)
		init_peer(p, &p->items[i], (enum holder_role)i, on_peer);
	for (unsigned i = 0; i < PEERS_STRANGERS; i++)
		init_peer(p, &p->strangers[i], HOLDER_COUNT, on_stranger);
}

/* 1: it is there and knows who we are; 0: it is not; -1 with errno. */
static int try_connect(struct peer *peer, const char *path)
{
	const int fd = fd_connect_unix(path, SOCK_SEQPACKET, CONNECT_LIMIT_MS);

	if (fd < 0)
		return errno == ENOENT || errno == ECONNREFUSED ? 0 : -1;
	if (attach(peer, fd) && send_message(peer, MESSAGE_HELLO, 0, 0, -1))
		return 1;
	const int error = errno;
	close_peer(peer);
	errno = error;
	return -1;
}

/* One that ends just now is not there the next time. */
static int connect_to(struct peers *p, enum holder_role role, struct error *err)
{
	char path[PATH_MAX];
	int status = -1;

	path_of(p, role, path);
	for (int i = 0; i < CONNECT_TRIES && status < 0; i++)
		status = try_connect(&p->items[role], path);
	return status < 0 ? error_set_errno(err, ERROR_HOST, errno, "cannot speak to '%s'", path)
			  : status;
}

int peers_connect(struct peers *p, struct error *err)
{
	int count = 0;

	for (unsigned i = 0; i < HOLDER_COUNT; i++) {
		const int n = i == p->role ? 0 : connect_to(p, (enum holder_role)i, err);

		if (n < 0)
			return -1;
		count += n;
	}
	return count;
}

void peers_announce(struct peers *p)
{
	char path[PATH_MAX];

	path_of(p, p->role, path);
	if (try_connect(&p->items[p->role], path) > 0)
		close_peer(&p->items[p->role]);
}

bool peers_wait_for_any(const struct peers *p)
{
	for (size_t i = 0; i < HOLDER_COUNT; i++)
		if (is_there(&p->items[i]) && !p->items[i].gave_all)
			return true;
	return false;
}

void peers_drop_waited_for(struct peers *p)
{
	for (size_t i = 0; i < HOLDER_COUNT; i++)
		if (is_there(&p->items[i]) && !p->items[i].gave_all)
			close_peer(&p->items[i]);
}

int peers_serve(struct peers *p, struct error *err)
{
	char path[PATH_MAX];

	path_of(p, p->role, path);
	p->listener.fd = packet_listen(path, SOCK_SEQPACKET, BACKLOG);
	if (p->listener.fd < 0 || loop_watch(p->loop, &p->listener, EPOLLIN) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot listen at '%s'", path);
	for (size_t i = 0; i < HOLDER_COUNT; i++) {
		if (!is_there(&p->items[i]))
			continue;
		p->items[i].owes_ready = true;
		flush(&p->items[i]);
	}
	return 0;
}

bool peers_is_ready(const struct peers *p, enum holder_role role)
{
	return is_there(&p->items[role]) && p->items[role].is_ready;
}

void peers_offer(struct peers *p, enum holder_role role, unsigned index)
{
	struct peer *peer = &p->items[role];

	if (!is_there(peer))
		return;
	peer->unsent[index / 64] |= UINT64_C(1) << index % 64;
	flush(peer);
}

void peers_offer_all(struct peers *p)
{
	for (size_t i = 0; i < HOLDER_COUNT; i++) {
		if (!is_there(&p->items[i]))
			continue;
		mark_all(&p->items[i]);
		flush(&p->items[i]);
	}
}
