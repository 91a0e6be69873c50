/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_CHANGES_H
#define WINALUX_GUEST_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "loop.h"

/*
 * Names that come, go or are written in directories, by inotify(7). Instances are few (128 for an
 * account) and shared by all of its workspaces, so there is one for all that PID 1 watches, made
 * when it is first wanted.
 */
enum { CHANGES_MAX = 16 };

struct changes_watch {
	int wd;
	void (*run)(void *owner, const char *name);
	void *owner;
};

struct changes {
	struct loop *loop;
	struct source source; /* fd -1: none */
	size_t count;
	struct changes_watch watches[CHANGES_MAX];
};

void changes_init(struct changes *c, struct loop *loop);

/*
 * run gets the name of each thing that has changed in the directory; NULL when some were missed. It
 * is called for every change: work is better left to a timer. False with errno where the kernel has
 * no instance left or the directory is not there: who wants to know has to look by itself.
 */
bool changes_add(struct changes *c, const char *directory,
		 void (*run)(void *owner, const char *name), void *owner);

#endif
