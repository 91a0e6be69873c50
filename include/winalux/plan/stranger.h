/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_STRANGER_H
#define WINALUX_PLAN_STRANGER_H

#include <stdbool.h>

struct container;
struct facts;
struct workspace_facts;

/*
 * A stranger is a container that winalux did not make and that is close to a workspace: it sits in
 * its pod, mounts one of its volumes, or carries its labels, which `podman commit` copies into the
 * image and `podman run` from there into a container. The owner of the account can have them, and
 * for good reasons (a backup); they count for nothing in plans, and are told.
 */

/* Made by winalux: its name, which is unique in an account, is the one that its labels ask for. */
bool container_is_ours(const struct container *c);

/* The same of one that is in the facts: what is recorded as ours and was renamed is ours, too. */
bool facts_container_is_ours(const struct facts *facts, const struct container *c);
/* Some container is not ours, so it is worth asking what it mounts. */
bool facts_have_outsiders(const struct facts *facts);
/* Those in pods of ours and those with labels of ours, for facts_index. */
void facts_find_strangers(struct facts *facts);
/* Adds what a container was seen to do ("mounts 'x'") to what is known of it. */
void workspace_facts_add_stranger(struct workspace_facts *w, const struct container *c,
				  const char *how);
void workspace_facts_release_strangers(struct workspace_facts *w);

#endif
