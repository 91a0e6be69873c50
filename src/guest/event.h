/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_EVENT_H
#define WINALUX_GUEST_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One event: a JSON object on one line, at most EVENT_SIZE bytes so that a pipe takes it whole
 * (PIPE_BUF) and no reader sees two events mixed. Built in place, without allocation. What does not
 * fit is cut between characters, and the object then ends in "cut":true. Broken UTF-8 becomes
 *U+FFFD.
 *
 *	struct event e;
 *	event_start(&e, "login");
 *	event_text(&e, "user", user);
 *	report_send(report, &e);
 */
enum { EVENT_SIZE = 4096 };

struct event {
	char text[EVENT_SIZE];
	size_t len;
	bool is_cut;
};

void event_start(struct event *e, const char *name); /* {"event":"name" */
void event_text(struct event *e, const char *key, const char *value);
void event_bytes(struct event *e, const char *key, const char *value, size_t len);
void event_number(struct event *e, const char *key, int64_t value);

/* Closes the object and adds the newline: text and len are the line, without a NUL. Once. */
void event_end(struct event *e);

#endif
