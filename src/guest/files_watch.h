/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_FILES_WATCH_H
#define WINALUX_GUEST_FILES_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

struct changes;
struct report;

/*
 * The files that decide who gets in. The account can change them from outside (archive PUT, podman
 * cp) and nobody can refuse that; so each change is told, those by winalux itself among them:
 *
 *	{"event":"changed","path":"/etc/winalux/keys/developer","what":"changed","size":381,
 *	 "digest":"9f…"}
 *
 * what: "made", "changed", "removed". digest: the first 16 hex digits of BLAKE2b-256. What was
 * there last is kept in a file, so that changes of a stopped container are told at its next start.
 *
 * Programs are large, so of them the digest is that of number, size and times of the file, which
 * nobody can put back by way of an archive (ctime). The gate's socket is new at each start, and so
 * not kept.
 */
enum files_kind { FILES_TEXTS, FILES_PROGRAMS };

enum { FILES_WATCH_MAX = 12, FILES_DIGEST_SIZE = 8 };

struct files_watch {
	struct report *report;
	enum files_kind kind;
	struct timer timer;
	const char *state_path;
	const char *const *paths;
	size_t count;
	void (*on_changed)(void *context, const char *path); /* may be NULL */
	void *context;
	bool is_told; /* of changes */
	bool is_known[FILES_WATCH_MAX];
	bool is_there[FILES_WATCH_MAX];
	bool is_socket[FILES_WATCH_MAX];
	uint8_t digests[FILES_WATCH_MAX][FILES_DIGEST_SIZE];
};

/* paths: NULL-terminated, at most FILES_WATCH_MAX; NULL: those of a dev container. */
void files_watch_init(struct files_watch *w, struct loop *loop, struct report *report,
		      enum files_kind kind, const char *const *paths);

/* Tells what has changed since state_path was written, and from now on. Files without a record are
 * taken as they are. */
void files_watch_start(struct files_watch *w, struct changes *changes, const char *state_path);

#endif
