/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_AUDIT_H
#define WINALUX_WORKSPACE_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/clock.h"
#include "winalux/format/ledger.h"

struct error;
struct facts;
struct podman;
struct workspace_facts;

/*
 * The ledgers of a workspace (docs/design/audit.md): one of its PID 1, in a volume of its own, and,
 * where its gate is or was strict, one of the account's warden.
 */
enum audit_origin { AUDIT_INSIDE, AUDIT_WARDEN, AUDIT_ORIGIN_COUNT };
const char *audit_origin_name(enum audit_origin origin); /* "workspace", "warden" */

struct audit_file {
	char *text; /* NULL: it is not there */
	size_t len;
};

/* As it was read, unchecked. Release with audit_ledger_release. */
struct audit_ledger {
	bool is_readable; /* there is a container to read it from */
	bool is_there;
	struct audit_file files[LEDGER_FILES]; /* by age */
};
void audit_ledger_release(struct audit_ledger *l);

/*
 * GET /containers/{id}/archive (libpod 4.3) of the container that has the ledger mounted, running
 * or not. No such container, or no ledger in it: not an error, and is_there is false. At most
 * LEDGER_FILE_BYTES and a line of each file: ERROR_HOST.
 */
int audit_read(struct podman *podman, const struct facts *facts, const struct workspace_facts *w,
	       enum audit_origin origin, struct audit_ledger *ret, struct error *err);

/* Lines in the order of writing, without their newline; false ends it. */
typedef bool (*audit_line_fn)(unsigned age, unsigned number, const char *line, size_t len,
			      void *context);
void audit_each(const struct audit_ledger *l, audit_line_fn fn, void *context);

/* What ledger_check_line() says of all of it. */
struct audit_finding {
	enum ledger_flaw flaw;
	unsigned age, number;    /* the first line with a flaw: file, line from 1 */
	uint64_t lines;          /* that were looked at */
	uint64_t first_seq;      /* 0: none */
	struct ledger_check end; /* number and link of the last line */
	char since[CLOCK_RFC3339_SIZE];
};
void audit_verify(const struct audit_ledger *l, struct audit_finding *ret);

/*
 * A chain can be cut short, or made anew from some line on, by who can write it: that is seen by
 * who remembers its end. Ends are remembered in a file of this machine's user
 * ($XDG_STATE_HOME/winalux/audit-ends, 0600), one for each ledger.
 */
struct audit_ends {
	char *path;
	struct audit_end *items;
	size_t count, cap;
};
struct audit_end {
	char *ledger; /* "ORIGIN ID": the id that the workspace got once, or the warden's name for
			 it */
	uint64_t seq;
	uint8_t link[LEDGER_LINK_SIZE];
};
/* A file that is not there is empty. ERROR_HOST. */
int audit_ends_load(struct audit_ends *ret, struct error *err);
int audit_ends_save(const struct audit_ends *ends, struct error *err);
void audit_ends_release(struct audit_ends *ends);

/* False when the line that was the last at the last check is gone, though it cannot have been
 * rotated away, or is another one now. */
bool audit_ends_agree(const struct audit_ends *ends, const struct workspace_facts *w,
		      enum audit_origin origin, const struct audit_ledger *l, uint64_t *ret_seq);
void audit_ends_set(struct audit_ends *ends, const struct workspace_facts *w,
		    enum audit_origin origin, const struct audit_finding *finding);

/*
 * What Podman itself has noted: each exec and attach, commits, exports, and containers that were
 * made with the labels of a workspace and are none of ours (a copy, that has gone perhaps). The
 * program of an exec is not in it; where the gate is strict the warden tells more, and execs of the
 * dev container are left out here. It is no ledger: not chained, and the account can turn it off.
 *
 * time: RFC 3339 with milliseconds; members: of a JSON object, without its braces. False ends it.
 * ERROR_PODMAN: the log cannot be read.
 */
typedef bool (*audit_event_fn)(const struct workspace_facts *w, const char *time,
			       const char *members, void *context);
int audit_engine(struct podman *podman, const struct facts *facts, int64_t since_s,
		 audit_event_fn fn, void *context, struct error *err);

/* When somebody last came in through the gate: RFC 3339; false: never, or it cannot be known. */
bool audit_last_use(struct podman *podman, const struct workspace_facts *w,
		    char ret[static CLOCK_RFC3339_SIZE]);

#endif
