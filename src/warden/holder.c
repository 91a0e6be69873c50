/* SPDX-License-Identifier: MIT */
/*
 * A new descriptor is entered, given to the other keeper, made known as ready, and given to the
 * warden. A holder that dies at any point of this leaves an entry that is SESSION_NEW: who has its
 * descriptor makes it ready (on_change), and where nobody has, its own next life frees it (program
 * or container fail to start then, which is all that can be done: the filter has no listener).
 *
 * Who answers: the warden while it is there, else keeper a, else b. Receiving is done under a lock
 * in the table, and only where something is due, since it would wait. The kernel writes what is
 * received straight into the table. So when a holder dies between receiving and answering, the
 * others find it there and answer; both may, and its next life may once more: only the first answer
 * counts. A verdict is put into the table before it is answered, for the same reason.
 */
#include "holder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "guest/event.h"
#include "lost.h"
#include "notify.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

static unsigned index_of(const struct held *s)
{
	return (unsigned)(s - s->owner->held);
}

/* --- who answers --- */

static bool is_answering(const struct holder *h)
{
	const bool has_warden = peers_is_ready(&h->peers, HOLDER_WARDEN);

	if (!h->is_ready || h->role == HOLDER_WARDEN)
		return h->is_ready;
	return !has_warden && (h->role == HOLDER_A || !peers_is_ready(&h->peers, HOLDER_A));
}

/* Has this holder something to say to the session's next program? */
static bool is_to_answer(const struct held *s)
{
	const struct holder *h = s->owner;

	if (s->is_judged || !is_answering(h))
		return false;
	switch (table_word(h->table, index_of(s)).state) {
	case SESSION_ACCEPTED:
	case SESSION_REFUSED:
		return true;
	case SESSION_UNDECIDED:
		return h->judge;
	case SESSION_FREE:
	case SESSION_NEW:
		break;
	}
	return false;
}

/* The end of a session (EPOLLHUP) comes in any case. */
static void watch(struct held *s)
{
	const uint32_t wanted = is_to_answer(s) ? EPOLLIN : 0;

	if (s->watched == wanted)
		return;
	if (loop_rewatch(&s->owner->loop, &s->source, wanted) == 0)
		s->watched = wanted;
}

static void watch_all(struct holder *h)
{
	for (unsigned i = 0; i < h->end; i++)
		if (h->held[i].is_used)
			watch(&h->held[i]);
	door_set_open(&h->door, h->is_ready && (h->role != HOLDER_WARDEN ||
						(!peers_is_ready(&h->peers, HOLDER_A) &&
						 !peers_is_ready(&h->peers, HOLDER_B))));
}

/* --- sessions --- */

static void drop(struct held *s)
{
	loop_close(&s->owner->loop, &s->source);
	s->is_used = s->is_judged = false;
}

/* All of its tasks are gone. Who sees it first frees the entry; the serial tells. */
static void end_session(struct held *s)
{
	struct table *t = s->owner->table;
	struct session_word word = table_word(t, index_of(s));

	while (word.serial == s->serial && word.state != SESSION_FREE &&
	       !table_set_state(t, index_of(s), word, SESSION_FREE))
		word = table_word(t, index_of(s));
	drop(s);
}

static int answer_of(enum session_state state)
{
	return state == SESSION_ACCEPTED ? 0 : EPERM;
}

/* What role had received and not answered. Our own is done with then. */
static void answer_flight(struct held *s, enum holder_role role, int error)
{
	struct seccomp_notif *flight = &s->owner->table->entries[index_of(s)].flight[role];

	if (flight->id != 0)
		notify_answer(s->source.fd, flight->id, error);
	if (role == s->owner->role)
		memset(flight, 0, sizeof(*flight));
}

/* Our own flight, by what the session's state is. */
static void act(struct held *s, enum session_state state)
{
	struct holder *h = s->owner;
	const struct seccomp_notif first = h->table->entries[index_of(s)].flight[h->role];

	if (state == SESSION_ACCEPTED || state == SESSION_REFUSED) {
		answer_flight(s, h->role, answer_of(state));
	} else if (state == SESSION_UNDECIDED && h->judge) {
		s->is_judged = true;
		watch(s);
		h->judge(h->context, index_of(s), &first);
	}
}

