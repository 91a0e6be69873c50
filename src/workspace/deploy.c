/* SPDX-License-Identifier: MIT */
/*
 * A deploy, from the first look to the last step:
 *
 *   look (five list calls) -> plan -> nothing to do, or a dry run: the end
 *   build or pull the images that are missing (outside the lock: it may take minutes)
 *   lock -> look again -> plan again -> the account's volume -> apply -> unlock
 *
 * The second look makes the plan true for what another winalux did meanwhile.
 */
#include "winalux/workspace/apply.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "apply.h"
#include "images.h"
#include "limits.h"
#include "port_probe.h"
#include "verify.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/inventory.h"
#include "winalux/workspace/gate.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/lock.h"

struct deploy {
	struct host *host;
	const struct deploy_options *options;
	struct builder *builder;
	struct deployment *result;
	struct strv environment; /* of the host: proxies, CA */
	char *guest_image;
	char guest_digest[HASH_HEX_SIZE];
	char *seccomp_path;   /* where it was put by this run; NULL: where the facts say */
	struct labels faults; /* found by --verify */
	struct gates gates;
};

static void deploy_release(struct deploy *d)
{
	builder_freep(&d->builder);
	strv_release(&d->environment);
	free(d->guest_image);
	free(d->seccomp_path);
	labels_release(&d->faults);
	gates_release(&d->gates);
}

/* --- looking and planning --- */

static void forget_plan(struct deployment *r)
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

void deployment_forget(struct deployment *r)
{
	forget_plan(r);
	facts_release(r->facts);
}

static int look(struct deploy *d, struct error *err)
{
	deployment_forget(d->result);
	return host_observe(d->host, OBSERVE_ALL, d->result->facts, err);
}

static int find_faults(struct deploy *d, struct error *err)
{
	struct deployment *r = d->result;
	struct limit_support limits;

	labels_release(&d->faults);
	if (host_get_limits(d->host, &limits, err) < 0)
		return -1;
	return verify_wants(host_podman(d->host), r->wants, r->want_count, r->facts, &limits,
			    &d->faults, err);
}

static int make_plan(struct deploy *d, struct error *err)
{
	struct deployment *r = d->result;
	DEFER(freep) char *observed_path = account_seccomp_path(r->facts);
	const struct want_context context = {
		.profiles = d->options->profiles,
		.facts = r->facts,
		.environment = &d->environment,
		.guest_image = d->guest_image,
		.guest_digest = d->guest_digest,
		.seccomp_path = d->seccomp_path ? d->seccomp_path : observed_path,
		.names = d->options->names,
		.port_is_free = port_is_free,
		.bind_gate = gates_bind,
		.gates = &d->gates,
	};
	const struct plan_options options = {
		.names = d->options->names,
		.upgrade_guest = d->options->upgrade_guest,
		.guest_digest = d->guest_digest,
		.faults = &d->faults,
		.prune = d->options->prune,
	};

	gates_begin(&d->gates, r->facts);
	if (wants_make(d->options->inventory, &context, &r->wants, err) < 0)
		return -1;
	r->want_count = d->options->inventory->count;
	if (d->options->verify && find_faults(d, err) < 0)
		return -1;
	return plan_deploy(r->wants, r->want_count, r->facts, &options, &r->plan, err);
}

/* --- under the lock --- */

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

static bool needs_account(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		for (size_t k = 0; k < plan->items[i].step_count; k++) {
			if (plan->items[i].steps[k].kind == STEP_CREATE_CONTAINER)
				return true;
		}
	}
	return false;
}

static int ensure_account(struct deploy *d, const struct applied_lock *held, struct error *err)
{
	const struct facts *facts = d->result->facts;
	DEFER(freep) char *observed_path = account_seccomp_path(facts);

	if (observed_path || !needs_account(&d->result->plan))
		return 0;
	return account_ensure(held->podman, facts, d->guest_image, &d->seccomp_path, err);
}

static int save_key(struct deploy *d, struct error *err)
{
	if (gates_save(&d->gates, err) < 0)
		return -1;
	strv_addf(
		&d->result->notes,
		"made the key file '%s', which access tokens are derived from; `winalux token key "
		"backup FILE` copies it",
		d->gates.key_file);
	return 0;
}

