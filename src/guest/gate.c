/* SPDX-License-Identifier: MIT */
/*
 * Who asks is what the kernel says of the socket's peer: its pid leads to its parent (none: it came
 * in from outside) or up to the sshd of a session, whose key sshd's own log has told. What a client
 * says of itself decides nothing.
 *
 * A connection carries one entry: it may ask what is wanted, then send up to GATE_TRIES wrong
 * tokens. The answer to a wrong one waits (attempts.h), and the connection is not read meanwhile.
 * Where all places are taken, the connection that has been silent for longest gives way, so nobody
 * can keep others out by holding connections.
 */
#include "gate.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "event.h"
#include "proc_parent.h"
#include "report.h"
#include "sessions.h"
#include "user.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/token.h"

enum { BACKLOG = 1024, ACCEPTS_PER_TURN = 16, REFUSALS_BURST = 20, REFUSALS_PER_S = 1 };

/* An entry while it is decided upon. */
struct entry {
	struct gate_client *client;
	const char *way; /* "ssh" or "exec" */
	const char *key; /* fingerprint, "" when there is none */
	const char *text;
	const char *command; /* as the client says; NULL: it does not */
};

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
	if (g->is_full) {
		g->is_full = false;
		loop_rewatch(g->loop, &g->listener, EPOLLIN);
	}
}

