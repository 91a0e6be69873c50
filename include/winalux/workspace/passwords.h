/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_PASSWORDS_H
#define WINALUX_WORKSPACE_PASSWORDS_H

struct error;
struct podman;
struct profiles;
struct workspace_facts;

/*
 * The passwords that built-in sidecars have made for themselves, read out of their containers at
 * the time of asking: they are in no label, environment or log.
 */
typedef void (*password_fn)(const char *sidecar, const char *user, const char *password,
			    void *context);

/*
 * Calls fn for each, in the order of the containers. A file that is not there (yet) is none, as is
 * anything in it that is no JSON object of texts: it is the sidecar's, and not trusted.
 */
int passwords_read(struct podman *podman, const struct profiles *profiles,
		   const struct workspace_facts *facts, password_fn fn, void *context,
		   struct error *err);

#endif
