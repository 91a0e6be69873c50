/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_GUEST_RELOAD_FILE_H
#define WINALUX_SRC_GUEST_RELOAD_FILE_H

#include "loop.h"

struct changes;

/*
 * What the host writes last of a change: a new line in this file says that all that was to be
 * written is there, and is to be read again. No signal does, since Podman 5.4.2 takes a container
 * that was sent one for stopped by its user, and starts it no more when it dies.
 */
enum {
	RELOAD_FILE_SIZE = 128,    /* of the line, with its NUL; beyond that it is cut */
	RELOAD_FILE_POLL_MS = 1000 /* between looks where the kernel has no inotify instance left */
};

struct reload_file {
	struct timer timer;
	struct changes *changes;
	const char *directory, *name;
	void (*run)(void *context);
	void *context;
	char path[256];
	char line[RELOAD_FILE_SIZE]; /* the last whole one, "" before there was any */
};

/* run is called for each new line from the start on. */
void reload_file_init(struct reload_file *f, struct loop *loop, void (*run)(void *context),
		      void *context);

/*
 * What is there now is not new: to be called before the files that a change is made of are read for
 * the first time. The texts must live as long as f.
 */
void reload_file_start(struct reload_file *f, struct changes *changes, const char *directory,
		       const char *name);

#endif
