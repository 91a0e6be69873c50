/* SPDX-License-Identifier: MIT */
/* Looking: at an account (host.c), at its controllers (limits.c), into its containers (verify.c).
 */
#include "winalux/workspace/host.h"

#include <stdlib.h>
#include <string.h>

#include "stage.h"
#include "winalux/base/mem.h"
#include "winalux/podman/object.h"
#include "winalux/plan/names.h"
#include "workspace/limits.h"
#include "workspace/verify.h"

#define LABELS(role)                                                                               \
	"\"io.winalux.schema\":\"1\",\"io.winalux.workspace\":\"alice\","                          \
	"\"io.winalux.role\":\"" role "\""
#define LIST(kind, items) ">>> GET /" kind "/json\n<<< 200\n\n[" items "]\n"

static void one_list_for_each_kind_shows_everything(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(facts_release) struct facts facts = { 0 };
	const struct workspace_facts *alice;

	(void)state;
	scene_init(&t.scene, stage_alice);
	stage_open(&t,
		   STAGE_PING LIST(
			   "containers",
			   "{\"Id\":\"D\",\"Names\":[\"winalux-alice-dev\"],\"State\":\"running\","
			   "\"Pod\":\"P\",\"Labels\":{" LABELS("dev") "}}")
			   LIST("pods", "{\"Id\":\"P\",\"Name\":\"winalux-alice-pod\",\"Labels\":"
					"{" LABELS("pod") "}}")
				   LIST("volumes",
					"{\"Name\":\"winalux-alice-state-1\",\"Labels\":{" LABELS(
						"state") ",\"io.winalux.generation\":\"1\","
							 "\"io.winalux.ports\":\"app=8001 "
							 "ssh=2201\"}}")
					   LIST("networks",
						"{\"id\":\"N\",\"name\":\"winalux-alice-net\","
						"\"labels\":{" LABELS("net") "}}")
						   LIST("images", ""));
	if (host_observe(t.host, OBSERVE_ALL, &facts, &t.err) < 0)
		fail_msg("%s", t.err.text);
	alice = facts_find(&facts, "alice");
	assert_string_equal(workspace_facts_status(alice), "running");
	assert_int_equal(alice->state.ssh_port, 2201);
	assert_non_null(alice->pod);
	assert_non_null(alice->network);
	assert_int_equal(fake_request_count(t.service.server), 6); /* with the ping */
	assert_all_asked(&t.service);
}

static void a_list_of_workspaces_needs_two_calls(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(facts_release) struct facts facts = { 0 };

	(void)state;
	scene_init(&t.scene, stage_alice);
	stage_open(&t, STAGE_PING LIST("containers", "") LIST("volumes", ""));
	assert_int_equal(host_observe(t.host, OBSERVE_STATE, &facts, &t.err), 0);
	assert_all_asked(&t.service);
}

static void a_list_that_fails_is_an_error_and_nothing_is_returned(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	struct facts facts = { .count = 42 };

	(void)state;
	scene_init(&t.scene, stage_alice);
	stage_open(&t,
		   STAGE_PING LIST("containers", "")
			   LIST("pods", "") ">>> GET /volumes/json\n<<< "
					    "500\n\n{\"cause\":\"boom\",\"message\":\"boom\"}\n");
	assert_error(&t.err, host_observe(t.host, OBSERVE_ALL, &facts, &t.err), ERROR_PODMAN,
		     "cannot see what is there: cannot list volumes");
	assert_int_equal(facts.count, 42);
}

#define GONE                                                                                       \
	">>> GET /volumes/json\n<<< 500\n\n{\"cause\":\"no such volume\",\"message\":\"no volume " \
	"with name \\\"winalux-bob-home\\\" found in database: no such "                           \
	"volume\",\"response\":500}\n"

static void what_goes_while_it_is_listed_is_listed_again(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(facts_release) struct facts facts = { 0 };

	(void)state;
	scene_init(&t.scene, stage_alice);
	stage_open(&t,
		   STAGE_PING LIST("containers", "{\"Id\":\"B\",\"Names\":[\"winalux-bob-dev\"],"
						 "\"State\":\"exited\",\"Labels\":{}}")
			   GONE LIST("containers", "") LIST("volumes", ""));
	if (host_observe(t.host, OBSERVE_STATE, &facts, &t.err) < 0)
		fail_msg("%s", t.err.text);
	assert_int_equal(facts.containers.count, 0);
	assert_all_asked(&t.service);
}

static void it_is_listed_again_only_once(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	struct facts facts = { .count = 42 };

	(void)state;
	scene_init(&t.scene, stage_alice);
	stage_open(&t, STAGE_PING LIST("containers", "") GONE LIST("containers", "") GONE);
	assert_error(&t.err, host_observe(t.host, OBSERVE_STATE, &facts, &t.err), ERROR_NOT_FOUND,
		     "no such volume");
	assert_int_equal(facts.count, 42);
	assert_all_asked(&t.service);
}

/* --- limits --- */

static void controllers_are_asked_for_once(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	struct limit_support support;

	(void)state;
	scene_init(&t.scene, stage_alice);
	stage_open(&t, STAGE_PING ">>> GET /info\n<<< 200\n\n"
				  "{\"host\":{\"cgroupControllers\":[\"memory\",\"pids\"]}}\n");
	assert_int_equal(host_get_limits(t.host, &support, &t.err), 0);
	assert_int_equal(host_get_limits(t.host, &support, &t.err), 0);
	assert_false(support.has_cpu);
	assert_true(support.has_memory);
	assert_true(support.has_pids);
	assert_all_asked(&t.service);
}

