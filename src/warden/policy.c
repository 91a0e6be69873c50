/* SPDX-License-Identifier: MIT */
/*
 * Each verdict is recorded before it is given: a warden that dies between leaves a line too many,
 * not one too few. PID 1 uses a ticket up when it says yes, so where the warden dies while it
 * waits for that answer, its next life is told that the ticket was used, and refuses.
 */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "holder.h"
#include "verdict.h"
#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

static const struct table_entry *entry_of(const struct policy *p, unsigned index)
{
	return &p->holder->table->entries[index];
}

static void admit(struct policy *p, unsigned index, const struct verdict *v)
{
	verdict_record(&p->holder->report, p->holder->directory, v);
	holder_settle(p->holder, index, p->holder->held[index].serial, 0);
}

static void refuse(struct policy *p, unsigned index, const struct verdict *v)
{
	verdict_record(&p->holder->report, p->holder->directory, v);
	holder_settle(p->holder, index, p->holder->held[index].serial, EPERM);
}

/* --- tickets --- */

static void schedule(struct policy *p)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < POLICY_QUESTIONS_MAX; i++) {
		const struct question *q = &p->questions[i];

		if (q->source.fd >= 0 && (!next_ms || q->limit_ms < next_ms))
			next_ms = q->limit_ms;
	}
	p->timer.due_ms = next_ms;
}

/* reason NULL: PID 1 has taken the ticket. */
static void close_question(struct question *q, const char *reason)
{
	struct policy *p = q->owner;
	const struct held *held = &p->holder->held[q->index];
	const struct verdict v = { .session = entry_of(p, q->index),
				   .uid = q->uid,
				   .command = q->command,
				   .by = reason ? NULL : "ticket",
				   .reason = reason };

	loop_close(&p->holder->loop, &q->source);
	schedule(p);
	if (!held->is_used || held->serial != q->serial)
		return;
	if (reason)
		refuse(p, q->index, &v);
	else
		admit(p, q->index, &v);
}

static void on_answer(void *owner, uint32_t events)
{
	struct question *q = owner;
	char answer[GATE_ANSWER_SIZE];

	(void)events;
	const ssize_t n = recv(q->source.fd, answer, sizeof(answer), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		close_question(q, "the workspace does not answer");
	else if (n == 4 && memcmp(answer, "pass", 4) == 0)
		close_question(q, NULL);
	else
		close_question(q, "bad ticket");
}

static void on_timer(void *owner)
{
	struct policy *p = owner;
	const int64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < POLICY_QUESTIONS_MAX; i++)
		if (p->questions[i].source.fd >= 0 && p->questions[i].limit_ms <= now_ms)
			close_question(&p->questions[i], "the workspace does not answer");
	schedule(p);
}

static bool send_question(int fd, const struct blocked *b)
{
	char packet[GATE_REQUEST_SIZE + 1];

	if (strchr(b->ticket, '\t'))
		return false;
	snprintf(packet, sizeof(packet), "ticket\t%s\t%s", b->ticket, b->command);
	const bool is_sent = send(fd, packet, strlen(packet), MSG_DONTWAIT | MSG_NOSIGNAL) ==
			     (ssize_t)strlen(packet);
	explicit_bzero(packet, sizeof(packet));
	return is_sent;
}

static struct question *find_place(struct policy *p)
{
	for (size_t i = 0; i < POLICY_QUESTIONS_MAX; i++)
		if (p->questions[i].source.fd < 0)
			return &p->questions[i];
	return NULL;
}

/* False when PID 1 cannot be asked. */
static bool ask(struct policy *p, unsigned index, const struct blocked *b)
{
	struct question *q = find_place(p);
	DEFER(fd_closep) int fd = q ? blocked_connect_gate(b) : -1;

	if (fd < 0 || !send_question(fd, b))
		return false;
	q->source.fd = fd;
	if (loop_watch(&p->holder->loop, &q->source, EPOLLIN) < 0) {
		q->source.fd = -1;
		return false;
	}
	(void)TAKE_FD(fd);
	q->index = index;
	q->serial = p->holder->held[index].serial;
	q->uid = b->uid;
	q->limit_ms = clock_mono_ms() + POLICY_LIMIT_MS;
	memcpy(q->command, b->command, sizeof(q->command));
	schedule(p);
	return true;
}

/* --- the first program of an exec session --- */

static void judge(void *context, unsigned index, const struct seccomp_notif *first)
{
	struct policy *p = context;
	DEFER(blocked_release) struct blocked b;
	const bool is_read = blocked_read(&b, p->holder->held[index].source.fd, first);
	struct verdict v = { .session = entry_of(p, index), .uid = b.uid, .command = b.command };

	if (!is_read) {
		/* Whoever waited is gone, as a rule; the next one is looked at anew. */
		holder_put_off(p->holder, index, p->holder->held[index].serial, EPERM);
	} else if (blocked_is_guarded_shell(&b)) {
		v.by = "shell";
		admit(p, index, &v);
	} else if (!*b.ticket) {
		v.reason = "not the gate's shell";
		refuse(p, index, &v);
	} else if (!ask(p, index, &b)) {
		v.reason = "the workspace does not answer";
		refuse(p, index, &v);
	}
}

void policy_init(struct policy *p, struct holder *h)
{
	p->holder = h;
	p->timer = (struct timer){ .run = on_timer, .owner = p };
	loop_add_timer(&h->loop, &p->timer);
	for (size_t i = 0; i < POLICY_QUESTIONS_MAX; i++) {
		p->questions[i].source =
			(struct source){ .fd = -1, .run = on_answer, .owner = &p->questions[i] };
		p->questions[i].owner = p;
	}
	h->judge = judge;
	h->context = p;
}
