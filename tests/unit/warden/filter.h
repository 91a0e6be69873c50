/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_WARDEN_FILTER_H
#define WINALUX_TESTS_UNIT_WARDEN_FILTER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * A process below a real seccomp filter whose execve is notified, as crun would set it up. It
 * starts /bin/true again and again while it is told to.
 */
struct worker {
	/* Set before worker_start(), or not: */
	const char *root;         /* it runs in there, as root of namespaces of its own */
	const char *read_only;    /* a directory in there that is a read-only mount */
	char *const *environment; /* of what it starts */
	pid_t pid;
	int control; /* a byte makes it start one program; its end ends it */
	int notify;  /* the filter's descriptor; -1: given away */
};

/* False where it may not have its namespaces. */
bool worker_start(struct worker *w, const char *program);

/* Asks for one program; worker_result() is the errno of its start, 0 for none. */
void worker_ask(const struct worker *w);
int worker_result(const struct worker *w);
bool worker_has_result(const struct worker *w, int timeout_ms);
void worker_end(struct worker *w);

/* Sends the descriptor to the socket as crun does, and gives it away. status: "creating", … */
void worker_register(struct worker *w, const char *socket_path, const char *id, const char *status);

#endif
