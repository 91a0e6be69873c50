/* SPDX-License-Identifier: MIT */
/*
 * Whether the sidecars answer at the pod's localhost. A try is a connection that never blocks:
 * connect, then the kind's request, then as much of the answer as is needed. While a sidecar is
 * awaited, tries are close together, since somebody waits for "ready"; once it is up, all checks
 * are made at the same moment every 10 s, so that an idle workspace wakes up once for all of them.
 * One failure of a sidecar that is up is not yet news: it may be busy; it is asked again after a
 * second.
 */
#include "checks.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event.h"
#include "loopback.h"
#include "report.h"
#include "winalux/base/clock.h"

enum {
	TRY_LIMIT_MS = 1000,
	FAILURES_UNTIL_DOWN = 2,
	AGAIN_MS = 1000,
	UP_PERIOD_MS = 10000,
};

struct probe {
	const char *request; /* request_len 0: it speaks by itself, or a connection is all */
	size_t request_len;
	const char *good; /* how an answer that means "up" begins; "": a connection is all */
	/* Judges an answer that does not begin like that; NULL: it is none. */
	enum answer (*judge)(const char *reply, size_t len);
};

/* Whether text begins as wanted does, as far as there is text. */
static enum answer compare(const char *text, size_t len, const char *wanted)
{
	size_t wanted_len = strlen(wanted);

	if (memcmp(text, wanted, len < wanted_len ? len : wanted_len) != 0)
		return ANSWER_DOWN;
	return len < wanted_len ? ANSWER_UNFINISHED : ANSWER_UP;
}

/* Up unless text goes on as excuse does. */
static enum answer accept_but(const char *text, size_t len, const char *excuse)
{
	switch (compare(text, len, excuse)) {
	case ANSWER_UNFINISHED:
		return ANSWER_UNFINISHED;
	case ANSWER_UP:
		return ANSWER_DOWN;
	case ANSWER_DOWN:
		break;
	}
	return ANSWER_UP;
}

/* A refusal (-NOAUTH, -MISCONF, -BUSY) is an answer too, save for one that still reads its data. */
static enum answer judge_redis(const char *reply, size_t len)
{
	return reply[0] == '-' ? accept_but(reply, len, "-LOADING") : ANSWER_DOWN;
}

/*
 * An error is an answer too (there is no such role), save for 57P03, cannot_connect_now. Its fields
 * stand behind type and length: severity, the same untranslated, code.
 */
static enum answer judge_postgres(const char *reply, size_t len)
{
	enum { HEAD = 5 };
	static const char severity[] = "SFATAL\0VFATAL\0C";
	const size_t code = HEAD + sizeof(severity) - 1;

	if (reply[0] != 'E')
		return ANSWER_DOWN;
	if (len <= HEAD)
		return ANSWER_UNFINISHED;
	if (memcmp(reply + HEAD, severity, (len < code ? len : code) - HEAD) != 0)
		return ANSWER_UP;
	if (len <= code)
		return ANSWER_UNFINISHED;
	return accept_but(reply + code, len - code, "57P03");
}

/* "HTTP/1.1 404": whoever says that something is not there is there. */
static enum answer judge_http(const char *reply, size_t len)
{
	enum { STATUS_AT = sizeof("HTTP/1.1 ") - 1 };
	const enum answer head = compare(reply, len, "HTTP/1.");

	if (head != ANSWER_UP)
		return head;
	if (len <= STATUS_AT)
		return ANSWER_UNFINISHED;
	return reply[STATUS_AT] >= '2' && reply[STATUS_AT] <= '4' ? ANSWER_UP : ANSWER_DOWN;
}

/* Version 3.0, for the role and database that a new cluster has: others would fill its log. */
#define POSTGRES_HELLO "\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0"
#define HTTP_HELLO "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
#define REQUEST(text) text, sizeof(text) - 1

static const struct probe probes[WIRE_CHECK_KIND_COUNT] = {
	[WIRE_CHECK_TCP] = { NULL, 0, "", NULL },
	[WIRE_CHECK_REDIS] = { REQUEST("PING\r\n"), "+PONG", judge_redis },
	[WIRE_CHECK_MEMCACHED] = { REQUEST("version\r\n"), "VERSION ", NULL },
	[WIRE_CHECK_POSTGRES] = { POSTGRES_HELLO, sizeof(POSTGRES_HELLO), "R", judge_postgres },
	/* AMQP 0-9-1. A method frame (1) on channel 0; another version gets a header back. */
	[WIRE_CHECK_AMQP] = { REQUEST("AMQP\0\0\x09\x01"), "\x01", NULL },
	[WIRE_CHECK_HTTP] = { REQUEST(HTTP_HELLO), "HTTP/1.1 200", judge_http },
	[WIRE_CHECK_FAKTORY] = { NULL, 0, "+HI ", NULL },
};

enum answer check_judge(enum wire_check_kind kind, const char *reply, size_t len)
{
	const struct probe *probe = &probes[kind];
	enum answer answer;

	if (len == 0)
		return ANSWER_UNFINISHED;
	answer = compare(reply, len, probe->good);
	return answer == ANSWER_DOWN && probe->judge ? probe->judge(reply, len) : answer;
}

