/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_WARDEN_HOLDERS_H
#define WINALUX_TESTS_UNIT_WARDEN_HOLDERS_H

#include <sys/types.h>

#include "warden/holder.h"

/* The three holders as processes of a test, in a directory of its own. */
struct holders {
	char *directory;
	char notify[256];
	pid_t pids[HOLDER_COUNT]; /* 0: not running */
	int events[HOLDER_COUNT]; /* what it reports */
	/* The warden's; NULL: the real policy. */
	void (*judge)(void *holder, unsigned index, const struct seccomp_notif *first);
};

/* Warden's judges: what they are given is the holder. */
void judge_accepts(void *holder, unsigned index, const struct seccomp_notif *first);
void judge_refuses(void *holder, unsigned index, const struct seccomp_notif *first);
void judge_dies(void *holder, unsigned index, const struct seccomp_notif *first);
void judge_dies_with_its_verdict(void *holder, unsigned index, const struct seccomp_notif *first);

int holders_setup(void **state);
int holders_teardown(void **state);
void holders_spawn(struct holders *h, enum holder_role role); /* without waiting */
void holders_await(struct holders *h, enum holder_role role); /* until it is ready */
/* Until it has reported text, from now on. */
void holders_await_event(struct holders *h, enum holder_role role, const char *text);
void holders_start(struct holders *h, enum holder_role role);
void holders_start_all(struct holders *h);
void holders_kill(struct holders *h, enum holder_role role);
void holders_kill_all(struct holders *h);
/* The text of "lost". */
void holders_read_lost(const struct holders *h, char ret[static 1024]);

#endif
