/* SPDX-License-Identifier: MIT */
#include "winalux/plan/plan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "scene.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/plan/names.h"

#define KEY                                                                                        \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here"
#define ALICE                                                                                      \
	"version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2201\n    public_key: \"" KEY     \
	"\"\n"
#define ALICE_REDIS ALICE "    sidecars: [redis]\n"

struct stage {
	struct scene before; /* what was deployed */
	struct scene now;    /* what is wanted, over the facts of before */
};

/* Deploys one inventory, then plans another over what is there. */
static void stage_init(struct stage *t, const char *deployed, const char *wanted)
{
	scene_init(&t->before, deployed);
	scene_deploy(&t->before);
	scene_init(&t->now, wanted);
	t->now.facts = t->before.facts;
	t->before.facts = (struct facts){ 0 };
}

static void stage_release(struct stage *t)
{
	scene_release(&t->now);
	scene_release(&t->before);
}

static const struct workspace_plan *stage_plan(struct stage *t, const struct plan_options *options)
{
	struct error err = { 0 };

	if (scene_plan(&t->now, options, &err) < 0)
		fail_msg("%s", err.text);
	return scene_find(&t->now, "alice");
}

static struct container *stage_container(struct stage *t, const char *role)
{
	struct containers *list = &t->now.facts.containers;

	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(labels_get(&list->items[i].labels, LABEL_ROLE), role))
			return &list->items[i];
	}
	fail_msg("no container of role %s", role);
	return NULL;
}

static void assert_steps(const struct workspace_plan *w, const char *expected)
{
	DEFER(freep) char *steps = scene_steps(w);

	assert_string_equal(steps, expected);
}

static void a_new_workspace_is_created_in_the_order_that_works(void **state)
{
	struct scene s;
	struct error err = { 0 };

	(void)state;
	scene_init(&s, ALICE_REDIS);
	assert_int_equal(scene_plan(&s, NULL, &err), 0);
	assert_int_equal(s.plan.items[0].action, ACTION_CREATE);
	assert_false(s.plan.items[0].ends_sessions);
	assert_steps(&s.plan.items[0], "create network 'winalux-alice-net'\n"
				       "create volume 'winalux-alice-home'\n"
				       "create volume 'winalux-alice-keys'\n"
				       "create volume 'winalux-alice-audit'\n"
				       "create volume 'winalux-alice-redis'\n"
				       "create pod 'winalux-alice-pod'\n"
				       "create container 'winalux-alice-redis'\n"
				       "create container 'winalux-alice-dev'\n"
				       "write keys and settings into 'winalux-alice-dev'\n"
				       "start container 'winalux-alice-redis'\n"
				       "start container 'winalux-alice-dev'\n"
				       "wait for answers of 'winalux-alice-dev'\n"
				       "record state 'winalux-alice-state-1'\n");
	scene_release(&s);
}

static void an_unchanged_workspace_has_no_steps(void **state)
{
	struct stage t;
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE_REDIS, ALICE_REDIS);
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_UNCHANGED);
	assert_int_equal(w->step_count, 0);
	assert_int_equal(w->change_count, 0);
	stage_release(&t);
}

static void another_guest_and_other_proxies_leave_a_workspace_alone(void **state)
{
	struct stage t;

	(void)state;
	stage_init(&t, ALICE, ALICE);
	strv_add(&t.now.environment, "https_proxy=http://proxy:3128");
	labels_add(&stage_container(&t, ROLE_DEV)->labels, LABEL_GUEST, "an-older-one");
	assert_int_equal(stage_plan(&t, NULL)->action, ACTION_UNCHANGED);
	assert_int_equal(
		stage_plan(&t, &(struct plan_options){ .upgrade_guest = true, .guest_digest = "1" })
			->action,
		ACTION_RECREATE);
	stage_release(&t);
}

static void a_guest_of_another_wire_version_is_replaced(void **state)
{
	struct stage t;

	(void)state;
	stage_init(&t, ALICE, ALICE);
	labels_add(&stage_container(&t, ROLE_DEV)->labels, LABEL_WIRE, "0");
	const struct workspace_plan *w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_RECREATE);
	assert_string_equal(w->reason, "winalux-alice-dev: its guest speaks another version");
	stage_release(&t);
}

#define ALICE_LIBRARIES ALICE "    libraries: [django, redis]\n"

