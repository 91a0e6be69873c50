/* SPDX-License-Identifier: MIT */
/* Plans over what people, kills and reboots leave behind. */
#include "winalux/plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/plan/names.h"

#define KEY                                                                                        \
	"    public_key: \"ssh-ed25519 "                                                           \
	"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here\"\n"
#define ALICE "version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2201\n" KEY
#define ALICE_REDIS ALICE "    sidecars: [redis]\n"
#define ALICE_TWO ALICE "    sidecars: [redis, memcached]\n"
#define ALICE_FOREIGN ALICE "    sidecars: [{name: other, image: example.org/other:1}]\n"
#define BOB "version: 1\nworkspaces:\n  - name: bob\n    ssh_port: 2202\n" KEY

static struct scene deployed(const char *inventory)
{
	struct scene s;

	scene_init(&s, inventory);
	scene_deploy(&s);
	return s;
}

static const struct workspace_plan *planned(struct scene *s, const char *name)
{
	struct error err = { 0 };

	if (scene_plan(s, NULL, &err) < 0)
		fail_msg("%s", err.text);
	const struct workspace_plan *w = scene_find(s, name);

	assert_non_null(w);
	return w;
}

static struct container *container_of(struct scene *s, const char *role)
{
	for (size_t i = 0; i < s->facts.containers.count; i++) {
		struct container *c = &s->facts.containers.items[i];

		if (!c->is_infra && !strcmp(labels_get(&c->labels, LABEL_ROLE), role))
			return c;
	}
	fail_msg("no container of role %s", role);
	return NULL;
}

/* Takes an object out of a list of the facts, as if it had been removed by hand. */
static void forget_container(struct scene *s, const char *role)
{
	struct containers *list = &s->facts.containers;
	struct container *c = container_of(s, role);
	struct container last = list->items[list->count - 1];

	list->items[list->count - 1] = *c;
	*c = last;
	struct containers one = { &list->items[--list->count], 1, 0 };
	one.items = xcalloc(1, sizeof(*one.items));
	one.items[0] = list->items[list->count];
	containers_release(&one);
	scene_reindex(s);
}

static void forget_pods(struct scene *s)
{
	pods_release(&s->facts.pods);
	scene_reindex(s);
}

static void assert_steps(const struct workspace_plan *w, const char *expected)
{
	DEFER(freep) char *steps = scene_steps(w);

	assert_string_equal(steps, expected);
}

static struct plan operation(int (*make)(const struct facts *, const struct strv *, struct plan *,
					 struct error *),
			     const struct scene *s)
{
	struct plan plan;
	struct error err = { 0 };

	if (make(&s->facts, NULL, &plan, &err) < 0)
		fail_msg("%s", err.text);
	return plan;
}

/* --- objects that lack others --- */

static void containers_without_their_pod_are_made_anew(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE_REDIS);
	const struct workspace_plan *w;

	(void)state;
	forget_pods(&s);
	w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_RECREATE);
	assert_string_equal(w->reason, "winalux-alice-pod: is missing");
	assert_steps(w, "remove container 'winalux-alice-dev'\n"
			"remove container 'winalux-alice-redis'\n"
			"create pod 'winalux-alice-pod'\n"
			"create container 'winalux-alice-redis'\n"
			"create container 'winalux-alice-dev'\n"
			"write keys and settings into 'winalux-alice-dev'\n"
			"start container 'winalux-alice-redis'\n"
			"start container 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
}

static void a_pod_without_containers_gets_them(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE);
	const struct workspace_plan *w;

	(void)state;
	scene_add_infra(&s, "alice");
	forget_container(&s, ROLE_DEV);
	assert_string_equal(workspace_facts_status(facts_find(&s.facts, "alice")), "broken");
	w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_RECREATE);
	assert_false(w->ends_sessions);
	assert_steps(w, "create container 'winalux-alice-dev'\n"
			"write keys and settings into 'winalux-alice-dev'\n"
			"start container 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
}

