/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_WORKSPACE_ATTENDANT_H
#define WINALUX_SRC_WORKSPACE_ATTENDANT_H

#include <stdbool.h>
#include <stddef.h>

#include "winalux/podman/object.h"

struct container;
struct error;
struct facts;
struct podman;
struct workspace_facts;

/*
 * A container beside the workspaces, one of its role per account: the guest image with a role of
 * the guest program, and the account's volume at /account. It is never started again but made anew.
 */
enum { ATTENDANT_ARGUMENTS_MAX = 4, ATTENDANT_CAPABILITIES_MAX = 2 };

struct attendant {
	const char *role; /* its label; the container is winalux-<role> */
	const char *arguments[ATTENDANT_ARGUMENTS_MAX];
	const char *capabilities[ATTENDANT_CAPABILITIES_MAX];
	const char *purpose;       /* "strict gates need" */
	const char *label, *value; /* one more label; NULL: none */
	const char *image; /* with the guest at /usr/lib/winalux; NULL: the guest's own image */
	bool sees_host_processes;
	bool sees_host_cgroups;
};

bool attendant_runs(const struct container *c); /* NULL does not */

/*
 * The digest of a guest that is there: this program's where its image is, else the one of a
 * workspace that the attendant is for. ERROR_NOT_FOUND. The caller frees it.
 */
char *attendant_find_guest(const struct facts *facts,
			   bool (*is_for)(const struct workspace_facts *w), struct error *err);

/* Makes and starts it, and waits until it says that it serves; leaves nothing where it fails. */
int attendant_make(struct podman *podman, const struct attendant *attendant, const char *guest,
		   struct error *err);
/* Tells it to leave, and removes it. */
int attendant_remove(struct podman *podman, const char *id, struct error *err);

#endif
