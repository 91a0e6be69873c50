/* SPDX-License-Identifier: MIT */
/* New tokens, or ends of lockouts: a plan over the facts, without an inventory. */
#include "winalux/workspace/apply.h"

#include "apply.h"
#include "winalux/base/mem.h"
#include "winalux/plan/plan.h"
#include "winalux/workspace/gate.h"
#include "winalux/workspace/host.h"

static void fill_gates(const struct facts *facts, const struct key *key, struct deployment *ret)
{
	ret->gates = xcalloc(facts->count + 1, sizeof(ret->gates[0]));
	ret->gate_count = facts->count;
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_state *state = &facts->workspaces[i].state;

		if (!gate_has_token(state))
			continue;
		if (!key) {
			gate_unlock(state, &ret->gates[i]);
			continue;
		}
		gate_renew(key, state->id, &ret->gates[i]);
		ret->gates[i].is_on = gate_is_on(state);
	}
}

static int look_and_plan(struct host *host, const struct rotate_options *options,
			 struct deployment *ret, struct error *err)
{
	deployment_forget(ret);
	if (host_observe(host, OBSERVE_ALL, ret->facts, err) < 0)
		return -1;
	fill_gates(ret->facts, options->key, ret);
	if (!options->key)
		return plan_unlock(ret->facts, options->names, ret->gates, &ret->plan, err);
	return plan_rotate(ret->facts, options->names, ret->gates, options->is_kick, &ret->plan,
			   err);
}

int rotate_run(struct host *host, const struct rotate_options *options, struct deployment *ret,
	       struct error *err)
{
	DEFER(account_lock_give) struct applied_lock held = { 0 };

	*ret = (struct deployment){ .facts = xcalloc(1, sizeof(*ret->facts)) };
	if (look_and_plan(host, options, ret, err) < 0)
		return -1;
	if (plan_step_count(&ret->plan) &&
	    (account_lock_take(host, &options->sink, &held, err) < 0 ||
	     look_and_plan(host, options, ret, err) < 0))
		return -1;
	if (!ret->plan.count)
		return 0;
	return apply_under_lock(host, &ret->plan, &options->sink, &held, &ret->outcomes, err);
}