static void a_state_without_objects_is_kept_data(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE);
	const struct workspace_plan *w;

	(void)state;
	containers_release(&s.facts.containers);
	networks_release(&s.facts.networks);
	forget_pods(&s);
	w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_CREATE);
	assert_string_equal(w->reason, "its data was kept");
	assert_steps(w, "create network 'winalux-alice-net'\n"
			"create pod 'winalux-alice-pod'\n"
			"create container 'winalux-alice-dev'\n"
			"write keys and settings into 'winalux-alice-dev'\n"
			"start container 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
}

/* A deploy that was killed after its first step: the network is used, not made again. */
static void a_network_of_a_killed_deploy_is_used(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE);
	DEFER(freep) char *steps = NULL;

	(void)state;
	containers_release(&s.facts.containers);
	volumes_release(&s.facts.volumes);
	forget_pods(&s);
	const struct workspace_plan *w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_CREATE);
	steps = scene_steps(w);
	assert_null(strstr(steps, "create network"));
	assert_non_null(strstr(steps, "create volume 'winalux-alice-home'"));
}

/* --- more than there should be --- */

static void the_newest_state_counts_and_older_ones_go(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE);
	const struct workspace_plan *w;
	struct volume *old;

	(void)state;
	labels_add(&s.facts.volumes.items[s.facts.volumes.count - 1].labels, LABEL_GENERATION, "7");
	old = scene_add_volume(&s, "alice", ROLE_STATE, "winalux-alice-state-6");
	labels_add(&old->labels, LABEL_GENERATION, "6");
	scene_reindex(&s);
	w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_REPAIR);
	assert_false(w->ends_sessions);
	assert_steps(w, "remove old state 'winalux-alice-state-6'\n");
}

static void a_renamed_container_is_made_anew(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE_REDIS);
	struct container *redis = container_of(&s, "redis");
	const struct workspace_plan *w;

	(void)state;
	free(redis->name);
	redis->name = xstrdup("mine-now");
	w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_REPAIR);
	assert_string_equal(w->reason, "winalux-alice-redis: was renamed by hand");
	DEFER(freep) char *steps = scene_steps(w);
	assert_non_null(strstr(steps, "remove container 'mine-now'\n"
				      "create container 'winalux-alice-redis'\n"));
}

static void a_renamed_sidecar_of_the_inventory_is_another_one(void **state)
{
	DEFER(scene_release)
	struct scene before = deployed(ALICE "    sidecars: [{name: one, image: "
					     "example.org/x:1, volume: /data}]\n");
	DEFER(scene_release) struct scene s;

	(void)state;
	scene_init(&s,
		   ALICE "    sidecars: [{name: two, image: example.org/x:1, volume: /data}]\n");
	s.facts = before.facts;
	before.facts = (struct facts){ 0 };
	const struct workspace_plan *w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_REPAIR);
	assert_false(w->ends_sessions);
	assert_steps(w, "remove container 'winalux-alice-one'\n"
			"create volume 'winalux-alice-two'\n"
			"create container 'winalux-alice-two'\n"
			"write keys and settings into 'winalux-alice-dev'\n"
			"start container 'winalux-alice-two'\n"
			"reload 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
}

/* --- guests of another age --- */

static void what_a_guest_can_is_said_in_whole_words(void **state)
{
	static const struct {
		const char *label;
		bool has_gate, can_reload;
	} cases[] = {
		{ "gate reload", true, true }, { "gate reload more", true, true },
		{ "gate", true, false },       { "gate reloads", true, false },
		{ "gates", false, false },     { "", false, false },
	};
	struct container c = { 0 };

	(void)state;
	assert_false(container_guest_can(&c, GUEST_CAN_GATE));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		labels_add(&c.labels, LABEL_GUEST_CAN, cases[i].label);
		assert_int_equal(container_guest_can(&c, GUEST_CAN_GATE), cases[i].has_gate);
		assert_int_equal(container_guest_can(&c, GUEST_CAN_RELOAD), cases[i].can_reload);
		labels_release(&c.labels);
	}
}

/* --- pods whose infra container has ended --- */

/* "stopping" for ever: conmon was killed while it stopped, and Podman starts nothing beside it. */
static void a_pod_whose_infra_container_is_stuck_is_made_anew(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE_REDIS);
	const struct workspace_plan *w;

	(void)state;
	scene_add_infra(&s, "alice")->state = CONTAINER_BROKEN;
	scene_reindex(&s);
	assert_string_equal(workspace_facts_status(facts_find(&s.facts, "alice")), "broken");
	w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_RECREATE);
	assert_string_equal(w->reason, "winalux-alice-pod: its infra container cannot be used in "
				       "the state it is in");
}

