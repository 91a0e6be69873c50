/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_BLOCKED_H
#define WINALUX_WARDEN_BLOCKED_H

#include <limits.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/types.h>

#include "guest/gate.h"

/*
 * A process that waits in its execve: what it wants to start, read out of its memory. Only the
 * first one of an exec session is read, which is the OCI runtime's own: it has one thread and no
 * reason to lie. That of other processes could change after it has been read.
 */
enum { BLOCKED_COMMAND_SIZE = 257, BLOCKED_VARIABLES_MAX = 4096, BLOCKED_ARGUMENTS_MAX = 64 };

struct blocked {
	int memory; /* /proc/PID/mem */
	int root;   /* its root directory */
	uid_t uid;  /* in the user namespace of containers */
	char path[PATH_MAX];
	char command[BLOCKED_COMMAND_SIZE]; /* arguments, parted by blanks, and cut */
	char ticket[GATE_TEXT_SIZE];        /* in its environment; "": none */
};

/* False when it is gone or no such call. In any case blocked_release() is next. */
bool blocked_read(struct blocked *b, int notify, const struct seccomp_notif *n);
void blocked_release(struct blocked *b);

/*
 * Is the program one of the guarded shells: /bin/X or /usr/bin/X, by whatever links, being the
 * guest as it is mounted read-only? And is PID 1's socket there, without which the shell would take
 * this for another root directory than the workspace's and ask nobody?
 */
bool blocked_is_guarded_shell(const struct blocked *b);

/* A connection, non-blocking, to PID 1's gate in there; -1 with errno. */
int blocked_connect_gate(const struct blocked *b);

#endif
