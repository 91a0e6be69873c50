/* SPDX-License-Identifier: MIT */
/*
 * Plans about tokens, over the facts alone. Where they are new, the state
 * is written twice: first with the new token and without the digest of the files inside, so that a
 * run which is killed leaves a record that the next deploy completes; then, when the token is
 * inside, as it was before.
 */
#include "winalux/plan/plan.h"

#include "plan_internal.h"
#include "winalux/base/mem.h"
#include "winalux/plan/names.h"

static void add_state(struct workspace_plan *w, unsigned after, size_t is_open)
{
	plan_add_step_owned(w, STEP_WRITE_STATE,
			    state_volume_name(w->slug, w->facts->state.generation + after),
			    is_open);
}

static void put_inside(struct workspace_plan *w, const struct container *dev)
{
	const bool is_running = dev->state == CONTAINER_RUNNING;

	plan_add_step(w, STEP_PUT_GATE, dev->name, 0);
	if (!w->ends_sessions) {
		if (is_running)
			plan_add_reload(w, dev);
		return;
	}
	plan_add_step(w, STEP_STOP_CONTAINER, dev->name, 0);
	plan_add_step(w, STEP_START_CONTAINER, dev->name, 0);
	plan_add_step(w, STEP_WAIT_READY, dev->name, 0);
}

static void give_new(struct workspace_plan *w, bool is_kick)
{
	const struct container *dev = workspace_facts_container(w->facts, ROLE_DEV);

	w->ends_sessions = is_kick && workspace_facts_dev_runs(w->facts);
	w->action = w->ends_sessions ? ACTION_RESTART : ACTION_LIVE;
	plan_add_change(w, dev ? dev->name : w->facts->states[0]->name, w->action, "new token");
	add_state(w, 1, dev != NULL);
	if (dev) {
		put_inside(w, dev);
		add_state(w, 2, false);
		plan_add_step_owned(w, STEP_REMOVE_STATE,
				    state_volume_name(w->slug, w->facts->state.generation + 1), 0);
	}
	for (size_t i = 0; i < w->facts->state_count; i++)
		plan_add_step(w, STEP_REMOVE_STATE, w->facts->states[i]->name, 0);
}

static void rotate(struct workspace_plan *w)
{
	give_new(w, false);
}

static void rotate_and_kick(struct workspace_plan *w)
{
	give_new(w, true);
}

static void unlock(struct workspace_plan *w)
{
	const struct container *dev = workspace_facts_container(w->facts, ROLE_DEV);

	if (!workspace_facts_dev_runs(w->facts)) {
		w->reason = xstrdup("is not running, so nothing is locked");
		return;
	}
	w->action = ACTION_LIVE;
	plan_add_change(w, dev->name, w->action, "unlocked");
	plan_add_step(w, STEP_PUT_GATE, dev->name, 0);
	plan_add_reload(w, dev);
}

/* Those named, where one without a token is refused; without names, all that have one. */
static void plan_tokens(const struct facts *facts, const struct strv *names,
			const struct want_gate *gates, void (*plan_one)(struct workspace_plan *w),
			struct plan *ret)
{
	const bool is_selection = names && names->count;

	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *facts_of = &facts->workspaces[i];
		const bool has_token = gates[i].salt;

		if (is_selection ? !strv_contains(names, facts_of->name) : !has_token)
			continue;
		struct workspace_plan *w =
			plan_add(ret, facts_of->name, facts_of->slug, ACTION_REFUSE);
		w->facts = facts_of;
		w->gate = &gates[i];
		if (has_token)
			plan_one(w);
		else
			w->reason = xstrdup("has no token: its gate is off");
	}
}

int plan_rotate(const struct facts *facts, const struct strv *names, const struct want_gate *gates,
		bool is_kick, struct plan *ret, struct error *err)
{
	if (plan_check_names(facts, names, err) < 0)
		return -1;
	*ret = (struct plan){ 0 };
	plan_tokens(facts, names, gates, is_kick ? rotate_and_kick : rotate, ret);
	return 0;
}

int plan_unlock(const struct facts *facts, const struct strv *names, const struct want_gate *gates,
		struct plan *ret, struct error *err)
{
	if (plan_check_names(facts, names, err) < 0)
		return -1;
	*ret = (struct plan){ 0 };
	plan_tokens(facts, names, gates, unlock, ret);
	return 0;
}
