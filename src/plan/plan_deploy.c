/* SPDX-License-Identifier: MIT */
/*
 * The deploy plan of one workspace, in two passes: first each object gets a verdict (kept, or made
 * anew and why), then the verdicts become steps in the one order that works:
 *
 *   remove what must go, stop what has lost its pod's network; network, volumes, pod; containers
 *   (sidecars, then dev); files into dev; start in the same order; wait; record the state;
 *   libraries, and the state once more; remove older states.
 *
 * An object is kept when the digest on its label is the wanted one, its id is the recorded one and
 * its name is still its own. An object that nobody recorded is the leftover of a broken deploy, or
 * was made by hand: it is made anew. Volumes with data are never removed.
 */
#include "winalux/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"
#include "winalux/plan/digest.h"
#include "winalux/plan/names.h"

struct verdict {
	bool is_kept;
	bool is_running;
	char *reason; /* why not kept */
};

/* Verdicts of one workspace. containers is parallel to want->containers; dev is the last. */
struct review {
	const struct want *want;
	const struct workspace_facts *facts;
	const struct plan_options *options;
	struct verdict network;
	struct verdict pod;
	struct verdict *containers;
	bool is_live_changed;
	bool has_other_libraries; /* than those that were installed last */
	bool syncs_libraries;     /* they are, or the dev container is new */
	bool has_surplus;         /* containers that the inventory does not want any more */
	bool is_severed;          /* kept containers run in a pod whose infra container has ended */
};

static const struct workspace_facts nothing_there;

static char *judge(const struct workspace_facts *facts, const char *role, const char *id,
		   const struct labels *have, const struct labels *want)
{
	char recorded[65];
	const char *had = labels_get(have, LABEL_SPEC), *wanted = labels_get(want, LABEL_SPEC);

	if (!facts->state.generation)
		return xstrdup("is left over from a deploy that did not end");
	workspace_state_object(&facts->state, role, recorded);
	if (strcmp(recorded, id))
		return xstrdup("is not the one that winalux made");
	if (!had || !wanted || strcmp(had, wanted)) {
		DEFER(freep) char *aspects = digest_explain(have, want);

		return xasprintf("%s changed", aspects ? aspects : "settings");
	}
	return NULL;
}

static struct verdict review_network(const struct review *r)
{
	const struct network *network = r->facts->network;
	char recorded[65];

	if (!network)
		return (struct verdict){ .reason = xstrdup("is missing") };
	workspace_state_object(&r->facts->state, ROLE_NETWORK, recorded);
	if (r->facts->state.generation && strcmp(recorded, network->id))
		return (struct verdict){ .reason = xstrdup("is not the one that winalux made") };
	return (struct verdict){ .is_kept = true };
}

static struct verdict review_pod(const struct review *r)
{
	const struct pod *pod = r->facts->pod;
	char *reason;

	if (!pod)
		return (struct verdict){ .reason = xstrdup("is missing") };
	if (!r->network.is_kept)
		return (struct verdict){ .reason = xstrdup("its network is made anew") };
	reason = judge(r->facts, ROLE_POD, pod->id, &pod->labels, &r->want->pod.labels);
	if (!reason && strcmp(pod->name, r->want->pod.name) != 0)
		reason = xstrdup("was renamed by hand");
	if (!reason && r->options->faults)
		reason = xstrdup_or_null(labels_get(r->options->faults, pod->id));
	/* "stopping", say, of which Podman never hears the end when conmon was killed. */
	if (!reason && r->facts->infra && r->facts->infra->state == CONTAINER_BROKEN)
		reason = xstrdup("its infra container cannot be used in the state it is in");
	return (struct verdict){ .is_kept = !reason, .reason = reason };
}

/* A guest that does not understand us, nor we it, cannot stay even if nothing else has changed. */
static bool speaks_other_wire(const struct container *c)
{
	const char *guest = labels_get(&c->labels, LABEL_GUEST);
	const char *wire = labels_get(&c->labels, LABEL_WIRE);

	return guest && *guest && strcmp(wire ? wire : "1", WIRE_VERSION_TEXT) != 0;
}

