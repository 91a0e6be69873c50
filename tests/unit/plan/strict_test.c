/* SPDX-License-Identifier: MIT */
#include "winalux/plan/strict.h"

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
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/plan/digest.h"
#include "winalux/plan/names.h"

#define KEY                                                                                        \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here"
#define ALICE                                                                                      \
	"version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2201\n    public_key: \"" KEY     \
	"\"\n"
#define STRICT ALICE "    gate: strict\n"

static void a_host_is_told_what_it_lacks(void **state)
{
	static const struct {
		const char *info;
		const char *lack; /* NULL: nothing */
	} cases[] = {
		{ "{}", NULL },
		{ "{\"host\":{\"ociRuntime\":{\"name\":\"crun\",\"version\":\"crun version "
		  "1.8.1\\ncommit: x\"},\"kernel\":\"6.1.0-9-amd64\"}}",
		  NULL },
		{ "{\"host\":{\"ociRuntime\":{\"name\":\"crun\",\"version\":\"crun version "
		  "0.14.1\\ncommit: x\"}}}",
		  "crun 0.15 or later, and 0.14.1 is here" },
		{ "{\"host\":{\"ociRuntime\":{\"name\":\"runc\",\"version\":\"runc version "
		  "1.1\"}}}",
		  "crun 0.15 or later as Podman's runtime, which is runc here" },
		{ "{\"host\":{\"kernel\":\"5.8.19\"}}",
		  "Linux 5.9 or later, and 5.8.19 runs here" },
		{ "{\"host\":{\"kernel\":\"4.18.0-553.el8\"}}",
		  "Linux 5.9 or later, and 4.18.0-553.el8 runs here" },
		{ "{\"host\":{\"kernel\":\"unheard of\"}}", NULL },
		{ "{\"store\":{\"volumePath\":\"/home/u/.local/share/containers/storage/"
		  "volumes\"}}",
		  NULL },
		{ "{\"store\":{\"volumePath\":\"/cluster/home/department-of-long-names/"
		  "someone.with.a.long.name/.local/share/containers/storage/volumes\"}}",
		  "a directory of volumes with a name of at most 73 bytes; "
		  "'/cluster/home/department-of-long-names/someone.with.a.long.name/.local/share/"
		  "containers/storage/volumes' has 103" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(json_freep) struct json *info = NULL;
		DEFER(freep) char *lack = NULL;

		assert_int_equal(json_parse(cases[i].info, strlen(cases[i].info), &info, NULL), 0);
		lack = strict_lack(info);

		if (cases[i].lack)
			assert_string_equal(lack, cases[i].lack);
		else
			assert_null(lack);
	}
}

static const struct container_spec *dev_of(const struct scene *s)
{
	const struct want *want = &s->wants[0];

	return &want->containers[want->container_count - 1].spec;
}

static void plan_or_fail(struct scene *s)
{
	struct error err = { 0 };

	if (scene_plan(s, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void a_strict_dev_container_asks_the_keepers(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, STRICT);
	plan_or_fail(&s);
	const struct container_spec *dev = dev_of(&s);
	assert_string_equal(dev->seccomp_profile_path, "/volumes/account/seccomp-strict.json");
	assert_string_equal(labels_get(&dev->annotations, "run.oci.seccomp.receiver"),
			    "/volumes/account/gate/notify");
	assert_string_equal(labels_get(&dev->annotations, LABEL_WORKSPACE), "alice");
	scene_release(&s);
}

/* Deploys one inventory, then plans another over what is there. */
static void redeploy(struct scene *now, const char *deployed, const char *wanted)
{
	struct scene before;

	scene_init(&before, deployed);
	scene_deploy(&before);
	scene_init(now, wanted);
	now->facts = before.facts;
	before.facts = (struct facts){ 0 };
	scene_release(&before);
}

static void turning_strict_on_or_off_makes_the_dev_container_anew(void **state)
{
	static const char *const ways[][2] = { { ALICE, STRICT }, { STRICT, ALICE } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct scene s;

		redeploy(&s, ways[i][0], ways[i][1]);
		plan_or_fail(&s);
		assert_int_equal(scene_find(&s, "alice")->action, ACTION_RECREATE);
		assert_string_equal(scene_find(&s, "alice")->reason,
				    "winalux-alice-dev: settings changed");
		scene_release(&s);
	}
}

static void a_strict_workspace_is_known_by_its_container(void **state)
{
	struct scene s;

	(void)state;
	redeploy(&s, ALICE, ALICE);
	assert_false(facts_need_keepers(&s.facts));
	scene_release(&s);
	redeploy(&s, STRICT, STRICT);
	assert_true(facts_need_keepers(&s.facts));
	plan_or_fail(&s);
	assert_int_equal(scene_find(&s, "alice")->action, ACTION_UNCHANGED);
	scene_release(&s);
}

static const char lost_steps[] = "stop container 'winalux-alice-dev'\n"
				 "start container 'winalux-alice-dev'\n"
				 "wait for answers of 'winalux-alice-dev'\n";

static void assert_lost_plan(const struct workspace_plan *w)
{
	DEFER(freep) char *steps = scene_steps(w);

	assert_int_equal(w->action, ACTION_RESTART);
	assert_string_equal(steps, lost_steps);
	assert_true(w->ends_sessions);
	assert_string_equal(w->reason, "winalux-alice-dev: its gate was lost, and no program could "
				       "be started in it");
}

static void a_lost_workspace_is_restarted_by_deploy_and_start(void **state)
{
	struct scene s;
	struct plan plan = { 0 };

	(void)state;
	redeploy(&s, STRICT "    sidecars: [redis]\n", STRICT "    sidecars: [redis]\n");
	facts_mark_lost(&s.facts, NULL);
	plan_or_fail(&s);
	assert_lost_plan(scene_find(&s, "alice"));
	assert_string_equal(workspace_facts_status(&s.facts.workspaces[0]), "gate lost");
	assert_int_equal(plan_start(&s.facts, NULL, &plan, NULL), 0);
	assert_lost_plan(&plan.items[0]);
	plan_release(&plan);
	scene_release(&s);
}

static void only_named_and_running_strict_workspaces_are_lost(void **state)
{
	DEFER(strv_release) struct strv ids = { 0 };
	struct scene s;

	(void)state;
	redeploy(&s, STRICT, STRICT);
	const struct workspace_facts *w = &s.facts.workspaces[0];
	struct container *dev = &s.facts.containers.items[0]; /* there is no other */
	facts_mark_lost(&s.facts, &ids);
	assert_false(w->is_lost);
	strv_add(&ids, dev->id);
	facts_mark_lost(&s.facts, &ids);
	assert_true(w->is_lost);
	dev->state = CONTAINER_STOPPED;
	facts_mark_lost(&s.facts, &ids);
	assert_false(w->is_lost);
	scene_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_told_what_it_lacks),
		cmocka_unit_test(a_strict_dev_container_asks_the_keepers),
		cmocka_unit_test(turning_strict_on_or_off_makes_the_dev_container_anew),
		cmocka_unit_test(a_strict_workspace_is_known_by_its_container),
		cmocka_unit_test(a_lost_workspace_is_restarted_by_deploy_and_start),
		cmocka_unit_test(only_named_and_running_strict_workspaces_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
