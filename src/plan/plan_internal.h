/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_PLAN_INTERNAL_H
#define WINALUX_PLAN_PLAN_INTERNAL_H

#include "winalux/plan/plan.h"

/* Builders of a plan. Text is copied, but for the _owned form, which takes object. */
struct workspace_plan *plan_add(struct plan *plan, const char *name, const char *slug,
				enum action action);
void plan_add_step(struct workspace_plan *w, enum step_kind kind, const char *object, size_t index);
void plan_add_step_owned(struct workspace_plan *w, enum step_kind kind, char *object, size_t index);
/* A dev container that runs reads its files again. */
void plan_add_reload(struct workspace_plan *w, const struct container *dev);
/* The first reason that is given becomes the workspace's. */
void plan_add_change(struct workspace_plan *w, const char *object, enum action action,
		     const char *reason);

/* Why a dev container with a strict gate is restarted (workspace_facts.is_lost). */
#define PLAN_LOST_REASON "its gate was lost, and no program could be started in it"

/*
 * Steps that stop sidecars of foreign images which run on without their dev container (those of
 * ours end by themselves). The changes are listed.
 */
void plan_left_sidecar_steps(struct workspace_plan *w);

/* Steps that remove everything of w->facts; volumes stay when keep_data. */
void plan_removal_steps(struct workspace_plan *w, bool keep_data);

#endif