static void libraries_come_when_a_new_workspace_is_recorded(void **state)
{
	struct scene s;
	struct error err = { 0 };
	DEFER(freep) char *steps = NULL;

	(void)state;
	scene_init(&s, ALICE_LIBRARIES);
	assert_int_equal(scene_plan(&s, NULL, &err), 0);
	assert_int_equal(s.plan.items[0].action, ACTION_CREATE);
	steps = scene_steps(&s.plan.items[0]);
	assert_non_null(strstr(steps, "wait for answers of 'winalux-alice-dev'\n"
				      "record state 'winalux-alice-state-1'\n"
				      "install libraries in 'winalux-alice-dev'\n"
				      "record state 'winalux-alice-state-2'\n"
				      "remove old state 'winalux-alice-state-1'\n"));
	scene_release(&s);
}

static void other_libraries_are_a_live_change_of_their_own(void **state)
{
	static const char *const lists[][2] = {
		{ ALICE, ALICE_LIBRARIES },
		{ ALICE_LIBRARIES, ALICE },
		{ ALICE_LIBRARIES, ALICE "    libraries: [django]\n" },
		{ ALICE_LIBRARIES,
		  ALICE_LIBRARIES "    library_index: https://packages.example/simple\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct stage t;
		const struct workspace_plan *w;

		stage_init(&t, lists[i][0], lists[i][1]);
		w = stage_plan(&t, NULL);
		assert_int_equal(w->action, ACTION_LIVE);
		assert_false(w->ends_sessions);
		assert_string_equal(w->reason, "winalux-alice-dev: libraries changed");
		assert_steps(w, "install libraries in 'winalux-alice-dev'\n"
				"record state 'winalux-alice-state-2'\n"
				"remove old state 'winalux-alice-state-1'\n");
		stage_release(&t);
	}
}

static void the_same_libraries_have_no_steps(void **state)
{
	struct stage t;

	(void)state;
	stage_init(&t, ALICE_LIBRARIES, ALICE_LIBRARIES);
	assert_int_equal(stage_plan(&t, NULL)->action, ACTION_UNCHANGED);
	stage_release(&t);
}

static void a_dev_container_made_anew_is_given_its_libraries(void **state)
{
	struct stage t;
	const struct workspace_plan *w;
	DEFER(freep) char *steps = NULL;

	(void)state;
	stage_init(&t, ALICE_LIBRARIES, ALICE_LIBRARIES "    environment: [A=1]\n");
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_RECREATE);
	steps = scene_steps(w);
	assert_non_null(strstr(steps, "record state 'winalux-alice-state-2'\n"
				      "install libraries in 'winalux-alice-dev'\n"
				      "record state 'winalux-alice-state-3'\n"
				      "remove old state 'winalux-alice-state-2'\n"
				      "remove old state 'winalux-alice-state-1'\n"));
	stage_release(&t);
}

static void libraries_that_did_not_come_are_tried_again(void **state)
{
	struct stage t;

	(void)state;
	stage_init(&t, ALICE_LIBRARIES, ALICE_LIBRARIES);
	t.now.facts.workspaces[0].state.libraries = LIBRARIES_PENDING;
	assert_string_equal(stage_plan(&t, NULL)->reason, "winalux-alice-dev: libraries changed");
	stage_release(&t);
}

static void another_ssh_key_is_a_live_change(void **state)
{
	struct stage t;
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE, ALICE);
	t.now.inventory.workspaces[0].key_count = 0;
	w = stage_plan(&t, NULL);
	t.now.inventory.workspaces[0].key_count = 1;
	assert_int_equal(w->action, ACTION_LIVE);
	assert_false(w->ends_sessions);
	assert_steps(w, "write keys and settings into 'winalux-alice-dev'\n"
			"reload 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
	stage_release(&t);
}

static void a_changed_port_recreates_the_pod_and_says_so(void **state)
{
	struct stage t;
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE,
		   "version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2299\n"
		   "    public_key: \"" KEY "\"\n");
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_RECREATE);
	assert_true(w->ends_sessions);
	assert_string_equal(w->reason, "winalux-alice-pod: ports changed");
	assert_steps(w, "remove pod 'winalux-alice-pod'\n"
			"create pod 'winalux-alice-pod'\n"
			"create container 'winalux-alice-dev'\n"
			"write keys and settings into 'winalux-alice-dev'\n"
			"start container 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
	stage_release(&t);
}

