/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_OPERATE_H
#define WINALUX_CLI_OPERATE_H

#include <stdbool.h>

#include "option.h"
#include "winalux/workspace/apply.h"

struct app;
struct error;
struct strv;
struct workspace_facts;

/* start, stop, restart and destroy: the run with its progress and its summary. names empty: all. */
int operate(struct app *app, enum operation operation, const struct strv *names, struct error *err);

/* The rule of these commands: names or --all, not neither and not both. */
struct all_flag {
	bool is_all;
};
int operate_check_names(const struct strv *names, bool is_all, struct error *err);

/* --all, for commands whose options are a struct all_flag. */
extern const struct option operate_all_options[];

/* Checks the names, opens the host, operates: all of start, stop and restart. */
int operate_on(struct app *app, enum operation operation, const struct strv *names, bool is_all,
	       struct error *err);

/*
 * For commands that enter a workspace: restarts it, and says so, when it is one with a strict gate
 * that was lost, since no program could be started in it.
 */
int operate_repair(struct app *app, const struct workspace_facts *w, struct error *err);

#endif