static bool has_other_guest(const struct review *r, const struct want_container *want,
			    const struct container *c)
{
	const char *guest = labels_get(&c->labels, LABEL_GUEST);
	const char *newest = r->options->guest_digest;

	if (labels_get(&want->spec.labels, LABEL_ARCH))
		newest = labels_get(&want->spec.labels, LABEL_GUEST);
	return r->options->upgrade_guest && newest && guest && *guest && strcmp(guest, newest);
}

static bool is_dev(const struct want_container *c)
{
	return !strcmp(c->role, ROLE_DEV);
}

static struct verdict review_container(const struct review *r, const struct want_container *want)
{
	const struct container *c = workspace_facts_container(r->facts, want->role);
	char *reason;

	if (!c)
		return (struct verdict){ .reason = xstrdup("is missing") };
	if (!r->pod.is_kept)
		return (struct verdict){ .reason = xstrdup("its pod is made anew") };
	reason = judge(r->facts, want->role, c->id, &c->labels, &want->spec.labels);
	if (!reason && strcmp(c->name, want->spec.name) != 0)
		reason = xstrdup("was renamed by hand");
	if (!reason && speaks_other_wire(c))
		reason = xstrdup("its guest speaks another version");
	if (!reason && has_other_guest(r, want, c))
		reason = xstrdup("guest is upgraded");
	if (!reason && r->options->faults)
		reason = xstrdup_or_null(labels_get(r->options->faults, c->id));
	if (!reason && (c->state == CONTAINER_PAUSED || c->state == CONTAINER_BROKEN))
		reason = xstrdup("cannot be used in the state it is in");
	return (struct verdict){
		.is_kept = !reason,
		.is_running = !reason && c->state == CONTAINER_RUNNING && !r->is_severed &&
			      !(r->facts->is_lost && is_dev(want)),
		.reason = reason,
	};
}

/* Of a role that is not wanted, or a second one of its role: a renamed one beside its successor. */
static bool is_surplus(const struct review *r, const struct container *c)
{
	for (size_t i = 0; i < r->want->container_count; i++) {
		if (workspace_facts_container(r->facts, r->want->containers[i].role) == c)
			return false;
	}
	return true;
}

static struct verdict *dev_verdict(const struct review *r)
{
	return &r->containers[r->want->container_count - 1];
}

/* The files that the dev container should have, and the token in them. */
static bool has_other_files(const struct review *r)
{
	const struct workspace_state *had = &r->facts->state;
	const struct want_gate *gate = &r->want->gate;

	if (!had->live || strcmp(had->live, r->want->live_digest) != 0)
		return true;
	return gate->is_on && (!had->gate_hash || strcmp(had->gate_hash, gate->hash) != 0);
}

/* "" where there is no list. */
static bool has_other_libraries(const struct review *r)
{
	const char *had = r->facts->state.libraries;

	return strcmp(had ? had : "", r->want->libraries_digest) != 0;
}

static void review_workspace(struct review *r)
{
	const struct want *want = r->want;

	r->network = review_network(r);
	r->pod = review_pod(r);
	r->is_severed = r->pod.is_kept && workspace_facts_is_severed(r->facts);
	r->containers = xcalloc(want->container_count, sizeof(r->containers[0]));
	for (size_t i = 0; i < want->container_count; i++)
		r->containers[i] = review_container(r, &want->containers[i]);
	r->is_live_changed = has_other_files(r);
	r->has_other_libraries = has_other_libraries(r);
	r->syncs_libraries =
		r->has_other_libraries || (want->libraries && !dev_verdict(r)->is_kept);
	for (size_t i = 0; i < r->facts->container_count; i++)
		r->has_surplus |= is_surplus(r, r->facts->containers[i]);
}

static void review_release(struct review *r)
{
	free(r->network.reason);
	free(r->pod.reason);
	for (size_t i = 0; r->containers && i < r->want->container_count; i++)
		free(r->containers[i].reason);
	free(r->containers);
}

/* --- verdicts to steps --- */

static bool is_kept(const struct review *r, const struct container *c)
{
	for (size_t i = 0; i < r->want->container_count; i++) {
		if (r->containers[i].is_kept &&
		    workspace_facts_container(r->facts, r->want->containers[i].role) == c)
			return true;
	}
	return false;
}

static bool has_to_stop(const struct review *r, const struct container *c)
{
	if (c->state != CONTAINER_RUNNING)
		return false;
	return r->is_severed ||
	       (r->facts->is_lost && c == workspace_facts_container(r->facts, ROLE_DEV));
}

