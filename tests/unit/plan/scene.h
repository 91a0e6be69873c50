/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_PLAN_SCENE_H
#define WINALUX_TESTS_PLAN_SCENE_H

#include "winalux/inventory/inventory.h"
#include "winalux/inventory/profile.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/plan.h"
#include "winalux/plan/want.h"

struct error;

/*
 * A stage for tests of plans: an inventory from text, facts that a complete deploy of it would have
 * left behind, and plans made from both.
 */
struct scene {
	struct profiles profiles;
	struct inventory inventory;
	struct facts facts;
	struct want *wants;
	size_t want_count;
	struct plan plan;
	struct strv environment;
	unsigned busy_port;               /* a port that cannot be bound; 0: all can */
	const struct server_paths *paths; /* NULL: all of them */
	int (*bind_gate)(const struct workspace *w, const struct workspace_facts *facts,
			 struct want_gate *ret, char **ret_refusal, void *gates,
			 struct error *err); /* NULL: no gate */
	void *gates;
	const char *registry; /* NULL: images are built here */
};

void scene_init(struct scene *s, const char *inventory_text);
void scene_release(struct scene *s);

/* wants_make and plan_deploy with what stands in the scene; 0 or -1 as they. */
int scene_plan(struct scene *s, const struct plan_options *options, struct error *err);

/* Makes facts as if every want of the scene had been deployed and recorded. */
void scene_deploy(struct scene *s);

/* Sorts the facts again, after a test has changed their lists. */
void scene_reindex(struct scene *s);
/* An object that a person made with labels of ours. */
struct container *scene_add_container(struct scene *s, const char *workspace, const char *role,
				      const char *name);
struct volume *scene_add_volume(struct scene *s, const char *workspace, const char *role,
				const char *name);
/* The infra container of a workspace's pod. */
struct container *scene_add_infra(struct scene *s, const char *workspace);

const struct workspace_plan *scene_find(const struct scene *s, const char *name);

/* "create network 'x'\ncreate volume 'y'\n…". The caller frees it. */
char *scene_steps(const struct workspace_plan *w);

extern const char scene_key[]; /* a valid public key line */

#endif