static void send_answer(struct gate_client *c, const char *text)
{
	/* A client that does not read its one answer at a time is none of ours. */
	if (send(c->source.fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		drop(c);
}

static void __attribute__((format(printf, 2, 3)))
answer(struct gate_client *c, const char *fmt, ...)
{
	char text[GATE_ANSWER_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	send_answer(c, text);
}

static void add_user(struct event *e, const struct gate_client *c)
{
	const struct user *developer = c->owner->developer;

	if (c->uid == 0)
		event_text(e, "user", "root");
	else if (c->uid == developer->uid)
		event_text(e, "user", developer->name);
	else
		event_number(e, "uid", c->uid);
}

static void add_entry(struct event *e, const struct entry *entry)
{
	event_text(e, "way", entry->way);
	add_user(e, entry->client);
	if (*entry->key)
		event_text(e, "key", entry->key);
	event_number(e, "pid", entry->client->pid);
}

static void report_entry(const struct entry *entry, const char *by)
{
	struct event e;

	event_start(&e, "entry");
	add_entry(&e, entry);
	event_text(&e, "by", by);
	if (entry->command && *entry->command)
		event_text(&e, "command", entry->command);
	report_send(entry->client->owner->report, &e);
}

/* Floods are counted instead. */
static void report_refusal(const struct entry *entry, const char *reason)
{
	struct gate *g = entry->client->owner;
	struct event e;
	uint64_t refused;

	if (!bucket_take(&g->refusals, clock_mono_ms(), &refused))
		return;
	event_start(&e, "refused");
	add_entry(&e, entry);
	event_text(&e, "reason", reason);
	if (refused)
		event_number(&e, "dropped", (int64_t)refused);
	report_send(g->report, &e);
}

/* Who was asked and went away has been refused as well. */
static void leave(struct gate_client *c)
{
	const struct entry entry = { .client = c, .way = c->open_way, .key = c->key };

	if (c->open_way && !c->wrong_count)
		report_refusal(&entry, "no token");
	drop(c);
}

static void report_lockout(const struct entry *entry)
{
	struct event e;

	event_start(&e, "lockout");
	add_entry(&e, entry);
	event_number(&e, "seconds", ATTEMPTS_LOCK_MS / 1000);
	report_send(entry->client->owner->report, &e);
}

static bool is_known_key(const struct gate *g, const char *key)
{
	for (size_t i = 0; *key && i < GATE_KEYS_MAX; i++)
		if (strcmp(g->keys[i], key) == 0)
			return true;
	return false;
}

static void remember_key(struct gate *g, const char *key)
{
	if (!*key || is_known_key(g, key))
		return;
	snprintf(g->keys[g->next_key], GATE_KEY_SIZE, "%s", key);
	g->next_key = (g->next_key + 1) % GATE_KEYS_MAX;
}

static void accept_entry(const struct entry *entry, const char *by)
{
	entry->client->open_way = NULL;
	remember_key(entry->client->owner, entry->key);
	report_entry(entry, by);
	answer(entry->client, "pass");
}

/* The delay holds back the answer and whatever the client says next. */
static void refuse_wrong(const struct entry *entry)
{
	struct gate_client *c = entry->client;
	struct gate *g = c->owner;
	const int64_t now_ms = clock_mono_ms();
	const bool was_locked = attempts_locked_ms(&g->attempts, now_ms) > 0;
	const int delay_ms = attempts_fail(&g->attempts, now_ms);

	c->wrong_count++;
	report_refusal(entry, "wrong token");
	if (!was_locked && attempts_locked_ms(&g->attempts, now_ms) > 0)
		report_lockout(entry);
	snprintf(c->answer, sizeof(c->answer), "wrong\t%u", GATE_TRIES - c->wrong_count);
	c->answer_ms = now_ms + delay_ms;
	loop_rewatch(g->loop, &c->source, 0);
}

static bool is_right(const struct gate_file *file, const struct token *token)
{
	uint8_t hash[TOKEN_HASH_SIZE];

	token_hash(token, file->salt, hash);
	const bool is_equal = token_hash_equal(hash, file->hash);
	explicit_bzero(hash, sizeof(hash));
	return is_equal;
}

static void try_token(const struct entry *entry)
{
	struct token token;

	if (!*entry->text) {
		entry->client->open_way = entry->way;
		snprintf(entry->client->key, GATE_KEY_SIZE, "%s", entry->key);
		answer(entry->client, "ask\t%.63s", entry->client->owner->name);
		return;
	}
	if (token_parse(entry->text, &token) != TOKEN_FINE) {
		report_refusal(entry, "mistyped token");
		answer(entry->client, "typo");
		return;
	}
	if (is_right(&entry->client->owner->file, &token))
		accept_entry(entry, "token");
	else
		refuse_wrong(entry);
	explicit_bzero(&token, sizeof(token));
}

static void try_ticket(const struct entry *entry)
{
	struct gate *g = entry->client->owner;
	struct ticket ticket;

	if (ticket_parse(entry->text, g->file.hash, &ticket) &&
	    tickets_take(&g->tickets, &ticket, clock_wall_s())) {
		accept_entry(entry, "ticket");
		return;
	}
	report_refusal(entry, "bad ticket");
	answer(entry->client, "closed\tthe ticket is not good, or was used before");
}

/* True when there is nothing to decide: the answer is given. */
static bool is_shut(const struct entry *entry)
{
	struct gate *g = entry->client->owner;
	const int64_t locked_ms = attempts_locked_ms(&g->attempts, clock_mono_ms());

	if (!g->has_file) {
		report_refusal(entry, "no gate file");
		answer(entry->client, "closed\tthis workspace has no token; "
				      "'winalux deploy' on its host gives it one");
		return true;
	}
	if (locked_ms > 0 && !is_known_key(g, entry->key)) {
		report_refusal(entry, "locked");
		answer(entry->client, "locked\t%lld", (long long)(locked_ms + 999) / 1000);
		return true;
	}
	return false;
}

static void ask_ssh(struct gate_client *c, const char *text, const char *command)
{
	const struct session *session = sessions_find(c->owner->sessions, c->pid);
	struct entry entry = {
		.client = c, .way = "ssh", .key = "", .text = text, .command = command
	};

	if (!session) {
		report_refusal(&entry, "not a session");
		answer(c, "closed\tthis is no ssh session");
		return;
	}
	entry.key = session->login.key;
	if (!is_shut(&entry))
		try_token(&entry);
}

/* Only who has no parent in here came from outside; a nested pid namespace has one. */
static void ask_exec(struct gate_client *c, const char *text, const char *command)
{
	const struct entry entry = {
		.client = c, .way = "exec", .key = "", .text = text, .command = command
	};

	if (proc_parent(c->pid) > 0)
		answer(c, "pass");
	else if (!is_shut(&entry))
		try_token(&entry);
}

/* A lockout is of guesses; no ticket can be guessed at that pace or any other. */
static void ask_ticket(struct gate_client *c, const char *text, const char *command)
{
	const struct entry entry = {
		.client = c, .way = "exec", .key = "", .text = text, .command = command
	};

	if (proc_parent(c->pid) > 0)
		answer(c, "pass");
	else if (!c->owner->has_file)
		is_shut(&entry);
	else
		try_ticket(&entry);
}

static const struct {
	const char *prefix;
	void (*run)(struct gate_client *c, const char *text, const char *command);
} requests[] = {
	{ "token\tssh\t", ask_ssh },
	{ "token\texec\t", ask_exec },
	{ "ticket\t", ask_ticket },
};

static void decide(struct gate_client *c, const char *request)
{
	char text[GATE_TEXT_SIZE];
	size_t len;

	if (!c->owner->is_on) {
		answer(c, "pass");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		if (!parse_literal(&request, requests[i].prefix))
			continue;
		len = strcspn(request, "\t");
		if (len >= sizeof(text))
			break;
		memcpy(text, request, len);
		text[len] = '\0';
		requests[i].run(c, text, request[len] ? request + len + 1 : NULL);
		explicit_bzero(text, sizeof(text));
		return;
	}
	answer(c, "closed\tthe request is not understood");
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
		leave(c);
	} else {
		request[n] = '\0';
		c->limit_ms = clock_mono_ms() + GATE_CLIENT_LIMIT_MS;
		decide(c, request);
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
			leave(c);
	}
	schedule(g);
}

/* A free place; else that of the connection which has been silent for longest. NULL while all have
 * an answer coming. */
static struct gate_client *find_place(struct gate *g)
{
	struct gate_client *oldest = NULL;

	for (size_t i = 0; i < GATE_CLIENTS_MAX; i++) {
		struct gate_client *c = &g->clients[i];

		if (c->source.fd < 0)
			return c;
		if (!c->answer_ms && (!oldest || c->limit_ms < oldest->limit_ms))
			oldest = c;
	}
	return oldest;
}

static void take(struct gate *g, struct gate_client *place, int connection)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	loop_close(g->loop, &place->source);
	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid <= 0)
		goto close;
	*place = (struct gate_client){
		.source = { .fd = connection, .run = on_client, .owner = place },
		.owner = g,
		.pid = peer.pid,
		.uid = peer.uid,
		.limit_ms = clock_mono_ms() + GATE_CLIENT_LIMIT_MS,
	};
	if (loop_watch(g->loop, &place->source, EPOLLIN) == 0)
		return;
	place->source.fd = -1;
close:
	close(connection);
}