static void a_pod_without_its_infra_container_is_restarted(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE_REDIS);
	const struct workspace_plan *w;

	(void)state;
	scene_add_infra(&s, "alice")->state = CONTAINER_STOPPED;
	scene_reindex(&s);
	assert_string_equal(workspace_facts_status(facts_find(&s.facts, "alice")), "partial");
	w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_RESTART);
	assert_true(w->ends_sessions);
	assert_string_equal(w->reason, "winalux-alice-dev: its pod's infra container has ended");
	assert_steps(w, "stop container 'winalux-alice-dev'\n"
			"stop container 'winalux-alice-redis'\n"
			"start container 'winalux-alice-redis'\n"
			"start container 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n");
	struct plan plan = operation(plan_start, &s);
	assert_int_equal(plan.items[0].action, ACTION_RESTART);
	assert_true(plan.items[0].ends_sessions);
	assert_steps(&plan.items[0], "stop container 'winalux-alice-dev'\n"
				     "stop container 'winalux-alice-redis'\n"
				     "start container 'winalux-alice-redis'\n"
				     "start container 'winalux-alice-dev'\n"
				     "wait for answers of 'winalux-alice-dev'\n");
	plan_release(&plan);
}

/* After a reboot nothing runs: a start in the order in which the deploy started them. */
static void everything_starts_in_the_recorded_order(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE_TWO);

	(void)state;
	scene_add_infra(&s, "alice");
	for (size_t i = 0; i < s.facts.containers.count; i++)
		s.facts.containers.items[i].state = CONTAINER_STOPPED;
	scene_reindex(&s);
	struct plan plan = operation(plan_start, &s);
	assert_int_equal(plan.items[0].action, ACTION_START);
	assert_false(plan.items[0].ends_sessions);
	assert_steps(&plan.items[0], "start container 'winalux-alice-redis'\n"
				     "start container 'winalux-alice-memcached'\n"
				     "start container 'winalux-alice-dev'\n"
				     "wait for answers of 'winalux-alice-dev'\n");
	plan_release(&plan);
	assert_int_equal(planned(&s, "alice")->action, ACTION_START);
}

static void stop_ends_an_infra_container_that_is_left_alone(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE);

	(void)state;
	container_of(&s, ROLE_DEV)->state = CONTAINER_STOPPED;
	scene_add_infra(&s, "alice");
	scene_reindex(&s);
	struct plan plan = operation(plan_stop, &s);
	assert_int_equal(plan.items[0].action, ACTION_STOP);
	assert_false(plan.items[0].ends_sessions);
	assert_steps(&plan.items[0], "stop container 'winalux-alice-infra'\n");
	plan_release(&plan);
}

/* --- sidecars of foreign images --- */

static struct scene dev_is_gone(const char *inventory)
{
	struct scene s = deployed(inventory);

	container_of(&s, ROLE_DEV)->state = CONTAINER_STOPPED;
	return s;
}

static void a_foreign_sidecar_left_alone_is_stopped_by_the_next_deploy(void **state)
{
	DEFER(scene_release) struct scene before = dev_is_gone(ALICE_FOREIGN);
	DEFER(scene_release) struct scene s;
	const struct workspace_plan *w;

	(void)state;
	scene_init(&s, BOB);
	s.facts = before.facts;
	before.facts = (struct facts){ 0 };
	w = planned(&s, "alice");
	assert_int_equal(w->action, ACTION_STOP);
	assert_string_equal(w->reason, "is not in the inventory");
	assert_steps(w, "stop container 'winalux-alice-other'\n");
}

static void a_sidecar_of_ours_ends_by_itself(void **state)
{
	DEFER(scene_release) struct scene before = dev_is_gone(ALICE_REDIS);
	DEFER(scene_release) struct scene s;

	(void)state;
	scene_init(&s, BOB);
	s.facts = before.facts;
	before.facts = (struct facts){ 0 };
	assert_int_equal(planned(&s, "alice")->action, ACTION_ORPHAN);
}

