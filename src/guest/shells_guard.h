/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SHELLS_GUARD_H
#define WINALUX_GUEST_SHELLS_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "loop.h"

struct changes;
struct error;
struct report;

/*
 * Keeps links to the guest in the places of the shells, and the shells in a directory of their own
 * (shell.h). Zeroed memory guards nothing.
 */
struct shells_guard_paths {
	const char *directories[3]; /* where shells are looked for, NULL-terminated */
	const char *real;           /* where they go */
	const char *guest;          /* what the links name */
};

struct shells_guard {
	struct report *report;
	struct changes *changes;
	struct shells_guard_paths paths;
	struct timer timer; /* after a change, where none is told, and after a failure */
	bool is_watching;
	bool is_on;
};

/* Once, at start. */
void shells_guard_init(struct shells_guard *g, struct loop *loop, struct report *report,
		       struct changes *changes);

/* Puts the shells away now, and again whenever one comes back. -1, reported, when one is not
 * guarded. */
int shells_guard_start(struct shells_guard *g);

/* No more repairs; what was put away stays there. */
void shells_guard_stop(struct shells_guard *g);

enum shell_state {
	SHELL_ABSENT,
	SHELL_GUARDED, /* already */
	SHELL_REPLACED /* now */
};

/* One shell of one directory. -1 with ERROR_HOST: its place is as it was, and can be used. */
int shells_guard_one(const struct shells_guard_paths *paths, const char *directory,
		     const char *name, enum shell_state *ret, struct error *err);

#endif