static void steps_remove(struct workspace_plan *w, const struct review *r)
{
	const struct workspace_facts *facts = r->facts;

	for (size_t i = facts->container_count; i-- > 0;) {
		const struct container *c = facts->containers[i];
		const bool goes_with_pod =
			facts->pod && !r->pod.is_kept && !strcmp(c->pod_id, facts->pod->id);

		if (is_kept(r, c)) {
			if (has_to_stop(r, c))
				plan_add_step(w, STEP_STOP_CONTAINER, c->name, 0);
		} else if (!goes_with_pod) {
			plan_add_step(w, STEP_REMOVE_CONTAINER, c->name, 0);
		}
	}
	if (facts->pod && !r->pod.is_kept)
		plan_add_step(w, STEP_REMOVE_POD, facts->pod->name, 0);
	if (facts->network && !r->network.is_kept)
		plan_add_step(w, STEP_REMOVE_NETWORK, facts->network->name, 0);
}

static bool has_volume(const struct workspace_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->volume_count; i++) {
		if (!strcmp(facts->volumes[i]->name, name))
			return true;
	}
	return false;
}

static void steps_create(struct workspace_plan *w, const struct review *r)
{
	const struct want *want = r->want;

	if (!r->network.is_kept)
		plan_add_step(w, STEP_CREATE_NETWORK, want->network, 0);
	for (size_t i = 0; i < want->volume_count; i++) {
		if (!has_volume(r->facts, want->volumes[i].name))
			plan_add_step(w, STEP_CREATE_VOLUME, want->volumes[i].name, i);
	}
	if (!r->pod.is_kept)
		plan_add_step(w, STEP_CREATE_POD, want->pod.name, 0);
	for (size_t i = 0; i < want->container_count; i++) {
		if (!r->containers[i].is_kept)
			plan_add_step(w, STEP_CREATE_CONTAINER, want->containers[i].spec.name, i);
	}
}

/* Or is to be: some container does not run. */
static bool has_started(const struct review *r)
{
	bool has = false;

	for (size_t i = 0; i < r->want->container_count; i++)
		has |= !r->containers[i].is_running;
	return has;
}

/*
 * Files are written where they changed, into a new dev container, and also where the dev container
 * goes on while a sidecar is new or was away: only the nonce in them makes the guest's next "ready"
 * one that was said after all sidecars had answered again.
 */
static bool writes_files(const struct review *r)
{
	const struct verdict *dev = dev_verdict(r);

	return !dev->is_kept || r->is_live_changed ||
	       (dev->is_running && (has_started(r) || r->has_surplus));
}

static void steps_start(struct workspace_plan *w, const struct review *r)
{
	const struct want *want = r->want;
	const char *dev = want->containers[want->container_count - 1].spec.name;
	const bool has_files = writes_files(r);

	if (has_files)
		plan_add_step(w, STEP_PUT_FILES, dev, 0);
	for (size_t i = 0; i < want->container_count; i++) {
		if (!r->containers[i].is_running)
			plan_add_step(w, STEP_START_CONTAINER, want->containers[i].spec.name, i);
	}
	if (dev_verdict(r)->is_running && has_files)
		plan_add_reload(w, workspace_facts_container(r->facts, ROLE_DEV));
	if (has_files || has_started(r))
		plan_add_step(w, STEP_WAIT_READY, dev, 0);
}

static bool changes_record(const struct review *r)
{
	bool is_changed =
		!r->network.is_kept || !r->pod.is_kept || r->is_live_changed || r->has_surplus;

	for (size_t i = 0; i < r->want->container_count; i++)
		is_changed |= !r->containers[i].is_kept;
	return is_changed;
}

/* Ever newer generations: by what is written before it. */
static void step_write_state(struct workspace_plan *w, const struct review *r, bool is_early,
			     unsigned generation)
{
	plan_add_step_owned(w, STEP_WRITE_STATE,
			    state_volume_name(w->slug, r->facts->state.generation + generation),
			    is_early);
}

/*
 * Libraries come when the workspace is whole and recorded, as one that waits for them: what fails
 * then is their installation alone, and the next deploy tries it again.
 */