static int apply_locked(struct deploy *d, const struct applied_lock *held, struct error *err)
{
	struct deployment *r = d->result;

	if (look(d, err) < 0 || make_plan(d, err) < 0 || ensure_account(d, held, err) < 0)
		return -1;
	const bool has_new_key = d->gates.is_unsaved;
	if (has_new_key && save_key(d, err) < 0)
		return -1;
	if (d->seccomp_path || has_new_key) { /* specs name the one, tokens come from the other */
		forget_plan(r);
		if (make_plan(d, err) < 0)
			return -1;
	}
	return apply_under_lock(d->host, &r->plan, &d->options->sink, held, &r->outcomes, err);
}

static int lock_and_apply(struct deploy *d, struct error *err)
{
	DEFER(account_lock_give) struct applied_lock held = { 0 };

	if (account_lock_take(d->host, &d->options->sink, &held, err) < 0)
		return -1;
	return apply_locked(d, &held, err);
}

/* --- the whole --- */

static void note_limits(struct deploy *d)
{
	struct deployment *r = d->result;
	struct limit_support support = { 0 };

	for (size_t i = 0; i < r->plan.count; i++) {
		const struct want *want = r->plan.items[i].want;
		DEFER(strv_release) struct strv names = { 0 };
		DEFER(freep) char *list = NULL;
		struct resource_limits limits;

		if (!want || !r->plan.items[i].step_count)
			continue;
		limits = want->pod.limits;
		if (!limits.cpu_milli && !limits.memory_bytes && !limits.pids)
			limits = want->containers[want->container_count - 1].spec.limits;
		if (!limits.cpu_milli && !limits.memory_bytes && !limits.pids)
			continue;
		if (host_get_limits(d->host, &support, NULL) < 0)
			return;
		limits_add_unenforced(&limits, &support, &names);
		if (!names.count)
			continue;
		list = strv_join(&names, ", ");
		strv_addf(
			&r->notes,
			"workspace '%s': %s not enforceable on this account; `winalux doctor` says "
			"what an administrator would do",
			r->plan.items[i].name, list);
	}
}

static void note_moved_ports(struct deploy *d)
{
	struct deployment *r = d->result;

	for (size_t i = 0; i < r->plan.count; i++) {
		const struct workspace_plan *w = &r->plan.items[i];
		const uint16_t had = w->facts ? w->facts->state.ssh_port : 0;

		if (!w->want || !w->step_count || !had || had == w->want->ssh_port ||
		    w->want->workspace->ssh_port != PORT_AUTO)
			continue;
		strv_addf(&r->notes,
			  "workspace '%s': port %u is taken, its ssh port is now %u; run `winalux "
			  "ssh-config --write` again",
			  w->name, had, w->want->ssh_port);
	}
}

/* Tokens of a key that is not at hand stay as they are. */
static void note_gates(struct deploy *d)
{
	struct deployment *r = d->result;
	DEFER(key_clear) struct key key = { 0 };
	DEFER(strv_release) struct strv others = { 0 };
	DEFER(freep) char *list = NULL;
	char fingerprint[KEY_FINGERPRINT_SIZE] = "";

	if (key_load(d->gates.key_file, &key, NULL) == 0)
		key_fingerprint(&key, fingerprint);
	for (size_t i = 0; i < r->plan.count; i++) {
		const struct workspace_plan *w = &r->plan.items[i];
		const struct want_gate *gate = w->want ? &w->want->gate : NULL;

		if (gate && gate->waits)
			strv_addf(&r->notes,
				  "workspace '%s': its guest is older than the gate, which stays "
				  "off; `winalux deploy --upgrade-guest` replaces it",
				  w->name);
		if (gate && w->step_count && gate->is_on && !gate->is_new &&
		    strcmp(gate->key, fingerprint) != 0)
			strv_add(&others, w->name);
	}
	if (!others.count)
		return;
	list = strv_join(&others, ", ");
	strv_addf(&r->notes,
		  "made with another key than the one here, and left alone: the token of %s; "
		  "`winalux token list` says which",
		  list);
}

static int deploy_prepare(struct deploy *d, struct error *err)
{
	const struct builder_options options = {
		.podman = host_podman(d->host),
		.config = host_config(d->host),
		.profiles = d->options->profiles,
		.cancelled = host_cancelled(d->host),
		.on_line = images_on_line,
		.context = (void *)(uintptr_t)&d->options->sink,
	};

	d->builder = builder_new(&options, err);
	if (!d->builder)
		return -1;
	builder_add_environment(d->builder, &d->environment);
	d->guest_image = image_guest_reference(d->guest_digest);
	return 0;
}

