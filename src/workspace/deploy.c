/* SPDX-License-Identifier: MIT */
/*
 * A deploy, from the first look to the last step:
 *
 *   look (five list calls) -> plan -> nothing to do, or a dry run: the end
 *   build or pull the images that are missing (outside the lock: it may take minutes); before
 *   each of them and before anything is made, is there room? (floor.c)
 *   lock -> look again -> plan again -> the account's volume -> apply -> unlock
 *
 * The second look makes the plan true for what another winalux did meanwhile.
 */
#include "winalux/workspace/apply.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "deployment.h"
#include "emulator.h"
#include "host_info.h"
#include "images.h"
#include "keepers.h"
#include "library_sync.h"
#include "limits.h"
#include "port_probe.h"
#include "telemetry_daemon.h"
#include "verify.h"
#include "winalux/base/arch.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/strict.h"
#include "winalux/podman/podman.h"
#include "winalux/workspace/floor.h"
#include "winalux/workspace/gate.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/strangers.h"

struct deploy {
	struct host *host;
	const struct deploy_options *options;
	struct builder *builder;
	struct deployment *result;
	struct strv environment; /* of the host: proxies, CA */
	char *guest_image;
	char guest_digest[HASH_HEX_SIZE];
	char *emulated_guest_image; /* of the other architecture */
	char emulated_guest_digest[HASH_HEX_SIZE];
	struct server_paths paths; /* as observed, and completed by this run */
	struct labels faults;      /* found by --verify, and what nobody measures any more */
	struct gates gates;
	struct strv replaced_images; /* ids */
};

static void deploy_release(struct deploy *d)
{
	builder_freep(&d->builder);
	strv_release(&d->environment);
	free(d->guest_image);
	free(d->emulated_guest_image);
	account_paths_release(&d->paths);
	labels_release(&d->faults);
	gates_release(&d->gates);
	strv_release(&d->replaced_images);
}

/* --- looking and planning --- */

static bool wants_telemetry(const struct deploy *d)
{
	return host_config(d->host)->telemetry_interval_s != 0;
}

/* Dev containers that are made from now on see their own figures alone. */
static void hide_pods(struct deploy *d)
{
	free(d->paths.telemetry);
	d->paths.telemetry = NULL;
}

static int look(struct deploy *d, struct error *err)
{
	if (deployment_look(d->host, d->result, err) < 0)
		return -1;
	account_paths_release(&d->paths);
	account_paths_get(d->result->facts, &d->paths);
	if (!wants_telemetry(d))
		hide_pods(d);
	return 0;
}

static int find_faults(struct deploy *d, struct error *err)
{
	struct deployment *r = d->result;
	struct limit_support limits;

	if (host_get_limits(d->host, &limits, err) < 0)
		return -1;
	return verify_wants(host_podman(d->host), r->wants, r->want_count, r->facts, &limits,
			    &d->faults, err);
}

static int collect_faults(struct deploy *d, struct error *err)
{
	const struct deployment *r = d->result;

	labels_release(&d->faults);
	if (d->options->verify && find_faults(d, err) < 0)
		return -1;
	if (!wants_telemetry(d))
		telemetry_add_faults(r->facts, &d->faults);
	return 0;
}

/* The first workspace of the run that the inventory wants to be strict. */
static const struct workspace *first_strict(const struct deploy_options *options)
{
	const struct inventory *inventory = options->inventory;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct workspace *w = &inventory->workspaces[i];

		if (w->gate == GATE_STRICT && (!options->names || !options->names->count ||
					       strv_contains(options->names, w->name)))
			return w;
	}
	return NULL;
}

/* Before anything is touched. A server that cannot say what it has is left to try. */
static int check_strict(struct deploy *d, struct error *err)
{
	const struct inventory *inventory = d->options->inventory;
	const struct workspace *w = first_strict(d->options);
	DEFER(freep) char *lack = NULL;
	const struct json *info;

	if (!w)
		return 0;
	if (host_get_info(d->host, &info, err) < 0)
		return -1;
	if (!info)
		return 0;
	lack = strict_lack(info);
	if (!lack)
		return 0;
	return error_set(err, ERROR_INVENTORY,
			 "%s:%u:%u: workspace '%s': 'gate: strict' needs %s; use 'gate: shell'",
			 inventory->file, w->line, w->column, w->name, lack);
}

/* Whether any of it holds costs a call. */
static bool has_limits(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (inventory->workspaces[i].cpu_milli || inventory->workspaces[i].memory_limit_mib)
			return true;
	}
	return false;
}