static unsigned steps_libraries(struct workspace_plan *w, const struct review *r)
{
	const struct want *want = r->want;
	const bool is_recorded = changes_record(r);

	if (!r->syncs_libraries)
		return 0;
	if (is_recorded)
		step_write_state(w, r, true, 1);
	plan_add_step(w, STEP_SYNC_LIBRARIES, want->containers[want->container_count - 1].spec.name,
		      0);
	return is_recorded;
}

/* Older states; the newest is among them when a newer one is written. */
static void steps_record(struct workspace_plan *w, const struct review *r)
{
	const unsigned early = steps_libraries(w, r);
	const bool is_written = changes_record(r) || r->has_other_libraries;

	if (is_written)
		step_write_state(w, r, false, early + 1);
	if (early)
		plan_add_step_owned(w, STEP_REMOVE_STATE,
				    state_volume_name(w->slug, r->facts->state.generation + early),
				    0);
	for (size_t i = is_written ? 0 : 1; i < r->facts->state_count; i++)
		plan_add_step(w, STEP_REMOVE_STATE, r->facts->states[i]->name, 0);
}

static void list_start(struct workspace_plan *w, const struct review *r,
		       const struct want_container *c)
{
	if (r->is_severed)
		plan_add_change(w, c->spec.name, ACTION_RESTART,
				"its pod's infra container has ended");
	else if (r->facts->is_lost && is_dev(c))
		plan_add_change(w, c->spec.name, ACTION_RESTART, PLAN_LOST_REASON);
	else
		plan_add_change(w, c->spec.name, ACTION_START, "is not running");
}

static void list_changes(struct workspace_plan *w, const struct review *r)
{
	const struct want *want = r->want;
	const bool is_new = w->action == ACTION_CREATE;
	const enum action made = is_new ? ACTION_CREATE : ACTION_RECREATE;

	if (!r->network.is_kept)
		plan_add_change(w, want->network, made, is_new ? NULL : r->network.reason);
	if (!r->pod.is_kept)
		plan_add_change(w, want->pod.name, made, is_new ? NULL : r->pod.reason);
	for (size_t i = want->container_count; i-- > 0;) {
		const struct verdict *v = &r->containers[i];
		const char *name = want->containers[i].spec.name;

		if (!v->is_kept)
			plan_add_change(w, name, made, is_new ? NULL : v->reason);
		else if (!v->is_running)
			list_start(w, r, &want->containers[i]);
	}
	for (size_t i = 0; i < r->facts->container_count; i++) {
		if (is_surplus(r, r->facts->containers[i]))
			plan_add_change(w, r->facts->containers[i]->name, ACTION_REMOVE,
					"is not in the inventory any more");
	}
	if (dev_verdict(r)->is_kept && r->is_live_changed)
		plan_add_change(w, want->containers[want->container_count - 1].spec.name,
				ACTION_LIVE, "ssh keys or settings changed");
	if (dev_verdict(r)->is_kept && r->has_other_libraries)
		plan_add_change(w, want->containers[want->container_count - 1].spec.name,
				ACTION_LIVE, "libraries changed");
}

/* What a deploy that was killed at its very end has left. */
static void plan_old_states(struct workspace_plan *w, const struct review *r)
{
	w->action = ACTION_REPAIR;
	plan_add_change(w, r->facts->states[1]->name, ACTION_REMOVE, "is an older state");
	steps_record(w, r);
}

static bool is_new_workspace(const struct workspace_facts *facts)
{
	return !facts->pod && !facts->container_count;
}

static enum action decide(const struct review *r)
{
	bool all_kept = r->pod.is_kept, all_running = true;

	for (size_t i = 0; i < r->want->container_count; i++) {
		all_kept &= r->containers[i].is_kept;
		all_running &= r->containers[i].is_running;
	}
	if (is_new_workspace(r->facts))
		return ACTION_CREATE;
	if (!r->pod.is_kept || !dev_verdict(r)->is_kept)
		return ACTION_RECREATE;
	if (r->is_severed || r->facts->is_lost)
		return ACTION_RESTART;
	if (!all_kept || r->has_surplus)
		return ACTION_REPAIR;
	if (!all_running)
		return ACTION_START;
	return r->is_live_changed || r->has_other_libraries ? ACTION_LIVE : ACTION_UNCHANGED;
}

