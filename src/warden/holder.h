/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_HOLDER_H
#define WINALUX_WARDEN_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "door.h"
#include "guest/loop.h"
#include "guest/report.h"
#include "peers.h"
#include "table.h"

struct error;
struct holder;

/*
 * One of the three that hold the descriptors of all filters (docs/design/strict.md): both keepers
 * and the warden. Only the warden judges.
 */

/* A session whose descriptor this holder has; its place is the table entry's index. */
struct held {
	struct source source; /* fd < 0 where is_used is not set means nothing */
	struct holder *owner;
	uint64_t serial;
	bool is_used;
	bool is_judged; /* being judged: nothing is received until holder_settle() */
	uint32_t watched;
};

struct holder {
	enum holder_role role;
	const char *directory;
	/*
	 * Of a warden: decides upon the first program of an exec session, now or later, by
	 * holder_settle(). NULL: others do.
	 */
	void (*judge)(void *context, unsigned index, const struct seccomp_notif *first);
	void *context;
	struct loop loop;
	struct report report;
	struct door door;
	struct peers peers;
	struct table *table;
	bool is_ready;
	unsigned end; /* no place from here on is used */
	struct held held[TABLE_SIZE];
};

/*
 * Zeroed memory with role, directory, judge and context set becomes a holder that has all that the
 * others have and does its part. fd for events stays the caller's. ERROR_HOST, ERROR_TIMEOUT: the
 * process had better end and be started again.
 */
int holder_init(struct holder *h, int events, struct error *err);
int holder_start(struct holder *h, struct error *err);

/* Of holder_start(): all is here that can be, so this one answers where no better one is there. */
void holder_take_part(struct holder *h);

/* The verdict on a session, unless it is gone meanwhile. error: the errno of a refusal, 0:
 * accepted. */
void holder_settle(struct holder *h, unsigned index, uint64_t serial, int error);

/* The same for one notification only: the next one is judged again. */
void holder_put_off(struct holder *h, unsigned index, uint64_t serial, int error);

#endif
