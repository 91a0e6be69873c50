/* SPDX-License-Identifier: MIT */
#include "winalux/plan/stranger.h"

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

static void a_container_is_ours_by_the_name_that_its_labels_ask_for(void **state)
{
	static const struct {
		const char *name, *workspace, *role;
		bool is_infra, is_ours;
	} cases[] = {
		{ "winalux-alice-dev", "alice", "dev", false, true },
		{ "winalux-a-b-dev", "a_b", "dev", false, true },
		{ "winalux-alice-infra", "alice", "pod", true, true },
		{ "winalux-gate-a", NULL, "gate-a", false, true },
		{ "winalux-alice-pod", "alice", "pod", true, false },
		{ "winalux-alice-dev2", "alice", "dev", false, false },
		{ "winalux-alice-redis", "alice", "dev", false, false },
		{ "winalux-alic-dev", "alice", "dev", false, false },
		{ "winalux-alice", "alice", "dev", false, false },
		{ "winalux-", "alice", "dev", false, false },
		{ "", "alice", "dev", false, false },
		{ "agitated_fermat", "alice", "dev", false, false },
		{ "winalux-backup", NULL, "backup", false, false },
		{ "winalux-warden2", NULL, "warden", false, false },
		{ "winalux-alice-dev", "alice", NULL, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *name = xstrdup(cases[i].name);
		struct container c = { .name = name, .is_infra = cases[i].is_infra };

		labels_add(&c.labels, LABEL_SCHEMA, SCHEMA_VERSION);
		if (cases[i].workspace)
			labels_add(&c.labels, LABEL_WORKSPACE, cases[i].workspace);
		if (cases[i].role)
			labels_add(&c.labels, LABEL_ROLE, cases[i].role);
		if (container_is_ours(&c) != cases[i].is_ours)
			fail_msg("'%s' is%s ours", cases[i].name, cases[i].is_ours ? " not" : "");
		labels_release(&c.labels);
	}
}

static struct scene deployed(void)
{
	struct scene s;

	scene_init(&s, ALICE);
	scene_deploy(&s);
	scene_add_infra(&s, "alice");
	return s;
}

static const struct workspace_facts *alice_with(struct scene *s, const char *pod_id)
{
	struct container *c = scene_add_container(s, "alice", ROLE_DEV, "agitated_fermat");

	if (pod_id) {
		free(c->pod_id);
		c->pod_id = xstrdup(pod_id);
	}
	scene_reindex(s);
	return facts_find(&s->facts, "alice");
}

/* `podman commit` keeps labels in the image, and a container of it has them. */
static void a_copy_of_the_dev_container_counts_for_nothing_and_is_told(void **state)
{
	DEFER(scene_release) struct scene s = deployed();
	const struct workspace_facts *alice = alice_with(&s, NULL);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(alice->container_count, 1);
	assert_string_equal(workspace_facts_container(alice, ROLE_DEV)->name, "winalux-alice-dev");
	assert_int_equal(alice->stranger_count, 1);
	assert_string_equal(alice->strangers[0].container->name, "agitated_fermat");
	assert_string_equal(alice->strangers[0].how, "carries its labels");
	assert_int_equal(scene_plan(&s, NULL, &err), 0);
	assert_int_equal(scene_find(&s, "alice")->action, ACTION_UNCHANGED);
}

static void one_that_runs_when_ours_does_not_makes_no_workspace_run(void **state)
{
	DEFER(scene_release) struct scene s = deployed();

	(void)state;
	for (size_t i = 0; i < s.facts.containers.count; i++)
		s.facts.containers.items[i].state = CONTAINER_STOPPED;
	assert_string_equal(workspace_facts_status(alice_with(&s, NULL)), "stopped");
}

static void who_is_in_the_pod_is_told_and_reasons_add_up(void **state)
{
	DEFER(scene_release) struct scene s = deployed();
	DEFER(freep) char *pod = xstrdup(s.facts.pods.items[0].id);
	struct workspace_facts *alice;

	(void)state;
	alice_with(&s, pod);
	alice = &s.facts.workspaces[0];
	assert_int_equal(alice->stranger_count, 1);
	assert_string_equal(alice->strangers[0].how, "is in its pod, carries its labels");
	workspace_facts_add_stranger(alice, alice->strangers[0].container, "mounts 'x'");
	assert_int_equal(alice->stranger_count, 1);
	assert_string_equal(alice->strangers[0].how,
			    "is in its pod, carries its labels, mounts 'x'");
}

static void labels_of_no_workspace_make_none(void **state)
{
	DEFER(scene_release) struct scene s = deployed();

	(void)state;
	assert_false(facts_have_outsiders(&s.facts));
	scene_add_container(&s, "bob", ROLE_DEV, "agitated_fermat");
	scene_reindex(&s);
	assert_true(facts_have_outsiders(&s.facts));
	assert_null(facts_find(&s.facts, "bob"));
	assert_int_equal(facts_find(&s.facts, "alice")->stranger_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_is_ours_by_the_name_that_its_labels_ask_for),
		cmocka_unit_test(a_copy_of_the_dev_container_counts_for_nothing_and_is_told),
		cmocka_unit_test(one_that_runs_when_ours_does_not_makes_no_workspace_run),
		cmocka_unit_test(who_is_in_the_pod_is_told_and_reasons_add_up),
		cmocka_unit_test(labels_of_no_workspace_make_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
