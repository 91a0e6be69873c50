/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_STOCK_H
#define WINALUX_WORKSPACE_STOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/strv.h"

struct builder;
struct error;
struct host;
struct profiles;

/* The images of ours that an account has. */

enum stock_state {
	STOCK_CURRENT,
	STOCK_STALE,    /* `winalux build` would make it anew */
	STOCK_OLD,      /* of another winalux: a guest, a manifest list */
	STOCK_REPLACED, /* has lost its name to a newer one */
	STOCK_UNKNOWN,  /* of a profile or sidecar that is not known here */
	STOCK_FOREIGN,  /* by a name that is not ours: a registry's, or one that somebody gave it */
};

struct stock_item {
	char *id;
	char *name; /* "web:latest", without "localhost/winalux/"; a registry's whole; "" where none
		     */
	char *role; /* "guest", "base", "profile", "sidecar", "emulator", "list" */
	char *arch; /* "amd64"; "" for a list */
	uint64_t size_bytes;
	int64_t created_s;
	enum stock_state state;
	struct strv users; /* workspaces, and containers of none by name; sorted */
};

struct stock {
	struct stock_item *items; /* by name */
	size_t count;
	size_t cap;
};

/* Lists containers and images; before Podman 5.1 asks for the architecture of each. */
int stock_take(struct host *host, struct builder *builder, const struct profiles *profiles,
	       struct stock *ret, struct error *err);
void stock_release(struct stock *s);

const char *stock_state_name(enum stock_state state);
/* Nobody misses it: old or replaced, and no container uses it. */
bool stock_is_useless(const struct stock_item *item);
/*
 * Removes one. Never by force: what a container or another image needs after all is refused, which
 * is success with *ret_removed false.
 */
int stock_remove(struct host *host, const struct stock_item *item, bool *ret_removed,
		 struct error *err);

#endif