static void a_sidecar_is_added_without_ending_sessions(void **state)
{
	struct stage t;
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE, ALICE_REDIS);
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_REPAIR);
	assert_false(w->ends_sessions);
	assert_steps(w, "create volume 'winalux-alice-redis'\n"
			"create container 'winalux-alice-redis'\n"
			"write keys and settings into 'winalux-alice-dev'\n"
			"start container 'winalux-alice-redis'\n"
			"reload 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
	stage_release(&t);
}

static void a_sidecar_is_removed_and_its_data_kept(void **state)
{
	struct stage t;
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE_REDIS, ALICE);
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_REPAIR);
	assert_steps(w, "remove container 'winalux-alice-redis'\n"
			"write keys and settings into 'winalux-alice-dev'\n"
			"reload 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
	stage_release(&t);
}

static void a_stopped_workspace_is_started_not_recreated(void **state)
{
	struct stage t;
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE_REDIS, ALICE_REDIS);
	stage_container(&t, ROLE_DEV)->state = CONTAINER_STOPPED;
	stage_container(&t, "redis")->state = CONTAINER_STOPPED;
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_START);
	assert_steps(w, "start container 'winalux-alice-redis'\n"
			"start container 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n");
	stage_release(&t);
}

static void a_container_made_by_hand_is_replaced(void **state)
{
	struct stage t;
	const struct workspace_plan *w;
	struct container *dev;

	(void)state;
	stage_init(&t, ALICE, ALICE);
	dev = stage_container(&t, ROLE_DEV);
	dev->id[0] = dev->id[0] == 'f' ? '0' : 'f';
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_RECREATE);
	assert_string_equal(w->reason, "winalux-alice-dev: is not the one that winalux made");
	assert_steps(w, "remove container 'winalux-alice-dev'\n"
			"create container 'winalux-alice-dev'\n"
			"write keys and settings into 'winalux-alice-dev'\n"
			"start container 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n"
			"record state 'winalux-alice-state-2'\n"
			"remove old state 'winalux-alice-state-1'\n");
	stage_release(&t);
}

static void a_paused_container_is_made_anew(void **state)
{
	struct stage t;

	(void)state;
	stage_init(&t, ALICE_REDIS, ALICE_REDIS);
	stage_container(&t, "redis")->state = CONTAINER_PAUSED;
	assert_int_equal(stage_plan(&t, NULL)->action, ACTION_REPAIR);
	stage_release(&t);
}

/* What a killed deploy leaves: everything but the record. */
static void leftovers_without_a_record_are_made_anew(void **state)
{
	struct stage t;
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE, ALICE);
	for (size_t i = 0; i < t.now.facts.count; i++)
		t.now.facts.workspaces[i].state = (struct workspace_state){ 0 };
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_RECREATE);
	assert_string_equal(w->reason,
			    "winalux-alice-pod: is left over from a deploy that did not end");
	stage_release(&t);
}

/* The guest says "ready" once; it would be waited for in vain (seen: 60 s and a failed deploy). */
static void a_stopped_sidecar_is_started_and_the_guest_told_to_report(void **state)
{
	struct stage t;
	struct plan plan;
	struct error err = { 0 };
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE_REDIS, ALICE_REDIS);
	stage_container(&t, "redis")->state = CONTAINER_STOPPED;
	w = stage_plan(&t, NULL);
	assert_false(w->ends_sessions);
	assert_steps(w, "write keys and settings into 'winalux-alice-dev'\n"
			"start container 'winalux-alice-redis'\n"
			"reload 'winalux-alice-dev'\n"
			"wait for answers of 'winalux-alice-dev'\n");
	assert_int_equal(plan_start(&t.now.facts, NULL, &plan, &err), 0);
	assert_steps(&plan.items[0], "start container 'winalux-alice-redis'\n"
				     "reload 'winalux-alice-dev'\n"
				     "wait for answers of 'winalux-alice-dev'\n");
	plan_release(&plan);
	stage_release(&t);
}

static void a_workspace_that_left_the_inventory_is_named_not_removed(void **state)
{
	struct stage t;
	const struct workspace_plan *w;

	(void)state;
	stage_init(&t, ALICE,
		   "version: 1\nworkspaces:\n  - name: bob\n    public_key: \"" KEY "\"\n");
	w = stage_plan(&t, NULL);
	assert_int_equal(w->action, ACTION_ORPHAN);
	assert_int_equal(w->step_count, 0);
	w = stage_plan(&t, &(struct plan_options){ .prune = true });
	assert_int_equal(w->action, ACTION_REMOVE);
	assert_steps(w, "remove pod 'winalux-alice-pod'\n"
			"remove network 'winalux-alice-net'\n");
	stage_release(&t);
}

