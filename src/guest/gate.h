/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_GATE_H
#define WINALUX_GUEST_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attempts.h"
#include "flood.h"
#include "gate_file.h"
#include "known_keys.h"
#include "loop.h"
#include "tickets.h"

struct error;
struct gate;
struct report;
struct sessions;
struct user;

/* PID 1's side of the gate (docs/design/gate.md). Zeroed memory is a gate that is off. */
#define GATE_SOCKET_PATH "/run/winalux/gate.sock"

enum {
	GATE_CLIENTS_MAX = 64,
	GATE_REQUEST_SIZE = 512, /* bytes of a request, without NUL */
	GATE_TEXT_SIZE = 160,    /* of a token or ticket in it, with a NUL */
	GATE_ANSWER_SIZE = 128,  /* with its NUL, which is not sent */
	GATE_TRIES = 3,
	GATE_CLIENT_LIMIT_MS = 150 * 1000, /* a person has to find the token first */
};

/* One connection: one process that asks. */
struct gate_client {
	struct source source; /* fd -1: the place is free */
	struct gate *owner;
	pid_t pid; /* 0: in no pid namespace of ours, so it is the warden, from outside */
	uid_t uid;
	pid_t origin;             /* the sshd above it; 1: none, 0: from outside */
	const char *open_way;     /* of an entry that is asked for its token; NULL: none */
	char key[KNOWN_KEY_SIZE]; /* of that entry */
	char command[256];        /* of that entry, cut; for the log */
	unsigned wrong_count;
	int64_t limit_ms;
	int64_t answer_ms; /* when answer goes out; 0: none waits */
	char answer[GATE_ANSWER_SIZE];
};

struct gate {
	struct loop *loop;
	struct report *report;
	struct sessions *sessions;
	const struct user *developer;
	const char *name; /* of the workspace */
	void (*on_request)(struct gate_client *c, const char *request);
	/* By itself, after its time, or for another one's sake. */
	void (*on_leave)(struct gate_client *c, const char *reason);
	bool is_on;
	bool has_file;
	struct gate_file file;
	struct source listener;
	struct timer timer; /* of answers that wait and connections that are too old */
	struct attempts attempts;
	struct attempts
		known_attempts; /* with keys that were accepted before: they lock nobody out */
	struct attempts service_attempts; /* what services ask for others: their door alone */
	struct flood refusals;            /* of events */
	struct tickets tickets;
	int64_t started_ms; /* tickets may have been taken before */
	struct known_keys keys;
	struct gate_client clients[GATE_CLIENTS_MAX];
};

/* Makes the socket at path; it is there whether the gate is on or not, so that wrappers always get
 * an answer. The directory exists. ERROR_HOST. */
int gate_init(struct gate *g, struct loop *loop, struct report *report, const char *path,
	      struct error *err);

/* Says whether entries need the token, and reads GATE_FILE_PATH anew. -1, reported, when the gate
 * is on and that cannot be read: every entry is refused then. */
int gate_set(struct gate *g, bool is_on, const char *name);

#endif