static void plan_workspace(struct plan *plan, const struct want *want,
			   const struct workspace_facts *facts, const struct plan_options *options)
{
	struct review r = { .want = want,
			    .facts = facts ? facts : &nothing_there,
			    .options = options };
	struct workspace_plan *w =
		plan_add(plan, want->workspace->name, want->workspace->slug, ACTION_UNCHANGED);

	w->want = want;
	w->facts = facts;
	if (want->refusal) {
		w->action = ACTION_REFUSE;
		w->reason = xstrdup(want->refusal);
		return;
	}
	review_workspace(&r);
	w->action = decide(&r);
	list_changes(w, &r);
	if (w->action == ACTION_CREATE && r.facts->state.generation)
		w->reason = xstrdup("its data was kept");
	w->ends_sessions = (w->action == ACTION_RECREATE || w->action == ACTION_RESTART) &&
			   workspace_facts_dev_runs(r.facts);
	if (w->action != ACTION_UNCHANGED) {
		steps_remove(w, &r);
		steps_create(w, &r);
		steps_start(w, &r);
		steps_record(w, &r);
	} else if (r.facts->state_count > 1) {
		plan_old_states(w, &r);
	}
	review_release(&r);
}

static void plan_absent(struct plan *plan, const struct workspace_facts *facts, bool prune)
{
	struct workspace_plan *w;

	if (is_new_workspace(facts) && !facts->network)
		return; /* only kept data */
	w = plan_add(plan, facts->name, facts->slug, prune ? ACTION_REMOVE : ACTION_ORPHAN);
	w->facts = facts;
	w->reason = xstrdup("is not in the inventory");
	w->ends_sessions = prune && workspace_facts_dev_runs(facts);
	if (prune) {
		plan_removal_steps(w, true);
		return;
	}
	plan_left_sidecar_steps(w);
	if (w->step_count)
		w->action = ACTION_STOP;
}

static int check_names(const struct want *wants, size_t count, const struct facts *facts,
		       const struct strv *names, struct error *err)
{
	for (size_t i = 0; names && i < names->count; i++) {
		const char *name = names->items[i];
		bool is_found = false;

		for (size_t k = 0; k < count; k++)
			is_found |= !strcmp(wants[k].workspace->name, name);
		if (is_found)
			continue;
		return error_set(
			err, ERROR_NOT_FOUND, "workspace '%s' is not in the inventory%s", name,
			facts_find(facts, name) ? " but is deployed; `winalux destroy` removes it"
						: "");
	}
	return 0;
}

/* Names that differ in "-" and "_" alone have objects of the same names. */
static int check_slugs(const struct want *wants, size_t count, const struct facts *facts,
		       struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct workspace *w = wants[i].workspace;

		for (size_t k = 0; k < facts->count; k++) {
			const struct workspace_facts *other = &facts->workspaces[k];

			if (!strcmp(other->slug, w->slug) && strcmp(other->name, w->name) != 0)
				return error_set(err, ERROR_CONFLICT,
						 "workspace '%s' would have objects of the same "
						 "names as '%s', which is deployed; destroy that "
						 "one first, or choose another name",
						 w->name, other->name);
		}
	}
	return 0;
}

static bool is_named(const struct want *wants, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(wants[i].workspace->name, name))
			return true;
	}
	return false;
}

int plan_deploy(const struct want *wants, size_t want_count, const struct facts *facts,
		const struct plan_options *options, struct plan *ret, struct error *err)
{
	const struct strv *names = options->names;
	const bool is_selection = names && names->count;
	struct plan plan = { 0 };

	if (facts_check_schema(facts, err) < 0 ||
	    check_names(wants, want_count, facts, names, err) < 0 ||
	    check_slugs(wants, want_count, facts, err) < 0)
		return -1;
	for (size_t i = 0; i < want_count; i++) {
		const char *name = wants[i].workspace->name;

		if (!is_selection || strv_contains(names, name))
			plan_workspace(&plan, &wants[i], facts_find(facts, name), options);
	}
	for (size_t i = 0; !is_selection && i < facts->count; i++) {
		if (!is_named(wants, want_count, facts->workspaces[i].name))
			plan_absent(&plan, &facts->workspaces[i], options->prune);
	}
	*ret = plan;
	return 0;
}
