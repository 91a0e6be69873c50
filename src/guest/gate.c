/* SPDX-License-Identifier: MIT */
/*
 * Who asks is what the kernel says of the socket's peer: its pid leads to its parent (none: it came
 * in from outside) or up to the sshd of a session, whose key sshd's own log has told. What a client
 * says of itself decides nothing. Connections are gate_door.c's business.
 */
#include "gate.h"

#include <stdio.h>
#include <string.h>

#include "event.h"
#include "gate_door.h"
#include "proc_parent.h"
#include "report.h"
#include "sessions.h"
#include "user.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/token.h"

/* An entry while it is decided upon. */
struct entry {
	struct gate_client *client;
	const char *way; /* "ssh", "exec" or "service" */
	const char *key; /* fingerprint, "" when there is none */
	const char *text;
	const char *command; /* as the client says; NULL: it does not */
};

static void add_user(struct event *e, const struct gate_client *c)
{
	const struct user *developer = c->owner->developer;

	if (c->pid == 0)
		return; /* the warden asks for somebody else */
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
	if (entry->client->pid > 0)
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

	if (!flood_pass(&g->refusals, &refused))
		return;
	event_start(&e, "refused");
	add_entry(&e, entry);
	event_text(&e, "reason", reason);
	if (entry->command && *entry->command)
		event_text(&e, "command", entry->command);
	if (refused)
		event_number(&e, "dropped", (int64_t)refused);
	report_send(g->report, &e);
}

/* Who was asked and went away has been refused as well. */
static void note_leaving(struct gate_client *c, const char *reason)
{
	const struct entry entry = {
		.client = c, .way = c->open_way, .key = c->key, .command = c->command
	};

	if (c->open_way && !c->wrong_count)
		report_refusal(&entry, reason);
}

static void report_lockout(const struct entry *entry)
{
	struct event e;

	event_start(&e, "lockout");
	add_entry(&e, entry);
	event_number(&e, "seconds", ATTEMPTS_LOCK_MS / 1000);
	report_send(entry->client->owner->report, &e);
}

static void accept_entry(const struct entry *entry, const char *by)
{
	entry->client->open_way = NULL;
	known_keys_add(&entry->client->owner->keys, entry->key);
	report_entry(entry, by);
	gate_door_answer_last(entry->client, "pass");
}

static bool is_service(const struct entry *entry)
{
	return strcmp(entry->way, "service") == 0;
}

/*
 * Each way has a count of its own, so that guesses over a published port shut that door alone, and
 * ssh stays open for the developer.
 */
static struct attempts *attempts_of(const struct entry *entry)
{
	struct gate *g = entry->client->owner;

	if (is_service(entry))
		return &g->service_attempts;
	return known_keys_have(&g->keys, entry->key) ? &g->known_attempts : &g->attempts;
}

/*
 * The delay holds back the answer and whatever the client says next. Programs of an accepted
 * developer can say whatever the entry of their session could. They have a known key, and what is
 * tried with one counts on its own: it is slowed down and keeps nobody else out.
 */
static void refuse_wrong(const struct entry *entry)
{
	struct gate_client *c = entry->client;
	struct gate *g = c->owner;
	struct attempts *attempts = attempts_of(entry);
	const int64_t now_ms = clock_mono_ms();
	const bool was_locked = attempts_locked_ms(attempts, now_ms) > 0;
	const int delay_ms = attempts_fail(attempts, now_ms);

	c->wrong_count++;
	report_refusal(entry, "wrong token");
	if (attempts != &g->known_attempts && !was_locked &&
	    attempts_locked_ms(attempts, now_ms) > 0)
		report_lockout(entry);
	gate_door_answer_late(c, delay_ms, "wrong\t%u", GATE_TRIES - c->wrong_count);
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
		snprintf(entry->client->key, KNOWN_KEY_SIZE, "%s", entry->key);
		snprintf(entry->client->command, sizeof(entry->client->command), "%s",
			 entry->command ? entry->command : "");
		gate_door_answer(entry->client, "ask\t%.63s", entry->client->owner->name);
		return;
	}
	if (token_parse(entry->text, &token) != TOKEN_FINE) {
		report_refusal(entry, "mistyped token");
		gate_door_answer(entry->client, "typo");
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
	const int64_t age_s = (clock_mono_ms() - g->started_ms + 999) / 1000;
	struct ticket ticket;

	if (ticket_parse(entry->text, g->file.hash, &ticket) &&
	    tickets_take(&g->tickets, &ticket, clock_wall_s(), age_s, entry->client->pid == 0)) {
		accept_entry(entry, "ticket");
		return;
	}
	report_refusal(entry, "bad ticket");
	gate_door_answer_last(entry->client, "closed\tthe ticket is not good, or was used before");
}