static int make_plan(struct deploy *d, struct error *err)
{
	struct deployment *r = d->result;
	struct port_patience patience = { PORT_PATIENCE_MS };
	struct limit_support limits = { 0 };

	if (has_limits(d->options->inventory) && host_get_limits(d->host, &limits, err) < 0)
		return -1;
	const struct want_context context = {
		.profiles = d->options->profiles,
		.facts = r->facts,
		.environment = &d->environment,
		.registry = d->options->registry,
		.guest_image = d->guest_image,
		.guest_digest = d->guest_digest,
		.emulated_guest_image = d->emulated_guest_image,
		.emulated_guest_digest = d->emulated_guest_digest,
		.paths = &d->paths,
		.cpu_holds = limits.has_cpu,
		.memory_holds = limits.has_memory,
		.names = d->options->names,
		.port_is_free = port_becomes_free,
		.context = &patience,
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
	if (collect_faults(d, err) < 0)
		return -1;
	return plan_deploy(r->wants, r->want_count, r->facts, &options, &r->plan, err);
}

/* --- under the lock --- */

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

/* *ret_changed: wants and plan are to be made again, since specs name the paths. */
static int ensure_account(struct deploy *d, const struct applied_lock *held, bool *ret_changed,
			  struct error *err)
{
	if (d->paths.seccomp || !needs_account(&d->result->plan))
		return 0;
	*ret_changed = true;
	account_paths_release(&d->paths);
	return account_ensure(held->podman, d->result->facts, d->guest_image, &d->paths, err);
}

static bool wants_strict(const struct deploy *d)
{
	const struct plan *plan = &d->result->plan;

	for (size_t i = 0; i < plan->count; i++) {
		const struct want *want = plan->items[i].want;

		if (want && want->gate.is_on && want->gate.is_strict)
			return true;
	}
	return false;
}

/* What keepers that begin anew have lost is part of the facts. */
static int ensure_keepers(struct deploy *d, const struct applied_lock *held, bool *ret_changed,
			  struct error *err)
{
	struct facts *facts = d->result->facts;
	bool is_changed = false;

	if (!wants_strict(d) && !facts_need_keepers(facts))
		return 0;
	if (keepers_ensure(held->podman, facts, d->options->upgrade_guest, &is_changed, err) < 0)
		return -1;
	*ret_changed |= is_changed;
	if (!is_changed)
		return 0;
	return keepers_find_lost(held->podman, facts, err);
}

/* It runs for nobody, where it should not. */
static bool has_idle_telemetry(const struct deploy *d)
{
	const struct facts *facts = d->result->facts;

	return !wants_telemetry(d) && facts->telemetry && !telemetry_is_needed(facts);
}

static bool needs_telemetry(const struct deploy *d)
{
	const uint32_t interval_s = host_config(d->host)->telemetry_interval_s;

	return d->paths.telemetry && (telemetry_is_mounted_by(&d->result->plan) ||
				      telemetry_is_missed(d->result->facts, interval_s));
}

/* A workspace does without it where it cannot run. */
static void ensure_telemetry(struct deploy *d, const struct applied_lock *held, bool *ret_changed)
{
	struct deployment *r = d->result;
	struct error why;

	if (!needs_telemetry(d) ||
	    telemetry_ensure(held->podman, r->facts, &r->plan,
			     host_config(d->host)->telemetry_interval_s, &why) == 0)
		return;
	deployment_note_blind(r, &why);
	hide_pods(d);
	*ret_changed = true;
}

static int ensure_emulator(struct deploy *d, const struct applied_lock *held, struct error *err)
{
	struct deployment *r = d->result;

	if (!emulator_is_missed(r->facts, &r->plan))
		return 0;
	return emulator_ensure(held->podman, r->facts, d->builder, err);
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

/* What all workspaces of the account share. */
static int prepare_account(struct deploy *d, const struct applied_lock *held, struct error *err)
{
	bool is_changed = d->gates.is_unsaved; /* tokens come from the key */

	if (ensure_account(d, held, &is_changed, err) < 0 ||
	    ensure_keepers(d, held, &is_changed, err) < 0 || ensure_emulator(d, held, err) < 0 ||
	    library_ensure_volume(held->podman, d->result->facts, &d->result->plan, err) < 0 ||
	    (d->gates.is_unsaved && save_key(d, err) < 0))
		return -1;
	ensure_telemetry(d, held, &is_changed);
	if (!is_changed)
		return 0;
	deployment_forget_plan(d->result);
	return make_plan(d, err);
}

static int apply_locked(struct deploy *d, const struct applied_lock *held, struct error *err)
{
	struct deployment *r = d->result;

	if (look(d, err) < 0 || make_plan(d, err) < 0 || prepare_account(d, held, err) < 0)
		return -1;
	deployment_note_lost(r);
	if (apply_under_lock(d->host, &r->plan, &d->options->sink, held, &r->outcomes, err) < 0)
		return -1;
	return deployment_dismiss_attendants(d->host, held, r, err);
}

static int lock_and_apply(struct deploy *d, struct error *err)
{
	DEFER(account_lock_give) struct applied_lock held = { 0 };

	if (account_lock_take(d->host, &d->options->sink, &held, err) < 0)
		return -1;
	return apply_locked(d, &held, err);
}

/* --- the whole --- */

/* What a plan without such a step does works on a full disk too. */
static bool makes_objects(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		for (size_t k = 0; k < plan->items[i].step_count; k++) {
			const enum step_kind kind = plan->items[i].steps[k].kind;

			if (kind >= STEP_CREATE_NETWORK && kind <= STEP_CREATE_CONTAINER)
				return true;
		}
	}
	return false;
}

static struct images_options images_options_of(const struct deploy *d)
{
	const struct deploy_options *o = d->options;

	return (struct images_options){
		.host = d->host,
		.builder = d->builder,
		.profiles = o->profiles,
		.sink = &o->sink,
		.no_build = o->no_build,
		.no_pull = o->pull == DEPLOY_PULL_NEVER,
	};
}

/* What is newer changes the plan. */
static int renew_images(struct deploy *d, struct error *err)
{
	struct deployment *r = d->result;
	const struct images_options images = images_options_of(d);

	if (d->options->pull != DEPLOY_PULL_NEWER || d->options->is_dry_run)
		return 0;
	if (images_renew(&images, &r->plan, &r->facts->images, &d->replaced_images, err) < 0)
		return -1;
	if (!d->replaced_images.count)
		return 0;
	return look(d, err) < 0 ? -1 : make_plan(d, err);
}

/* A deploy asks a registry only for what it is to pull; a plan tells what there would be. */
static void note_newer_images(struct deploy *d)
{
	struct deployment *r = d->result;
	const struct images_options images = images_options_of(d);

	if (d->options->is_dry_run && d->options->pull != DEPLOY_PULL_NEVER)
		images_note_newer(&images, &r->plan, &r->facts->images,
				  d->options->pull == DEPLOY_PULL_NEWER, &r->notes);
}

static int ensure_images(struct deploy *d, struct error *err)
{
	const struct images_options images = images_options_of(d);

	/* What is there is looked at too: its architecture may be another one. */
	if (!d->result->missing_images.count && !needs_account(&d->result->plan))
		return 0;
	return images_ensure(&images, &d->result->plan, &d->result->facts->images, err);
}

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

static void note_old_guests(struct deploy *d)
{
	struct deployment *r = d->result;

	for (size_t i = 0; i < r->plan.count; i++) {
		const struct workspace_plan *w = &r->plan.items[i];

		if (w->want && w->want->gate.waits)
			strv_addf(&r->notes,
				  "workspace '%s': its guest is older than the gate, which stays "
				  "off; `winalux deploy --upgrade-guest` replaces it",
				  w->name);
	}
}

/* The recorded token of a workspace that this run touches, NULL: none. */
static const struct want_gate *kept_gate(const struct workspace_plan *w)
{
	const struct want_gate *gate = w->want ? &w->want->gate : NULL;

	return gate && w->step_count && gate->is_on && !gate->is_new ? gate : NULL;
}

/* Tokens of a key that is not at hand stay as they are. */
static void note_other_keys(struct deploy *d)
{
	struct deployment *r = d->result;
	DEFER(strv_release) struct strv others = { 0 };
	char at_hand[KEY_FINGERPRINT_SIZE];
	bool has_looked = false; /* most runs need no look at the file */

	for (size_t i = 0; i < r->plan.count; i++) {
		const struct want_gate *gate = kept_gate(&r->plan.items[i]);

		if (gate && !has_looked)
			key_fingerprint_at(d->gates.key_file, at_hand);
		has_looked |= gate != NULL;
		if (gate && strcmp(gate->key, at_hand) != 0)
			strv_add(&others, r->plan.items[i].name);
	}
	if (!others.count)
		return;
	DEFER(freep) char *list = strv_join(&others, ", ");
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
	d->guest_image = image_guest_reference(arch_own(), d->guest_digest);
	d->emulated_guest_image = image_guest_reference(arch_other(), d->emulated_guest_digest);
	return 0;
}

static bool misses_attendants(const struct deploy *d)
{
	const struct deployment *r = d->result;

	return keepers_are_missed(r->facts) || emulator_is_missed(r->facts, &r->plan) ||
	       needs_telemetry(d);
}

static int deploy_all(struct deploy *d, struct error *err)
{
	struct deployment *r = d->result;
	const struct deploy_options *o = d->options;

	if (deploy_prepare(d, err) < 0 || check_strict(d, err) < 0 || look(d, err) < 0 ||
	    make_plan(d, err) < 0 || renew_images(d, err) < 0)
		return -1;
	note_newer_images(d);
	images_note_stale(d->builder, &r->plan, o->profiles, &r->facts->images, &r->notes);
	note_limits(d);
	note_moved_ports(d);
	note_old_guests(d);
	note_other_keys(d);
	strangers_note(r->facts, &r->notes);
	images_list_missing(&r->plan, &r->facts->images, d->guest_image, &r->missing_images);
	if (o->is_dry_run)
		return 0;
	if (!plan_step_count(&r->plan) && !misses_attendants(d) && !has_idle_telemetry(d))
		return deployment_tell_refusals(d->host, &o->sink, r, err);
	if (ensure_images(d, err) < 0 || (makes_objects(&r->plan) && floor_check(d->host, err) < 0))
		return -1;
	if (lock_and_apply(d, err) < 0)
		return -1;
	images_remove_nameless(d->host, &d->replaced_images);
	return 0;
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

	deployment_init(ret);
	return deploy_all(&d, err);
}