static void start_stops_foreign_sidecars_where_the_dev_container_is_missing(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE_FOREIGN);
	DEFER(strv_release) struct strv names = { 0 };
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	forget_container(&s, ROLE_DEV);
	plan = operation(plan_start, &s);
	assert_int_equal(plan.items[0].action, ACTION_STOP);
	assert_steps(&plan.items[0], "stop container 'winalux-alice-other'\n");
	plan_release(&plan);
	strv_add(&names, "alice");
	assert_int_equal(plan_start(&s.facts, &names, &plan, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_string_equal(err.text,
			    "workspace 'alice' has no dev container; `winalux deploy` makes it");
}

/* --- what must not be touched --- */

static void objects_of_another_schema_stop_every_plan(void **state)
{
	DEFER(scene_release) struct scene s = deployed(ALICE);
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	labels_add(&s.facts.pods.items[0].labels, LABEL_SCHEMA, "2");
	assert_int_equal(scene_plan(&s, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	assert_non_null(strstr(err.text, "pod 'winalux-alice-pod' was made by another version of "
					 "winalux (schema 2, this one knows 1)"));
	assert_int_equal(plan_destroy(&s.facts, NULL, false, &plan, &err), -1);
	assert_int_equal(plan_stop(&s.facts, NULL, &plan, &err), -1);
}

static void names_that_differ_in_a_dash_alone_are_a_conflict(void **state)
{
	DEFER(scene_release)
	struct scene before =
		deployed("version: 1\nworkspaces:\n  - name: a_b\n    ssh_port: 2201\n" KEY);
	DEFER(scene_release) struct scene s;
	struct error err = { 0 };

	(void)state;
	scene_init(&s, "version: 1\nworkspaces:\n  - name: a-b\n    ssh_port: 2202\n" KEY);
	s.facts = before.facts;
	before.facts = (struct facts){ 0 };
	assert_int_equal(scene_plan(&s, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	assert_non_null(strstr(err.text, "workspace 'a-b' would have objects of the same names as "
					 "'a_b', which is deployed"));
}

/* Only the network is left of a destroy that was killed: nobody would see it otherwise. */
static void a_network_alone_is_named_and_pruned(void **state)
{
	DEFER(scene_release) struct scene before = deployed(ALICE);
	DEFER(scene_release) struct scene s;
	struct error err = { 0 };

	(void)state;
	containers_release(&before.facts.containers);
	forget_pods(&before);
	scene_init(&s, BOB);
	s.facts = before.facts;
	before.facts = (struct facts){ 0 };
	assert_int_equal(planned(&s, "alice")->action, ACTION_ORPHAN);
	assert_int_equal(scene_plan(&s, &(struct plan_options){ .prune = true }, &err), 0);
	assert_steps(scene_find(&s, "alice"), "remove network 'winalux-alice-net'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_without_their_pod_are_made_anew),
		cmocka_unit_test(a_pod_without_containers_gets_them),
		cmocka_unit_test(a_state_without_objects_is_kept_data),
		cmocka_unit_test(a_network_of_a_killed_deploy_is_used),
		cmocka_unit_test(the_newest_state_counts_and_older_ones_go),
		cmocka_unit_test(a_renamed_container_is_made_anew),
		cmocka_unit_test(a_renamed_sidecar_of_the_inventory_is_another_one),
		cmocka_unit_test(what_a_guest_can_is_said_in_whole_words),
		cmocka_unit_test(a_pod_whose_infra_container_is_stuck_is_made_anew),
		cmocka_unit_test(a_pod_without_its_infra_container_is_restarted),
		cmocka_unit_test(everything_starts_in_the_recorded_order),
		cmocka_unit_test(stop_ends_an_infra_container_that_is_left_alone),
		cmocka_unit_test(a_foreign_sidecar_left_alone_is_stopped_by_the_next_deploy),
		cmocka_unit_test(a_sidecar_of_ours_ends_by_itself),
		cmocka_unit_test(start_stops_foreign_sidecars_where_the_dev_container_is_missing),
		cmocka_unit_test(objects_of_another_schema_stop_every_plan),
		cmocka_unit_test(names_that_differ_in_a_dash_alone_are_a_conflict),
		cmocka_unit_test(a_network_alone_is_named_and_pruned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
