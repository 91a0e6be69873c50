/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_AUDIT_H
#define WINALUX_GUEST_AUDIT_H

#include "winalux/format/ledger.h"

struct report;

/*
 * Events that matter longer than a container's log: who came in, who did not, and what was done to
 * the gate (docs/design/audit.md). They go to stdout like all others and into a ledger as well.
 */
struct audit {
	struct ledger ledger;
	int last_use; /* a file with the time of the last entry; -1: none */
};

/*
 * From now on events of report are kept in the ledger of a directory, which is made (0700) where it
 * is not there. Where that cannot be done it is reported, and nothing is kept.
 */
void audit_start(struct audit *a, struct report *report, const char *directory);

#endif