static bool receive(struct held *s)
{
	struct holder *h = s->owner;
	const unsigned index = index_of(s);
	bool has_received = false;

	if (!table_lock(h->table, index, h->role))
		return false;
	if (notify_is_due(s->source.fd)) {
		struct seccomp_notif *flight = &h->table->entries[index].flight[h->role];

		memset(flight, 0, sizeof(*flight));
		has_received = notify_receive(s->source.fd, flight);
	}
	table_unlock(h->table, index, h->role);
	return has_received;
}

static void on_held(void *owner, uint32_t events)
{
	struct held *s = owner;

	if (!s->is_used)
		return;
	if (events & (EPOLLHUP | EPOLLERR)) {
		if (notify_is_over(s->source.fd)) /* not of what was here a moment ago */
			end_session(s);
		return;
	}
	const struct session_word word = table_word(s->owner->table, index_of(s));
	if (word.serial != s->serial)
		drop(s);
	else if (is_to_answer(s) && receive(s))
		act(s, word.state);
}

static bool hold(struct holder *h, unsigned index, uint64_t serial, int fd)
{
	struct held *s = &h->held[index];

	if (s->is_used)
		drop(s);
	*s = (struct held){ .source = { .fd = fd, .run = on_held, .owner = s },
			    .owner = h,
			    .serial = serial,
			    .is_used = true };
	if (loop_watch(&h->loop, &s->source, 0) < 0) {
		close(fd);
		s->is_used = false;
		return false;
	}
	if (index >= h->end)
		h->end = index + 1;
	watch(s);
	return true;
}

static void settle(struct held *s, enum session_state state, int error)
{
	struct holder *h = s->owner;
	const struct session_word word = table_word(h->table, index_of(s));

	s->is_judged = false;
	if (word.serial == s->serial && word.state == SESSION_UNDECIDED &&
	    state != SESSION_UNDECIDED)
		table_set_state(h->table, index_of(s), word, state);
	answer_flight(s, h->role, error);
	watch(s);
}

void holder_settle(struct holder *h, unsigned index, uint64_t serial, int error)
{
	if (h->held[index].is_used && h->held[index].serial == serial)
		settle(&h->held[index], error ? SESSION_REFUSED : SESSION_ACCEPTED, error);
}

void holder_put_off(struct holder *h, unsigned index, uint64_t serial, int error)
{
	if (h->held[index].is_used && h->held[index].serial == serial)
		settle(&h->held[index], SESSION_UNDECIDED, error);
}

/* --- a new filter --- */

static void report_trouble(struct holder *h, const char *what, const char *container)
{
	struct event e;

	event_start(&e, "trouble");
	event_text(&e, "what", what);
	event_text(&e, "container", container);
	report_send(&h->report, &e);
}

static void forget_lost(struct holder *h, const char *container)
{
	struct lost lost;

	if (!lost_open(&lost, h->directory)) {
		report_trouble(h, "cannot read 'lost'", container);
		return;
	}
	lost_remove(&lost, container);
	if (lost_close(&lost) < 0)
		report_trouble(h, "cannot write 'lost'", container);
}

/* Nothing is to be decided where a container starts: what it runs is what it was made with. */
static void publish(struct table *t, unsigned index)
{
	const struct session_word word = table_word(t, index);

	if (word.state == SESSION_NEW)
		table_set_state(t, index, word,
				t->entries[index].kind == PAYLOAD_START ? SESSION_ACCEPTED
									: SESSION_UNDECIDED);
}

static void enter(struct holder *h, unsigned index, int fd)
{
	const enum holder_role keepers[] = { HOLDER_A, HOLDER_B };

	if (!hold(h, index, table_word(h->table, index).serial, fd)) {
		table_set_state(h->table, index, table_word(h->table, index), SESSION_FREE);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keepers); i++)
		peers_offer(&h->peers, keepers[i], index);
	publish(h->table, index);
	peers_offer(&h->peers, HOLDER_WARDEN, index);
	watch(&h->held[index]);
}

static void on_session(void *owner, const struct payload *payload, int fd)
{
	struct holder *h = owner;

	if (payload->kind == PAYLOAD_START)
		forget_lost(h, payload->container);
	const int index = table_claim(h->table, h->role, payload);
	if (index >= 0) {
		enter(h, (unsigned)index, fd);
		return;
	}
	report_trouble(h, "too many sessions", payload->container);
	close(fd);
}

