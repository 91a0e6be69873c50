/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_VERDICT_H
#define WINALUX_WARDEN_VERDICT_H

#include <sys/types.h>

#include "table.h"

struct report;

/* What becomes of one exec session, for the record of its workspace. */
struct verdict {
	const struct table_entry *session;
	uid_t uid; /* inside; -1: not known */
	const char *command;
	const char *by;     /* what it was accepted for: "shell" (which asks), "ticket"; or NULL */
	const char *reason; /* why it was refused; or NULL */
};

/*
 * One line on stdout, and one in the workspace's ledger in directory/audit/WORKSPACE
 * (docs/design/audit.md), which is opened for it alone: execs are few, workspaces many.
 */
void verdict_record(struct report *report, const char *directory, const struct verdict *v);

#endif
