/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_CLI_AUDIT_SHOW_H
#define WINALUX_SRC_CLI_AUDIT_SHOW_H

#include <stdint.h>

struct app;
struct error;
struct facts;
struct strv;

/*
 * Prints what the ledgers and Podman's event log have of the named workspaces (none named: all)
 * from since_s on, one line each in the order of time: sentences, or objects with --json.
 */
int audit_show(struct app *app, const struct facts *facts, const struct strv *names,
	       int64_t since_s, struct error *err);

#endif