static void what_would_not_hold_is_left_out_and_named(void **state)
{
	const struct limit_support support = { .has_pids = true };
	const struct resource_limits wanted = { .cpu_milli = 500, .memory_bytes = 1, .pids = 7 };
	const struct resource_limits masked = limits_mask(&wanted, &support);
	DEFER(strv_release) struct strv names = { 0 };

	(void)state;
	assert_int_equal(masked.cpu_milli, 0);
	assert_int_equal(masked.memory_bytes, 0);
	assert_int_equal(masked.pids, 7);
	limits_add_unenforced(&wanted, &support, &names);
	DEFER(freep) char *text = strv_join(&names, " ");
	assert_string_equal(text, "cpus memory_limit_gb");
}

/* --- verify --- */

#define DEV(name, env, caps, home, more)                                                           \
	"{\"Name\":\"" name "\",\"Config\":{\"Env\":[" env "]},\"BoundingCaps\":[" caps "],"       \
	"\"Mounts\":[{\"Name\":\"" home "\",\"Destination\":\"/home/developer\",\"RW\":true},"     \
	"{\"Name\":\"winalux-alice-keys\",\"Destination\":\"/etc/winalux/hostkeys\",\"RW\":true}," \
	"{\"Name\":\"winalux-alice-audit\",\"Destination\":\"/var/lib/winalux/"                    \
	"audit\",\"RW\":true}"                                                                     \
	"],\"HostConfig\":{" more "}}"
#define ENV "\"WINALUX_WORKSPACE=alice\",\"WINALUX_PROFILE=web\""
#define CAPS "\"CAP_CHOWN\",\"CAP_KILL\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SYS_CHROOT\""
#define HOME "winalux-alice-home"
#define SOUND DEV("winalux-alice-dev", ENV, CAPS, HOME, "")
#define INFRA(networks) "{\"NetworkSettings\":{\"Networks\":{" networks "}}}"
#define OWN_NETWORK "\"winalux-alice-net\":{}"

/* Verifies a deployed alice without sidecars, whose inspect answers are these. */
static void verify(const char *dev, const char *infra, struct labels *faults, struct stage *t)
{
	const struct limit_support all = { true, true, true };
	DEFER(freep) char *script = NULL;

	scene_init(&t->scene, stage_two);
	scene_deploy(&t->scene);
	scene_add_infra(&t->scene, "alice");
	scene_reindex(&t->scene);
	script = xasprintf(STAGE_PING ">>> GET /containers/by-hand-winalux-alice-infra/json\n"
				      "<<< 200\n\n%s\n>>> GET /containers/*/json\n<<< 200\n\n%s\n",
			   infra, dev);
	stage_open(t, script);
	if (verify_wants(host_podman(t->host), t->scene.wants, 1, &t->scene.facts, &all, faults,
			 &t->err) < 0)
		fail_msg("%s", t->err.text);
}

static void a_container_as_it_was_made_has_no_faults(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(labels_release) struct labels faults = { 0 };

	(void)state;
	verify(SOUND, INFRA(OWN_NETWORK), &faults, &t);
	assert_int_equal(faults.count, 0);
	assert_all_asked(&t.service);
}

static void what_a_person_changed_is_named(void **state)
{
	static const struct {
		const char *dev;
		const char *fault;
	} table[] = {
		{ DEV("renamed", ENV, CAPS, HOME, ""), "name changed by hand" },
		{ DEV("winalux-alice-dev", "", CAPS, HOME, ""), "environment changed by hand" },
		{ DEV("winalux-alice-dev", ENV, CAPS ",\"CAP_SYS_ADMIN\"", HOME, ""),
		  "capabilities changed by hand" },
		{ DEV("winalux-alice-dev", ENV, CAPS, "another", ""), "volumes changed by hand" },
		{ DEV("renamed", ENV, "", HOME, ""), "name, capabilities changed by hand" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		DEFER(stage_close) struct stage t = { 0 };
		DEFER(labels_release) struct labels faults = { 0 };

		verify(table[i].dev, INFRA(OWN_NETWORK), &faults, &t);
		assert_int_equal(faults.count, 1);
		assert_string_equal(faults.items[0].value, table[i].fault);
	}
}

static void another_network_is_a_fault_of_the_pod(void **state)
{
	static const char *const networks[] = { "", OWN_NETWORK ",\"podman\":{}", "\"podman\":{}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		DEFER(freep)
		char *infra = xasprintf("{\"NetworkSettings\":{\"Networks\":{%s}}}", networks[i]);
		DEFER(stage_close) struct stage t = { 0 };
		DEFER(labels_release) struct labels faults = { 0 };
		struct plan_options options = { .faults = &faults };

		verify(SOUND, infra, &faults, &t);
		assert_string_equal(labels_get(&faults, t.scene.facts.pods.items[0].id),
				    "networks changed by hand");
		assert_int_equal(scene_plan(&t.scene, &options, &t.err), 0);
		assert_string_equal(scene_find(&t.scene, "alice")->reason,
				    "winalux-alice-pod: networks changed by hand");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_list_for_each_kind_shows_everything),
		cmocka_unit_test(a_list_of_workspaces_needs_two_calls),
		cmocka_unit_test(a_list_that_fails_is_an_error_and_nothing_is_returned),
		cmocka_unit_test(what_goes_while_it_is_listed_is_listed_again),
		cmocka_unit_test(it_is_listed_again_only_once),
		cmocka_unit_test(controllers_are_asked_for_once),
		cmocka_unit_test(what_would_not_hold_is_left_out_and_named),
		cmocka_unit_test(a_container_as_it_was_made_has_no_faults),
		cmocka_unit_test(what_a_person_changed_is_named),
		cmocka_unit_test(another_network_is_a_fault_of_the_pod),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
