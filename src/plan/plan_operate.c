/* SPDX-License-Identifier: MIT */
/*
 * Plans over what is there: start, stop, restart, destroy. The dev container stops first and starts
 * last; sidecars live and die with it.
 */
#include "winalux/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/plan/names.h"

/* A paused container is stopped too: what cannot be done is better said than passed over. */
static bool is_stoppable(const struct container *c)
{
	return c->state == CONTAINER_RUNNING || c->state == CONTAINER_PAUSED;
}

static void stop_members(struct workspace_plan *w)
{
	const struct workspace_facts *facts = w->facts;

	for (size_t i = facts->container_count; i-- > 0;) {
		if (is_stoppable(facts->containers[i]))
			plan_add_step(w, STEP_STOP_CONTAINER, facts->containers[i]->name, 0);
	}
}

/*
 * The infra container last: the order is ours, and the published ports are given back. (POST
 * /pods/{id}/stop answers 304 and does nothing while a pod is "Degraded".)
 */
static void steps_stop(struct workspace_plan *w)
{
	const struct workspace_facts *facts = w->facts;
	const bool has_infra = facts->infra && facts->infra->state == CONTAINER_RUNNING;

	stop_members(w);
	if (has_infra)
		plan_add_step(w, STEP_STOP_CONTAINER, facts->infra->name, 0);
}

void plan_left_sidecar_steps(struct workspace_plan *w)
{
	const struct workspace_facts *facts = w->facts;

	for (size_t i = 0; i < facts->container_count; i++) {
		const struct container *c = facts->containers[i];

		if (!workspace_facts_is_left_sidecar(facts, c))
			continue;
		plan_add_step(w, STEP_STOP_CONTAINER, c->name, 0);
		plan_add_change(w, c->name, ACTION_STOP, "its dev container has ended");
	}
}

static void steps_start(struct workspace_plan *w, bool also_running)
{
	const struct workspace_facts *facts = w->facts;
	const struct container *dev = workspace_facts_container(facts, ROLE_DEV);
	const size_t begun = w->step_count;

	for (size_t i = 0; i < facts->container_count; i++) {
		const struct container *c = facts->containers[i];

		if (also_running || c->state != CONTAINER_RUNNING)
			plan_add_step(w, STEP_START_CONTAINER, c->name, 0);
	}
	if (w->step_count == begun || !dev)
		return;
	if (!also_running && dev->state == CONTAINER_RUNNING) /* it reports again when told to */
		plan_add_reload(w, dev);
	plan_add_step(w, STEP_WAIT_READY, dev->name, 0);
}

static void plan_one_severed(struct workspace_plan *w)
{
	w->action = ACTION_RESTART;
	w->ends_sessions = workspace_facts_dev_runs(w->facts);
	plan_add_change(w, w->facts->infra->name, ACTION_RESTART, "has ended");
	steps_stop(w);
	steps_start(w, true);
}

static void plan_one_lost(struct workspace_plan *w)
{
	const struct workspace_facts *facts = w->facts;
	const char *dev = workspace_facts_container(facts, ROLE_DEV)->name;

	w->action = ACTION_RESTART;
	w->ends_sessions = true;
	plan_add_change(w, dev, ACTION_RESTART, PLAN_LOST_REASON);
	plan_add_step(w, STEP_STOP_CONTAINER, dev, 0);
	for (size_t i = 0; i < facts->container_count; i++) {
		if (facts->containers[i]->state != CONTAINER_RUNNING)
			plan_add_step(w, STEP_START_CONTAINER, facts->containers[i]->name, 0);
	}
	plan_add_step(w, STEP_START_CONTAINER, dev, 0);
	plan_add_step(w, STEP_WAIT_READY, dev, 0);
}

static void plan_one_start(struct workspace_plan *w)
{
	if (!workspace_facts_container(w->facts, ROLE_DEV)) {
		/* Without it nobody needs the rest; `winalux deploy` makes it anew. */
		plan_left_sidecar_steps(w);
		w->action = w->step_count ? ACTION_STOP : ACTION_UNCHANGED;
		return;
	}
	if (workspace_facts_is_severed(w->facts)) {
		plan_one_severed(w);
		return;
	}
	if (w->facts->is_lost) {
		plan_one_lost(w);
		return;
	}
	steps_start(w, false);
	w->action = w->step_count ? ACTION_START : ACTION_UNCHANGED;
	/* What runs must also answer: an earlier start may have failed in just that. */
	if (!w->step_count)
		plan_add_step_owned(w, STEP_WAIT_READY, object_name(w->slug, ROLE_DEV), 0);
}

static void plan_one_stop(struct workspace_plan *w)
{
	steps_stop(w);
	w->action = w->step_count ? ACTION_STOP : ACTION_UNCHANGED;
	w->ends_sessions = workspace_facts_dev_runs(w->facts);
}