static void destroy_keeps_data_when_told(void **state)
{
	struct stage t;
	struct plan plan;
	struct error err = { 0 };

	(void)state;
	stage_init(&t, ALICE_REDIS, ALICE_REDIS);
	assert_int_equal(plan_destroy(&t.now.facts, NULL, true, &plan, &err), 0);
	assert_int_equal(plan.items[0].action, ACTION_REMOVE);
	assert_steps(&plan.items[0], "remove pod 'winalux-alice-pod'\n"
				     "remove network 'winalux-alice-net'\n");
	plan_release(&plan);
	assert_int_equal(plan_destroy(&t.now.facts, NULL, false, &plan, &err), 0);
	assert_steps(&plan.items[0], "remove pod 'winalux-alice-pod'\n"
				     "remove network 'winalux-alice-net'\n"
				     "remove volume 'winalux-alice-audit'\n"
				     "remove volume 'winalux-alice-home'\n"
				     "remove volume 'winalux-alice-keys'\n"
				     "remove volume 'winalux-alice-redis'\n"
				     "remove old state 'winalux-alice-state-1'\n");
	plan_release(&plan);
	stage_release(&t);
}

static void stop_ends_dev_first_and_restart_starts_it_last(void **state)
{
	struct stage t;
	struct plan plan;
	struct error err = { 0 };

	(void)state;
	stage_init(&t, ALICE_REDIS, ALICE_REDIS);
	assert_int_equal(plan_restart(&t.now.facts, NULL, &plan, &err), 0);
	assert_int_equal(plan.items[0].action, ACTION_RESTART);
	assert_true(plan.items[0].ends_sessions);
	assert_steps(&plan.items[0], "stop container 'winalux-alice-dev'\n"
				     "stop container 'winalux-alice-redis'\n"
				     "start container 'winalux-alice-redis'\n"
				     "start container 'winalux-alice-dev'\n"
				     "wait for answers of 'winalux-alice-dev'\n");
	plan_release(&plan);
	stage_release(&t);
}

static void an_unknown_name_is_refused_with_those_that_exist(void **state)
{
	struct stage t;
	struct plan plan;
	struct error err = { 0 };
	struct strv names = { 0 };

	(void)state;
	stage_init(&t, ALICE, ALICE);
	strv_add(&names, "carol");
	assert_int_equal(plan_stop(&t.now.facts, &names, &plan, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_string_equal(err.text, "no workspace 'carol' here; there are: alice");
	assert_int_equal(scene_plan(&t.now, &(struct plan_options){ .names = &names }, &err), -1);
	assert_string_equal(err.text, "workspace 'carol' is not in the inventory");
	strv_release(&names);
	stage_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_workspace_is_created_in_the_order_that_works),
		cmocka_unit_test(an_unchanged_workspace_has_no_steps),
		cmocka_unit_test(another_guest_and_other_proxies_leave_a_workspace_alone),
		cmocka_unit_test(a_guest_of_another_wire_version_is_replaced),
		cmocka_unit_test(libraries_come_when_a_new_workspace_is_recorded),
		cmocka_unit_test(other_libraries_are_a_live_change_of_their_own),
		cmocka_unit_test(the_same_libraries_have_no_steps),
		cmocka_unit_test(a_dev_container_made_anew_is_given_its_libraries),
		cmocka_unit_test(libraries_that_did_not_come_are_tried_again),
		cmocka_unit_test(another_ssh_key_is_a_live_change),
		cmocka_unit_test(a_changed_port_recreates_the_pod_and_says_so),
		cmocka_unit_test(a_sidecar_is_added_without_ending_sessions),
		cmocka_unit_test(a_sidecar_is_removed_and_its_data_kept),
		cmocka_unit_test(a_stopped_sidecar_is_started_and_the_guest_told_to_report),
		cmocka_unit_test(a_stopped_workspace_is_started_not_recreated),
		cmocka_unit_test(a_container_made_by_hand_is_replaced),
		cmocka_unit_test(a_paused_container_is_made_anew),
		cmocka_unit_test(leftovers_without_a_record_are_made_anew),
		cmocka_unit_test(a_workspace_that_left_the_inventory_is_named_not_removed),
		cmocka_unit_test(destroy_keeps_data_when_told),
		cmocka_unit_test(stop_ends_dev_first_and_restart_starts_it_last),
		cmocka_unit_test(an_unknown_name_is_refused_with_those_that_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
