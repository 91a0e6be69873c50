/* SPDX-License-Identifier: MIT */
/*
 * What every change has in common: look, plan, and when there is something to do: take the
 * account's lock, look and plan again, as another winalux may have been at work meanwhile, apply,
 * give the lock back. A deploy does more between these (deploy.c).
 */
#include "deployment.h"

#include <stdlib.h>

#include "emulator.h"
#include "keepers.h"
#include "telemetry_daemon.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/config.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/lock.h"
#include "winalux/workspace/strangers.h"

void deployment_init(struct deployment *d)
{
	*d = (struct deployment){ .facts = xcalloc(1, sizeof(*d->facts)) };
}

void deployment_forget_plan(struct deployment *r)
{
	plan_release(&r->plan);
	wants_free(r->wants, r->want_count);
	r->wants = NULL;
	r->want_count = 0;
	for (size_t i = 0; i < r->gate_count; i++)
		want_gate_release(&r->gates[i]);
	free(r->gates);
	r->gates = NULL;
	r->gate_count = 0;
}

static void forget(struct deployment *r)
{
	deployment_forget_plan(r);
	facts_release(r->facts);
}

int deployment_look(struct host *host, struct deployment *d, struct error *err)
{
	forget(d);
	if (host_observe(host, OBSERVE_ALL, d->facts, err) < 0)
		return -1;
	strangers_tell(host, d->facts);
	return 0;
}

void deployment_release(struct deployment *d)
{
	if (!d)
		return;
	outcomes_release(&d->outcomes);
	if (d->facts)
		forget(d);
	free(d->facts);
	strv_release(&d->missing_images);
	strv_release(&d->notes);
	*d = (struct deployment){ 0 };
}

/* --- the lock --- */

static void say_waiting(void *context, const char *holder, int64_t expires_s)
{
	const struct progress_sink *sink = context;
	DEFER(freep) char *text = xasprintf("waiting for another winalux (%s)", holder);

	(void)expires_s;
	if (sink && sink->on_step)
		sink->on_step(sink->context, NULL, text, 0, 0);
}

int account_lock_take(struct host *host, const struct progress_sink *sink, struct applied_lock *ret,
		      struct error *err)
{
	const struct lock_options options = {
		.timeout_ms = (int)host_config(host)->lock_timeout_s * 1000,
		.cancelled = host_cancelled(host),
		.on_wait = say_waiting,
		.context = (void *)(uintptr_t)sink,
	};

	ret->podman = host_connect(host, false);
	return lock_take(ret->podman, &options, &ret->lock, err);
}

void account_lock_give(struct applied_lock *held)
{
	lock_release(held->lock, held->podman);
	podman_free(held->podman);
}

/* --- a whole run --- */

int deployment_tell_refusals(struct host *host, const struct progress_sink *sink,
			     struct deployment *d, struct error *err)
{
	const struct applied_lock none = { 0 };

	if (!plan_count_action(&d->plan, ACTION_REFUSE))
		return 0;
	return apply_under_lock(host, &d->plan, sink, &none, &d->outcomes, err);
}

static int look_and_plan(struct host *host, const struct planner *planner, struct deployment *d,
			 struct error *err)
{
	if (deployment_look(host, d, err) < 0)
		return -1;
	return planner->make(planner->request, d, err);
}

static bool has_keepers(const struct facts *facts)
{
	for (size_t i = 0; i < KEEPER_COUNT; i++) {
		if (facts->keepers[i])
			return true;
	}
	return false;
}

static bool took_something_away(const struct plan *plan)
{
	return plan_count_action(plan, ACTION_REMOVE) || plan_count_action(plan, ACTION_DESTROY);
}

int deployment_dismiss_attendants(struct host *host, const struct applied_lock *held,
				  const struct deployment *d, struct error *err)
{
	const bool has_telemetry =
		d->facts->telemetry &&
		(took_something_away(&d->plan) || !host_config(host)->telemetry_interval_s);
	DEFER(facts_release) struct facts now = { 0 };

	if (!has_keepers(d->facts) && !has_telemetry && !d->facts->emulator)
		return 0;
	if (host_observe(host, OBSERVE_STATE, &now, err) < 0 ||
	    keepers_dismiss(held->podman, &now, err) < 0 ||
	    emulator_dismiss(held->podman, &now, err) < 0)
		return -1;
	return has_telemetry ? telemetry_dismiss(held->podman, &now, err) : 0;
}

void deployment_note_blind(struct deployment *d, const struct error *why)
{
	strv_addf(&d->notes,
		  "whole pods are not measured, and workspaces show their dev "
		  "container's figures alone: %s",
		  why->text);
}

/* What is not there any more because the machine was started anew, say; and what of its volume the
 * containers mount that start. */
static void ensure_telemetry(struct host *host, const struct applied_lock *held,
			     struct deployment *d)
{
	const uint32_t interval_s = host_config(host)->telemetry_interval_s;
	struct error why;

	if (interval_s && telemetry_is_needed(d->facts) &&
	    telemetry_ensure(held->podman, d->facts, NULL, interval_s, &why) < 0)
		deployment_note_blind(d, &why);
}

/* Keepers that had to be made anew may have lost workspaces, which the plan must know. */
static int look_and_plan_again(struct host *host, const struct planner *planner,
			       const struct applied_lock *held, struct deployment *d,
			       struct error *err)
{
	bool is_changed = false;

	if (look_and_plan(host, planner, d, err) < 0)
		return -1;
	if (planner->starts)
		ensure_telemetry(host, held, d);
	if (planner->starts && emulator_is_missed(d->facts, NULL) &&
	    emulator_ensure(held->podman, d->facts, NULL, err) < 0)
		return -1;
	if (!planner->starts || !keepers_are_missed(d->facts))
		return 0;
	if (keepers_ensure(held->podman, d->facts, false, &is_changed, err) < 0)
		return -1;
	return look_and_plan(host, planner, d, err);
}

void deployment_note_lost(struct deployment *d)
{
	for (size_t i = 0; i < d->plan.count; i++) {
		const struct workspace_plan *w = &d->plan.items[i];

		if (w->action == ACTION_RESTART && w->facts->is_lost)
			strv_addf(&d->notes,
				  "workspace '%s' was restarted: its gate was lost, and no program "
				  "could be started in it",
				  w->name);
	}
}

int deployment_run(struct host *host, const struct planner *planner,
		   const struct progress_sink *sink, struct deployment *ret, struct error *err)
{
	DEFER(account_lock_give) struct applied_lock held = { 0 };

	deployment_init(ret);
	if (look_and_plan(host, planner, ret, err) < 0)
		return -1;
	strangers_note(ret->facts, &ret->notes);
	if (!plan_step_count(&ret->plan))
		return deployment_tell_refusals(host, sink, ret, err);
	if (account_lock_take(host, sink, &held, err) < 0 ||
	    look_and_plan_again(host, planner, &held, ret, err) < 0)
		return -1;
	deployment_note_lost(ret);
	if (apply_under_lock(host, &ret->plan, sink, &held, &ret->outcomes, err) < 0)
		return -1;
	return deployment_dismiss_attendants(host, &held, ret, err);
}