/* True when there is nothing to decide: the answer is given. */
static bool is_shut(const struct entry *entry)
{
	struct gate *g = entry->client->owner;
	const struct attempts *attempts = attempts_of(entry);
	const int64_t locked_ms = attempts_locked_ms(attempts, clock_mono_ms());

	if (!g->has_file) {
		report_refusal(entry, "no gate file");
		gate_door_answer_last(entry->client, "closed\tthis workspace has no token; "
						     "'winalux deploy' on its host gives it one");
		return true;
	}
	if (locked_ms > 0 && attempts != &g->known_attempts) {
		report_refusal(entry, "locked");
		gate_door_answer_last(entry->client, "locked\t%lld",
				      (long long)(locked_ms + 999) / 1000);
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
		gate_door_answer_last(c, "closed\tthis is no ssh session");
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
		gate_door_answer_last(c, "pass");
	else if (!is_shut(&entry))
		try_token(&entry);
}

/*
 * A service asks for somebody who came to its port, with what he typed: JupyterLab. There is no
 * ssh key behind it, so where the gate is off nobody is let in by it.
 */
static void ask_service(struct gate_client *c, const char *text, const char *command)
{
	const struct entry entry = {
		.client = c, .way = "service", .key = "", .text = text, .command = command
	};

	if (proc_parent(c->pid) <= 0)
		gate_door_answer_last(c, "closed\tonly what runs inside asks for others");
	else if (!c->owner->is_on)
		gate_door_answer_last(c, "closed\tthe gate of this workspace is off, so there is "
					 "no token to log in with");
	else if (!is_shut(&entry))
		try_token(&entry);
}

/*
 * A lockout is of guesses; no ticket can be guessed at that pace or any other. The warden
 * (docs/design/strict.md) asks for a program that waits to be started.
 */
static void ask_ticket(struct gate_client *c, const char *text, const char *command)
{
	const struct entry entry = {
		.client = c, .way = "exec", .key = "", .text = text, .command = command
	};

	if (c->pid > 0 && proc_parent(c->pid) > 0)
		gate_door_answer_last(c, "pass");
	else if (!c->owner->has_file)
		is_shut(&entry);
	else
		try_ticket(&entry);
}

/* Whoever is inside has a pid here; from outside there is nobody but the warden to be answered. */
struct request {
	const char *prefix;
	bool is_for_outside;
	bool is_asked_when_off; /* else whoever is inside passes then */
	void (*run)(struct gate_client *c, const char *text, const char *command);
};
static const struct request requests[] = {
	{ "token\tssh\t", false, false, ask_ssh },
	{ "token\texec\t", false, false, ask_exec },
	{ "token\tservice\t", false, true, ask_service },
	{ "ticket\t", true, false, ask_ticket },
};

/* *request is behind the prefix then. */
static const struct request *find_request(const struct gate_client *c, const char **request)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		if ((c->pid > 0 || requests[i].is_for_outside) &&
		    parse_literal(request, requests[i].prefix))
			return &requests[i];
	}
	return NULL;
}

static void decide(struct gate_client *c, const char *text)
{
	const struct request *request = find_request(c, &text);
	const size_t len = strcspn(text, "\t");
	char secret[GATE_TEXT_SIZE];

	if (!c->owner->is_on && c->pid > 0 && !(request && request->is_asked_when_off)) {
		gate_door_answer_last(c, "pass");
		return;
	}
	if (!request || len >= sizeof(secret)) {
		gate_door_answer_last(c, "closed\tthe request is not understood");
		return;
	}
	memcpy(secret, text, len);
	secret[len] = '\0';
	request->run(c, secret, text[len] ? text + len + 1 : NULL);
	explicit_bzero(secret, sizeof(secret));
}

int gate_init(struct gate *g, struct loop *loop, struct report *report, const char *path,
	      struct error *err)
{
	g->loop = loop;
	g->report = report;
	g->started_ms = clock_mono_ms();
	g->on_request = decide;
	g->on_leave = note_leaving;
	flood_init(&g->refusals, loop, report, "refused");
	return gate_door_open(g, path, err);
}

static void report_token(struct gate *g, const char *what)
{
	struct event e;

	event_start(&e, "token");
	event_text(&e, "what", what);
	report_send(g->report, &e);
}

/* What winalux has done to the token while we run; guesses before that count no more. */
static void compare(struct gate *g, const struct gate_file *before)
{
	const bool is_rotated = !token_hash_equal(before->hash, g->file.hash);

	if (!is_rotated && strcmp(before->unlock, g->file.unlock) == 0)
		return;
	g->attempts = g->known_attempts = g->service_attempts = (struct attempts){ 0 };
	report_token(g, is_rotated ? "rotated" : "unlocked");
}

int gate_set(struct gate *g, bool is_on, const char *name)
{
	const struct gate_file before = g->file;
	const bool had_file = g->has_file;
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
	if (had_file)
		compare(g, &before);
	return 0;
}