int check_delay_ms(enum check_state state, long long since_ms)
{
	static const struct {
		long long below_ms;
		int delay_ms;
	} steps[] = { { 2000, 20 }, { 60000, 250 } };

	if (state == CHECK_UP)
		return UP_PERIOD_MS;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (since_ms < steps[i].below_ms)
			return steps[i].delay_ms;
	return 2000;
}

static void report_state(struct check *check)
{
	struct event e;

	event_start(&e, "check");
	event_text(&e, "name", check->name);
	event_text(&e, "state", check->state == CHECK_UP ? "up" : "down");
	report_send(check->owner->report, &e);
}

/* The next try; those of sidecars that are up fall on common moments. */
static void wait_for_next(struct check *check)
{
	int64_t now_ms = clock_mono_ms();
	int delay_ms = check_delay_ms(check->state, now_ms - check->since_ms);

	if (check->state == CHECK_UP)
		delay_ms += (int)(UP_PERIOD_MS - (now_ms + delay_ms) % UP_PERIOD_MS) % UP_PERIOD_MS;
	timer_start(&check->timer, delay_ms);
}

static void succeed(struct check *check)
{
	struct checks *owner = check->owner;

	loop_close(owner->loop, &check->socket);
	check->failures = 0;
	if (check->state != CHECK_UP) {
		check->state = CHECK_UP;
		report_state(check);
		owner->on_change(owner->context);
	}
	wait_for_next(check);
}

static void fail(struct check *check)
{
	loop_close(check->owner->loop, &check->socket);
	if (check->state != CHECK_UP) {
		wait_for_next(check);
		return;
	}
	if (++check->failures < FAILURES_UNTIL_DOWN) {
		timer_start(&check->timer, AGAIN_MS);
		return;
	}
	check->state = CHECK_DOWN;
	check->since_ms = clock_mono_ms();
	report_state(check);
	wait_for_next(check);
}

static void ask(struct check *check)
{
	const struct probe *probe = &probes[check->kind];
	int failed = 0;
	socklen_t size = sizeof(failed);

	if (getsockopt(check->socket.fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0 || failed) {
		fail(check);
		return;
	}
	if (!*probe->good) {
		succeed(check);
		return;
	}
	if ((probe->request_len &&
	     send(check->socket.fd, probe->request, probe->request_len, MSG_NOSIGNAL) < 0) ||
	    loop_rewatch(check->owner->loop, &check->socket, EPOLLIN) < 0) {
		fail(check);
		return;
	}
	check->is_asked = true;
}

static void hear(struct check *check)
{
	ssize_t n = recv(check->socket.fd, check->reply + check->reply_len,
			 sizeof(check->reply) - check->reply_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(check);
		return;
	}
	check->reply_len += (size_t)n;
	switch (check_judge(check->kind, check->reply, check->reply_len)) {
	case ANSWER_UNFINISHED:
		break;
	case ANSWER_UP:
		succeed(check);
		break;
	case ANSWER_DOWN:
		fail(check);
		break;
	}
}

static void on_socket(void *owner, uint32_t events)
{
	struct check *check = owner;

	(void)events;
	if (check->is_asked)
		hear(check);
	else
		ask(check);
}

static void try_once(struct check *check)
{
	check->is_asked = false;
	check->reply_len = 0;
	check->socket.fd = loopback_connect(check->port);
	if (check->socket.fd < 0 || loop_watch(check->owner->loop, &check->socket, EPOLLOUT) < 0) {
		fail(check);
		return;
	}
	timer_start(&check->timer, TRY_LIMIT_MS);
}

static void on_timer(void *owner)
{
	struct check *check = owner;

	if (check->socket.fd >= 0)
		fail(check);
	else if (check->name[0])
		try_once(check);
}

void checks_init(struct checks *c, struct loop *loop, struct report *report)
{
	c->loop = loop;
	c->report = report;
	for (size_t i = 0; i < WIRE_MAX_CHECKS; i++) {
		struct check *check = &c->items[i];

		check->owner = c;
		check->socket = (struct source){ .fd = -1, .run = on_socket, .owner = check };
		check->timer = (struct timer){ .run = on_timer, .owner = check };
		loop_add_timer(loop, &check->timer);
	}
}

static void forget(struct check *check)
{
	loop_close(check->owner->loop, &check->socket);
	timer_stop(&check->timer);
	check->name[0] = '\0';
}

static void begin(struct check *check, const struct wire_check *wanted)
{
	memcpy(check->name, wanted->name, strlen(wanted->name) + 1);
	check->kind = wanted->kind;
	check->port = wanted->port;
	check->state = CHECK_UNKNOWN;
	check->failures = 0;
	check->since_ms = clock_mono_ms();
	try_once(check);
}

void checks_set(struct checks *c, const struct wire_config *config)
{
	for (size_t i = 0; i < WIRE_MAX_CHECKS; i++)
		if (c->items[i].name[0])
			forget(&c->items[i]);
	for (size_t i = 0; i < config->check_count; i++)
		begin(&c->items[i], &config->checks[i]);
}

bool checks_are_up(const struct checks *c)
{
	for (size_t i = 0; i < WIRE_MAX_CHECKS; i++)
		if (c->items[i].name[0] && c->items[i].state != CHECK_UP)
			return false;
	return true;
}

void checks_stop(struct checks *c)
{
	for (size_t i = 0; i < WIRE_MAX_CHECKS; i++)
		forget(&c->items[i]);
}
