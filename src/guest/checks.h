/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_CHECKS_H
#define WINALUX_GUEST_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "loop.h"
#include "winalux/guest/wire.h"

struct report;
struct checks;

/* What a sidecar's answer says so far. */
enum answer { ANSWER_UNFINISHED, ANSWER_UP, ANSWER_DOWN };

/* Judges the first len bytes of an answer to the request of a kind. Pure. */
enum answer check_judge(enum wire_check_kind kind, const char *reply, size_t len);

enum check_state { CHECK_UNKNOWN, CHECK_UP, CHECK_DOWN };

/* Delay before the next try for a check in this state, since_ms after it began to be sought. Pure.
 */
int check_delay_ms(enum check_state state, long long since_ms);

enum { CHECK_REPLY_SIZE = 32 };

struct check {
	char name[WIRE_NAME_SIZE]; /* "": the place is free */
	enum wire_check_kind kind;
	uint16_t port;
	enum check_state state;
	unsigned failures; /* in a row, while up */
	int64_t since_ms;  /* when it was last thought to be coming up */
	bool is_asked;     /* the request is out */
	char reply[CHECK_REPLY_SIZE];
	size_t reply_len;
	struct source socket;
	struct timer timer; /* the next try, or the limit of the running one */
	struct checks *owner;
};

struct checks {
	struct loop *loop;
	struct report *report;
	void (*on_change)(void *context); /* after a check came up */
	void *context;
	struct check items[WIRE_MAX_CHECKS];
};

void checks_init(struct checks *c, struct loop *loop, struct report *report);

/*
 * Takes over the configuration's checks and asks all of them anew: behind the same name and port
 * there may be another sidecar than before. Copies what it needs.
 */
void checks_set(struct checks *c, const struct wire_config *config);
bool checks_are_up(const struct checks *c);
void checks_stop(struct checks *c);

#endif