static bool take_one(struct gate *g)
{
	struct gate_client *place = find_place(g);

	if (!place) {
		g->is_full = true;
		loop_rewatch(g->loop, &g->listener, 0);
		return false;
	}
	const int connection = accept4(g->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (connection < 0)
		return errno == ECONNABORTED || errno == EINTR;
	take(g, place, connection);
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

int gate_init(struct gate *g, struct loop *loop, struct report *report, const char *path,
	      struct error *err)
{
	g->loop = loop;
	g->report = report;
	g->timer = (struct timer){ .run = on_timer, .owner = g };
	loop_add_timer(loop, &g->timer);
	bucket_init(&g->refusals, REFUSALS_BURST, REFUSALS_PER_S, clock_mono_ms());
	for (size_t i = 0; i < GATE_CLIENTS_MAX; i++)
		g->clients[i].source.fd = -1;
	g->listener = (struct source){ .run = on_listener, .owner = g };
	g->listener.fd = listen_at(path);
	if (g->listener.fd < 0 || loop_watch(loop, &g->listener, EPOLLIN) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot listen at '%s'", path);
	return 0;
}

int gate_set(struct gate *g, bool is_on, const char *name)
{
	const struct gate_file before = g->file;
	struct error err;

	g->is_on = is_on;
	g->name = name;
	g->has_file = false;
	if (!is_on)
		return 0;
	if (gate_file_read(GATE_FILE_PATH, &g->file, &err) < 0) {
		report_error(g->report, &err);
		return -1;
	}
	g->has_file = true;
	if (!token_hash_equal(before.hash, g->file.hash) ||
	    strcmp(before.unlock, g->file.unlock) != 0)
		g->attempts = (struct attempts){ 0 };
	return 0;
}
