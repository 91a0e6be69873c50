/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_FIND_H
#define WINALUX_CLI_FIND_H

#include <stdbool.h>

#include "winalux/workspace/host.h"

struct app;
struct container;
struct containers;
struct error;
struct facts;
struct strv;
struct workspace_facts;

/*
 * The containers of one workspace by a single list call, for commands that want to be quick (exec,
 * logs, cp). ERROR_NOT_FOUND names the workspaces that exist. Opens the host.
 */
int find_containers(struct app *app, const char *workspace, struct containers *ret,
		    struct error *err);
/* One of them, which must run unless may_be_stopped. role NULL: the dev container. Borrowed from
 * containers. */
int find_container(const struct containers *containers, const char *workspace, const char *role,
		   bool may_be_stopped, const struct container **ret, struct error *err);
/* The role of a container, "?" without one. */
const char *find_role(const struct container *container);

/* Everything on the host; names (may be empty) must be in it. Opens the host. */
int find_facts(struct app *app, const struct strv *names, enum observe extent, struct facts *ret,
	       struct error *err);

/* No names choose every workspace. */
bool find_is_chosen(const struct strv *names, const char *name);

#endif
