/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SESSIONS_H
#define WINALUX_GUEST_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "admission.h"
#include "flood.h"
#include "lines.h"
#include "loop.h"
#include "sshd_log.h"

struct error;
struct report;
struct sessions;

enum { SESSIONS_PORT = 2222, SESSIONS_MAX = 128 };

/* One connection: an sshd of its own. Zeroed memory is a free place, so that unused ones cost no
 * page. */
struct session {
	pid_t pid; /* 0: the place is free */
	bool is_authenticated;
	int64_t since_ms; /* of the login */
	struct sshd_login login;
	struct lines *lines;
	struct source log; /* sshd's stderr */
	struct sessions *owner;
};

struct sessions {
	struct loop *loop;
	struct report *report;
	const struct admission *admission;
	unsigned total;
	unsigned unauthenticated;
	bool is_open;           /* connections are taken from the listener */
	struct flood denials;   /* of events about what sshd and we refused */
	struct source listener; /* connections wait in its backlog until sessions_open() */
	struct timer pause;     /* after the machine had no descriptor or process for one */
	struct session items[SESSIONS_MAX];
	struct lines lines[SESSIONS_MAX]; /* of items */
};

/* s is zeroed memory. Listens, on all addresses of both families where there is IPv6. ERROR_HOST.
 */
int sessions_init(struct sessions *s, struct loop *loop, struct report *report, struct error *err);

/* From now on connections are taken. */
void sessions_open(struct sessions *s);

/* True when pid was one of ours. */
bool sessions_reaped(struct sessions *s, pid_t pid);

/* The session that a process belongs to by its ancestors, NULL if none. Its login has been read. */
const struct session *sessions_find(struct sessions *s, pid_t pid);

/* No more connections; the sessions are left to the caller. */
void sessions_stop(struct sessions *s);

#endif