/* Nothing to touch, so no lock; but what was refused has to be told. */
static int finish_without_steps(struct deploy *d, struct error *err)
{
	struct deployment *r = d->result;
	const struct applied_lock none = { 0 };

	if (!plan_count_action(&r->plan, ACTION_REFUSE))
		return 0;
	return apply_under_lock(d->host, &r->plan, &d->options->sink, &none, &r->outcomes, err);
}

static int deploy_all(struct deploy *d, struct error *err)
{
	struct deployment *r = d->result;
	const struct deploy_options *o = d->options;

	if (deploy_prepare(d, err) < 0 || look(d, err) < 0 || make_plan(d, err) < 0)
		return -1;
	images_note_stale(d->builder, &r->plan, o->profiles, &r->facts->images, &r->notes);
	note_limits(d);
	note_moved_ports(d);
	note_gates(d);
	images_list_missing(&r->plan, &r->facts->images, d->guest_image, &r->missing_images);
	if (o->is_dry_run)
		return 0;
	if (!plan_step_count(&r->plan))
		return finish_without_steps(d, err);
	if (r->missing_images.count) {
		const struct images_options images = {
			.host = d->host,
			.builder = d->builder,
			.profiles = o->profiles,
			.sink = &o->sink,
			.no_build = o->no_build,
		};

		if (images_ensure(&images, &r->plan, &r->facts->images, err) < 0)
			return -1;
	}
	return lock_and_apply(d, err);
}

int deploy_run(struct host *host, const struct deploy_options *options, struct deployment *ret,
	       struct error *err)
{
	DEFER(deploy_release)
	struct deploy d = {
		.host = host,
		.options = options,
		.result = ret,
		.gates = { .key_file = host_config(host)->key_file,
			   .upgrades_guest = options->upgrade_guest },
	};

	*ret = (struct deployment){ .facts = xcalloc(1, sizeof(*ret->facts)) };
	return deploy_all(&d, err);
}

void deployment_release(struct deployment *d)
{
	if (!d)
		return;
	outcomes_release(&d->outcomes);
	if (d->facts)
		deployment_forget(d);
	free(d->facts);
	strv_release(&d->missing_images);
	strv_release(&d->notes);
	*d = (struct deployment){ 0 };
}

/* --- start, stop, restart, destroy --- */

static int make_operation_plan(enum operation operation, const struct facts *facts,
			       const struct strv *names, struct plan *ret, struct error *err)
{
	switch (operation) {
	case OPERATION_START:
		return plan_start(facts, names, ret, err);
	case OPERATION_STOP:
		return plan_stop(facts, names, ret, err);
	case OPERATION_RESTART:
		return plan_restart(facts, names, ret, err);
	case OPERATION_DESTROY:
		return plan_destroy(facts, names, false, ret, err);
	case OPERATION_DESTROY_KEEP_DATA:
		return plan_destroy(facts, names, true, ret, err);
	}
	return error_set(err, ERROR_INTERNAL, "unknown operation");
}

static int look_and_plan(struct host *host, enum operation operation, const struct strv *names,
			 struct deployment *ret, struct error *err)
{
	deployment_forget(ret);
	if (host_observe(host, OBSERVE_ALL, ret->facts, err) < 0)
		return -1;
	return make_operation_plan(operation, ret->facts, names, &ret->plan, err);
}

int operate_run(struct host *host, enum operation operation, const struct strv *names,
		const struct progress_sink *sink, struct deployment *ret, struct error *err)
{
	DEFER(account_lock_give) struct applied_lock held = { 0 };

	*ret = (struct deployment){ .facts = xcalloc(1, sizeof(*ret->facts)) };
	if (look_and_plan(host, operation, names, ret, err) < 0)
		return -1;
	if (!plan_step_count(&ret->plan))
		return 0;
	if (account_lock_take(host, sink, &held, err) < 0 ||
	    look_and_plan(host, operation, names, ret, err) < 0)
		return -1;
	return apply_under_lock(host, &ret->plan, sink, &held, &ret->outcomes, err);
}