/* --- the others --- */

static int get_session(void *owner, unsigned index, uint64_t *ret_serial)
{
	const struct holder *h = owner;
	const struct held *s = &h->held[index];

	if (index >= h->end || !s->is_used)
		return -1;
	*ret_serial = s->serial;
	return s->source.fd;
}

static void take_session(void *owner, unsigned index, uint64_t serial, int fd)
{
	struct holder *h = owner;
	struct held *s = &h->held[index];

	if (s->is_used && s->serial == serial) {
		watch(s); /* it may be ready by now */
		close(fd);
	} else if (table_word(h->table, index).serial == serial) {
		hold(h, index, serial, fd);
	} else {
		close(fd);
	}
}

static int get_listener(void *owner)
{
	const struct holder *h = owner;

	return h->door.listener.fd;
}

static void take_listener(void *owner, int fd)
{
	struct holder *h = owner;

	door_take(&h->door, fd);
}

static void take_over(struct held *s, enum holder_role gone)
{
	struct holder *h = s->owner;
	const unsigned index = index_of(s);
	struct session_word word = table_word(h->table, index);

	if (word.serial != s->serial)
		return;
	if (word.state == SESSION_NEW && word.role == gone)
		publish(h->table, index);
	table_unlock(h->table, index, gone);
	word = table_word(h->table, index);
	if (word.state == SESSION_ACCEPTED || word.state == SESSION_REFUSED)
		answer_flight(s, gone, answer_of(word.state));
}

static void on_change(void *owner, enum holder_role role, bool is_gone)
{
	struct holder *h = owner;

	for (unsigned i = 0; is_gone && h->is_ready && i < h->end; i++)
		if (h->held[i].is_used)
			take_over(&h->held[i], role);
	if (is_gone && h->is_ready)
		peers_offer_all(&h->peers);
	watch_all(h);
}

/* Podman was made to forget our container (a forced removal of 4.3.1 does that to a warden). */
static void on_successor(void *owner)
{
	struct holder *h = owner;
	struct event e;

	for (unsigned role = 0; role < HOLDER_COUNT; role++) {
		if (!peers_is_ready(&h->peers, (enum holder_role)role))
			continue; /* who is alone stays: what it holds would be lost */
		event_start(&e, "succeeded");
		report_send(&h->report, &e);
		_exit(EXIT_SUCCESS);
	}
}

/* --- the holder --- */

static const struct peers_calls calls = { .get = get_session,
					  .get_listener = get_listener,
					  .take = take_session,
					  .take_listener = take_listener,
					  .on_change = on_change,
					  .on_successor = on_successor };

int holder_init(struct holder *h, int events, struct error *err)
{
	if (loop_init(&h->loop, err) < 0)
		return -1;
	report_init(&h->report, &h->loop, events);
	h->door.loop = h->peers.loop = &h->loop;
	h->door.report = &h->report;
	h->door.on_session = on_session;
	h->door.owner = h->peers.owner = h;
	h->peers.directory = h->directory;
	h->peers.role = h->role;
	h->peers.calls = &calls;
	peers_init(&h->peers);
	return door_init(&h->door, err);
}

/* What we had received in an earlier life, or entered without telling. */
static void finish_own(struct held *s)
{
	struct holder *h = s->owner;
	const unsigned i = index_of(s);

	if (table_word(h->table, i).role == h->role)
		publish(h->table, i);
	if (h->table->entries[i].flight[h->role].id != 0)
		act(s, table_word(h->table, i).state);
}

/* The same of those that are not there: one may have gone after it had given us all it had. */
void holder_take_part(struct holder *h)
{
	h->is_ready = true;
	for (unsigned i = 0; i < h->end; i++) {
		struct held *s = &h->held[i];

		if (!s->is_used || table_word(h->table, i).serial != s->serial)
			continue;
		for (unsigned role = 0; role < HOLDER_COUNT; role++)
			if (role != h->role && h->peers.items[role].source.fd < 0)
				take_over(s, (enum holder_role)role);
		finish_own(s);
	}
	watch_all(h);
}
