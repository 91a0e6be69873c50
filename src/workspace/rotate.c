/* SPDX-License-Identifier: MIT */
/* New tokens, or ends of lockouts: a plan over the facts, without an inventory. */
#include "deployment.h"

#include "winalux/base/mem.h"
#include "winalux/workspace/gate.h"

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
		gate_keep_mode(state, &ret->gates[i]);
	}
}

static int make_plan(const void *context, struct deployment *d, struct error *err)
{
	const struct rotate_options *o = context;

	fill_gates(d->facts, o->key, d);
	if (!o->key)
		return plan_unlock(d->facts, o->names, d->gates, &d->plan, err);
	return plan_rotate(d->facts, o->names, d->gates, o->is_kick, &d->plan, err);
}

int rotate_run(struct host *host, const struct rotate_options *options, struct deployment *ret,
	       struct error *err)
{
	const struct planner planner = {
		.make = make_plan,
		.request = options,
		.starts = options->is_kick,
	};

	return deployment_run(host, &planner, &options->sink, ret, err);
}
