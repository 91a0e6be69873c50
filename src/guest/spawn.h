/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SPAWN_H
#define WINALUX_GUEST_SPAWN_H

#include <sys/types.h>

struct user;

/*
 * Children of a PID 1. Between fork and exec nothing is allocated. The child gets default signal
 * handling, nothing blocked, and a session of its own.
 */
struct spawn {
	const char *const *argv; /* argv[0] is looked up in PATH unless it has a slash */
	const struct user *user; /* NULL: root, as PID 1 is */
	const char *directory;   /* NULL: / */
	int stdin_fd;            /* -1: /dev/null; the same for the others */
	int stdout_fd;
	int stderr_fd;
	/* "K=V", NULL-terminated. With a user, HOME, USER, LOGNAME and SHELL are the user's. */
	const char *const *environment;
};

/*
 * The pid, or -1 with errno when there can be no child. Where exec fails, the child says so on its
 * stderr and ends with 127 (not found) or 126.
 */
pid_t spawn(const struct spawn *s);

/* A child that runs our own code as a user (NULL: root): work's return value is its exit status. */
pid_t spawn_work(const struct user *user, int (*work)(void *context), void *context);

/* In a child: everything a PID 1 changed for itself is undone. */
void spawn_reset_signals(void);

/*
 * A pipe for a child's output: ret_read is non-blocking, ret_write blocks. Both close on exec. -1
 * with errno.
 */
int spawn_pipe(int *ret_read, int *ret_write);

#endif