static void plan_one_restart(struct workspace_plan *w)
{
	if (!workspace_facts_container(w->facts, ROLE_DEV)) {
		plan_one_start(w);
		return;
	}
	stop_members(w); /* the pod stays: its network and ports need not be made again */
	w->ends_sessions = workspace_facts_dev_runs(w->facts);
	w->action = w->step_count ? ACTION_RESTART : ACTION_START;
	steps_start(w, true);
}

/* Containers that are in no pod of ours first: a pod's own go with it. */
void plan_removal_steps(struct workspace_plan *w, bool keep_data)
{
	const struct workspace_facts *facts = w->facts;

	for (size_t i = facts->container_count; i-- > 0;) {
		const struct container *c = facts->containers[i];

		if (!facts->pod || strcmp(c->pod_id, facts->pod->id))
			plan_add_step(w, STEP_REMOVE_CONTAINER, c->name, 0);
	}
	if (facts->pod)
		plan_add_step(w, STEP_REMOVE_POD, facts->pod->name, 0);
	if (facts->network)
		plan_add_step(w, STEP_REMOVE_NETWORK, facts->network->name, 0);
	for (size_t i = 0; !keep_data && i < facts->volume_count; i++)
		plan_add_step(w, STEP_REMOVE_VOLUME, facts->volumes[i]->name, 0);
	/* The newest state goes last: while it is there, the workspace is known. */
	for (size_t i = facts->state_count; !keep_data && i-- > 0;)
		plan_add_step(w, STEP_REMOVE_STATE, facts->states[i]->name, 0);
}

static void plan_one_destroy(struct workspace_plan *w)
{
	plan_removal_steps(w, false);
	w->action = w->step_count ? ACTION_DESTROY : ACTION_UNCHANGED;
	w->ends_sessions = workspace_facts_dev_runs(w->facts);
}

static void plan_one_remove(struct workspace_plan *w)
{
	plan_removal_steps(w, true);
	w->action = w->step_count ? ACTION_REMOVE : ACTION_UNCHANGED;
	w->ends_sessions = workspace_facts_dev_runs(w->facts);
}

static int unknown_name(const struct facts *facts, const char *name, struct error *err)
{
	struct buf names;
	int status;

	buf_init(&names, 512);
	for (size_t i = 0; i < facts->count && names.len < 400; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", facts->workspaces[i].name);
	if (names.len)
		status = error_set(err, ERROR_NOT_FOUND, "no workspace '%s' here; there are: %s",
				   name, names.data);
	else
		status = error_set(err, ERROR_NOT_FOUND,
				   "no workspace '%s' here; nothing is deployed on this account",
				   name);
	buf_release(&names);
	return status;
}

typedef void (*plan_one_fn)(struct workspace_plan *w);

static void add_one(struct plan *plan, const struct workspace_facts *facts, plan_one_fn plan_one)
{
	struct workspace_plan *w = plan_add(plan, facts->name, facts->slug, ACTION_UNCHANGED);

	w->facts = facts;
	plan_one(w);
}

int plan_check_names(const struct facts *facts, const struct strv *names, struct error *err)
{
	if (facts_check_schema(facts, err) < 0)
		return -1;
	for (size_t i = 0; names && i < names->count; i++) {
		if (!facts_find(facts, names->items[i]))
			return unknown_name(facts, names->items[i], err);
	}
	return 0;
}

static int plan_over(const struct facts *facts, const struct strv *names, plan_one_fn plan_one,
		     struct plan *ret, struct error *err)
{
	struct plan plan = { 0 };

	if (plan_check_names(facts, names, err) < 0)
		return -1;
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];

		if (!names || !names->count || strv_contains(names, w->name))
			add_one(&plan, w, plan_one);
	}
	*ret = plan;
	return 0;
}

/* What was asked for by name must be there to start. */
static int check_startable(const struct facts *facts, const struct strv *names, struct error *err)
{
	for (size_t i = 0; names && i < names->count; i++) {
		const struct workspace_facts *w = facts_find(facts, names->items[i]);

		if (w && !workspace_facts_container(w, ROLE_DEV))
			return error_set(
				err, ERROR_NOT_FOUND,
				"workspace '%s' has no %s; `winalux deploy` makes %s", w->name,
				w->container_count ? "dev container" : "containers, only data",
				w->container_count ? "it" : "them");
	}
	return 0;
}

int plan_start(const struct facts *facts, const struct strv *names, struct plan *ret,
	       struct error *err)
{
	if (check_startable(facts, names, err) < 0)
		return -1;
	return plan_over(facts, names, plan_one_start, ret, err);
}

int plan_stop(const struct facts *facts, const struct strv *names, struct plan *ret,
	      struct error *err)
{
	return plan_over(facts, names, plan_one_stop, ret, err);
}

int plan_restart(const struct facts *facts, const struct strv *names, struct plan *ret,
		 struct error *err)
{
	if (check_startable(facts, names, err) < 0)
		return -1;
	return plan_over(facts, names, plan_one_restart, ret, err);
}

int plan_destroy(const struct facts *facts, const struct strv *names, bool keep_data,
		 struct plan *ret, struct error *err)
{
	return plan_over(facts, names, keep_data ? plan_one_remove : plan_one_destroy, ret, err);
}
