/* SPDX-License-Identifier: MIT */
#include "winalux/base/mem.h"
#include "winalux/plan/want.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "scene.h"
#include "winalux/base/arch.h"
#include "winalux/base/error.h"
#include "winalux/base/version.h"
#include "winalux/format/json.h"
#include "winalux/plan/names.h"

#define KEY                                                                                        \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here"
#define HEAD "version: 1\ndefaults: {public_key: \"" KEY "\"}\nworkspaces:\n"

static void plan_or_fail(struct scene *s)
{
	struct error err = { 0 };

	if (scene_plan(s, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void auto_ports_stay_the_same_over_redeploys(void **state)
{
	struct scene s;
	uint16_t first;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, ssh_port: auto, app_port: auto}\n");
	plan_or_fail(&s);
	first = s.wants[0].ssh_port;
	assert_in_range(first, 22000, 24999);
	assert_in_range(s.wants[0].app_port, 28000, 29999);
	scene_deploy(&s);
	plan_or_fail(&s);
	assert_int_equal(s.wants[0].ssh_port, first);
	scene_release(&s);
}

static const struct want_container *dev_of(const struct scene *s)
{
	return &s->wants[0].containers[s->wants[0].container_count - 1];
}

static void a_workspace_sees_its_pods_figures_where_somebody_measures_them(void **state)
{
	static const struct server_paths none = { 0 };
	char digest[HASH_HEX_SIZE];
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: al_ice}\n");
	plan_or_fail(&s);
	const struct container_spec *spec = &dev_of(&s)->spec;
	assert_int_equal(spec->bind_count, 6);
	assert_string_equal(spec->binds[0].source, "/volumes/account/telemetry/al_ice");
	assert_string_equal(spec->binds[0].destination, "/run/winalux/pod");
	assert_true(spec->binds[0].is_read_only);
	assert_string_equal(spec->binds[1].source, "/volumes/account/proc/al_ice/meminfo");
	assert_string_equal(spec->binds[1].destination, "/proc/meminfo");
	assert_string_equal(labels_get(&spec->labels, LABEL_TELEMETRY), "pod");
	memcpy(digest, dev_of(&s)->digest, sizeof(digest));
	s.paths = &none;
	plan_or_fail(&s);
	assert_int_equal(dev_of(&s)->spec.bind_count, 0);
	assert_null(labels_get(&dev_of(&s)->spec.labels, LABEL_TELEMETRY));
	assert_string_equal(dev_of(&s)->digest, digest);
	scene_release(&s);
}

/* The machine's own architecture, chosen by name, is what it is without. */
static void another_architecture_has_images_and_a_guest_of_its_own(void **state)
{
	DEFER(freep)
	char *text = xasprintf(HEAD "  - {name: alice, arch: %s, sidecars: [redis]}\n"
				    "  - {name: bob, arch: %s, sidecars: [redis]}\n",
			       arch_other(), arch_own());
	DEFER(freep) char *image = xasprintf("localhost/winalux/web:latest-%s", arch_other());
	struct scene s;

	(void)state;
	scene_init(&s, text);
	plan_or_fail(&s);
	const struct container_spec *spec = &dev_of(&s)->spec;
	const struct container_spec *redis = &s.wants[0].containers[0].spec;
	assert_string_equal(spec->image, image);
	assert_string_equal(spec->image_mounts[0].image, "localhost/winalux/guest:2");
	assert_string_equal(labels_get(&spec->labels, LABEL_GUEST), "2");
	assert_string_equal(labels_get(&spec->labels, LABEL_ARCH), arch_other());
	assert_string_equal(redis->command.items[redis->command.count - 1], "ARM64-COW-BUG");
	spec = &s.wants[1].containers[1].spec;
	redis = &s.wants[1].containers[0].spec;
	assert_string_equal(spec->image, "localhost/winalux/web:latest");
	assert_string_equal(spec->image_mounts[0].image, "localhost/winalux/guest:1");
	assert_null(labels_get(&spec->labels, LABEL_ARCH));
	assert_string_not_equal(redis->command.items[redis->command.count - 1], "ARM64-COW-BUG");
	scene_release(&s);
}

static void
with_a_registry_stacks_are_part_of_the_name_and_the_own_architecture_counts(void **state)
{
	DEFER(freep)
	char *text = xasprintf(HEAD "  - {name: alice, stacks: [golang]}\n"
				    "  - {name: bob, arch: %s}\n",
			       arch_other());
	DEFER(freep)
	char *image = xasprintf("r.example/winalux/web.golang:%s", winalux_release);
	struct scene s;

	(void)state;
	scene_init(&s, text);
	s.registry = "r.example";
	plan_or_fail(&s);
	assert_string_equal(dev_of(&s)->spec.image, image);
	assert_true(dev_of(&s)->is_pulled);
	assert_null(s.wants[0].refusal);
	assert_non_null(strstr(s.wants[1].refusal, "--image-source local"));
	assert_string_equal(action_name(scene_find(&s, "bob")->action), "refused");
	scene_release(&s);
}

static void only_what_nests_containers_is_opened_for_them(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, stacks: [docker]}\n"
			    "  - {name: bob, stacks: [golang]}\n");
	plan_or_fail(&s);
	const struct container_spec *spec = &s.wants[0].containers[0].spec;
	assert_int_equal(spec->kernel_mount_count, 2);
	assert_string_equal(spec->kernel_mounts[0].type, "proc");
	assert_string_equal(spec->kernel_mounts[0].destination, "/.proc");
	assert_string_equal(spec->kernel_mounts[1].destination, "/run/user/1000");
	assert_int_equal(spec->devices.count, 1);
	assert_string_equal(spec->devices.items[0], "/dev/net/tun");
	assert_int_equal(spec->unmasked.count, 1);
	assert_string_equal(spec->unmasked.items[0], "/proc/sys");
	assert_int_equal(spec->cap_add.count, s.wants[1].containers[0].spec.cap_add.count);
	assert_true(spec->no_new_privileges);
	assert_non_null(strstr(s.wants[0].guest_conf, "\nservice\tpodman-socket\tdeveloper\t"));
	spec = &s.wants[1].containers[0].spec;
	assert_int_equal(spec->kernel_mount_count + spec->devices.count + spec->unmasked.count, 0);
	assert_null(strstr(s.wants[1].guest_conf, "\nservice\t"));
	scene_release(&s);
}

static void two_services_of_one_name_are_refused(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, profile: data, stacks: [docker]}\n");
	for (size_t i = 0; i < s.profiles.stack_count; i++) {
		struct stack *stack = &s.profiles.stacks[i];

		if (strcmp(stack->name, "docker") != 0)
			continue;
		free(stack->services.items[0].name);
		stack->services.items[0].name = xstrdup("jupyter");
	}
	plan_or_fail(&s);
	assert_string_equal(s.wants[0].refusal,
			    "its profile and stacks have two services 'jupyter'");
	scene_release(&s);
}

static int gate_is_on(const struct workspace *w, const struct workspace_facts *facts,
		      struct want_gate *ret, char **ret_refusal, void *gates, struct error *err)
{
	(void)w;
	(void)facts;
	(void)ret_refusal;
	(void)gates;
	(void)err;
	*ret = (struct want_gate){ .is_on = true };
	return 0;
}

static void behind_a_gate_sockets_are_not_forwarded_where_containers_nest(void **state)
{
	static const struct {
		const char *keys, *line;
	} cases[] = {
		{ "stacks: [docker]", "\nforwarding\tports\n" },
		{ "stacks: [docker], gate_forwarding: closed", "\nforwarding\tclosed\n" },
		{ "stacks: [golang]", "\nforwarding\topen\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep)
		char *text = xasprintf(HEAD "  - {name: alice, %s}\n", cases[i].keys);
		struct scene s;

		scene_init(&s, text);
		s.bind_gate = gate_is_on;
		plan_or_fail(&s);
		assert_non_null(strstr(s.wants[0].guest_conf, cases[i].line));
		s.bind_gate = NULL;
		plan_or_fail(&s);
		if (i == 0)
			assert_non_null(strstr(s.wants[0].guest_conf, "\nforwarding\topen\n"));
		scene_release(&s);
	}
}

static void an_auto_port_avoids_fixed_and_busy_ones(void **state)
{
	struct scene s;
	uint16_t first;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice}\n");
	plan_or_fail(&s);
	first = s.wants[0].ssh_port;
	s.busy_port = first;
	plan_or_fail(&s);
	assert_int_not_equal(s.wants[0].ssh_port, first);
	scene_release(&s);
}

static void a_fixed_port_that_is_busy_refuses_its_workspace_alone(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, ssh_port: 2201}\n  - {name: bob, ssh_port: 2202}\n");
	s.busy_port = 2201;
	plan_or_fail(&s);
	assert_int_equal(s.plan.items[0].action, ACTION_REFUSE);
	assert_int_equal(s.plan.items[0].step_count, 0);
	assert_string_equal(s.plan.items[0].reason,
			    "port 2201 is in use by another program of this host; choose "
			    "another port or \"auto\"");
	assert_int_equal(s.plan.items[1].action, ACTION_CREATE);
	s.busy_port = 0;
	scene_deploy(&s);
	s.busy_port = 2201; /* our own pod holds it now */
	plan_or_fail(&s);
	scene_release(&s);
}

static void a_port_on_which_our_pod_is_just_starting_is_ours(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, ssh_port: 2201}\n");
	scene_deploy(&s);
	struct container *infra = scene_add_infra(&s, "alice");
	port_mappings_add(&infra->ports, "", 2201, 2222);
	for (size_t i = 0; i < s.facts.containers.count; i++)
		s.facts.containers.items[i].state = CONTAINER_CREATED;
	scene_reindex(&s);
	s.busy_port = 2201;
	plan_or_fail(&s);
	assert_int_not_equal(s.plan.items[0].action, ACTION_REFUSE);
	for (size_t i = 0; i < s.facts.containers.count; i++)
		s.facts.containers.items[i].state = CONTAINER_STOPPED;
	plan_or_fail(&s);
	assert_int_equal(s.plan.items[0].action, ACTION_REFUSE);
	scene_release(&s);
}

static void a_busy_port_of_a_workspace_that_is_not_selected_does_not_matter(void **state)
{
	struct scene s;
	struct error err = { 0 };
	struct strv names = { 0 };

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, ssh_port: 2201}\n  - {name: bob, ssh_port: 2202}\n");
	s.busy_port = 2202;
	strv_add(&names, "alice");
	assert_int_equal(scene_plan(&s, &(struct plan_options){ .names = &names }, &err), 0);
	assert_int_equal(s.plan.count, 1);
	strv_release(&names);
	scene_release(&s);
}

static void limits_are_the_pods_since_4_7_and_the_dev_containers_before(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, cpus: 1.5, memory_limit_gb: 2, pids_limit: 100}\n");
	plan_or_fail(&s);
	assert_int_equal(s.wants[0].pod.limits.cpu_milli, 1500);
	assert_int_equal(s.wants[0].pod.limits.memory_bytes, 2ULL << 30);
	assert_int_equal(s.wants[0].containers[0].spec.limits.pids, 0);
	s.facts.version = (struct podman_version){ 4, 3, 1 };
	plan_or_fail(&s);
	assert_int_equal(s.wants[0].pod.limits.cpu_milli, 0);
	assert_int_equal(s.wants[0].containers[0].spec.limits.pids, 100);
	scene_release(&s);
}

static void the_dev_container_has_the_small_capability_set_and_no_new_privileges(void **state)
{
	struct scene s;
	const struct container_spec *dev;
	char *caps;

	(void)state;
	scene_init(&s, HEAD "  - {name: my_dev}\n");
	plan_or_fail(&s);
	dev = &s.wants[0].containers[0].spec;
	caps = strv_join(&dev->cap_add, " ");
	assert_string_equal(caps, "CHOWN KILL SETGID SETUID SYS_CHROOT");
	assert_true(dev->no_new_privileges);
	assert_string_equal(dev->name, "winalux-my-dev-dev");
	assert_string_equal(labels_get(&dev->labels, LABEL_WORKSPACE), "my_dev");
	assert_string_equal(dev->seccomp_profile_path, "/volumes/account/seccomp.json");
	free(caps);
	scene_release(&s);
}

static void the_guest_is_told_what_there_is_to_check_and_show(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, sidecars: [redis, {name: pg, image: \"x/pg:1\", "
			    "port: 5432}], extra_ports: [\"7430:7420\"]}\n");
	plan_or_fail(&s);
	assert_string_equal(s.wants[0].guest_conf, "winalux\t1\n"
						   "name\talice\n"
						   "user\tdeveloper\n"
						   "gate\toff\n"
						   "forwarding\topen\n"
						   "profile\tweb\n"
						   "port\t8000\tWeb Server\n"
						   "port\t7420\t\n"
						   "check\tredis\tredis\t6379\n"
						   "check\tpg\ttcp\t5432\n");
	assert_string_equal(s.wants[0].authorized_keys, KEY "\n");
	scene_release(&s);
}

/* Whether the command of the workspace's first container has the word. */
static bool commands(const struct scene *s, const char *word)
{
	return strv_contains(&s->wants[0].containers[0].spec.command, word);
}

static void a_built_in_sidecar_listens_on_localhost_unless_it_is_published(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, sidecars: [redis]}\n");
	plan_or_fail(&s);
	assert_true(commands(&s, "127.0.0.1"));
	assert_true(commands(&s, "6379"));
	scene_release(&s);
	scene_init(&s, HEAD "  - {name: alice, sidecars: [{name: redis, port: 6380}], "
			    "extra_ports: [\"7000:6380\"]}\n");
	plan_or_fail(&s);
	assert_true(commands(&s, "0.0.0.0"));
	assert_true(commands(&s, "6380"));
	assert_non_null(strstr(s.wants[0].guest_conf, "check\tredis\tredis\t6380\n"));
	scene_release(&s);
}

static void settings_reach_each_kind_in_its_own_way(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, sidecars: [{name: redis, config: {maxmemory: 1mb}}, "
			    "{name: rabbitmq, config: {channel_max: 7}}, "
			    "{name: airflow, config: {core.a-b: \"c=d\"}}]}\n");
	plan_or_fail(&s);
	const struct want_container *c = s.wants[0].containers;
	const struct strv *redis = &c[0].spec.command;
	assert_string_equal(redis->items[redis->count - 2], "--maxmemory");
	assert_string_equal(redis->items[redis->count - 1], "1mb");
	assert_true(strv_contains(&c[1].spec.command, "channel_max = 7\n"));
	assert_true(strv_contains(&c[2].spec.environment, "AIRFLOW__CORE__A_B=c=d"));
	scene_release(&s);
}

static void a_sidecar_starts_after_those_it_names_and_awaits_their_ports(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, sidecars: [{name: redis, after: [memcached, db]}, "
			    "memcached, {name: db, image: x, port: 99}]}\n");
	plan_or_fail(&s);
	const struct want_container *c = s.wants[0].containers;
	assert_string_equal(c[0].role, "memcached");
	assert_string_equal(c[1].role, "db");
	assert_string_equal(c[2].role, "redis");
	assert_true(strv_contains(&c[2].spec.command, "--await=11211"));
	assert_true(strv_contains(&c[2].spec.command, "--await=99"));
	scene_release(&s);
}

/* NULL: none. */
static const struct volume_mount *find_mount(const struct container_spec *spec,
					     const char *destination)
{
	for (size_t i = 0; i < spec->volume_count; i++)
		if (strcmp(spec->volumes[i].destination, destination) == 0)
			return &spec->volumes[i];
	return NULL;
}

static void a_shared_folder_is_one_volume_in_both(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, sidecars: [{name: airflow, version: 3.2.1}]}\n");
	plan_or_fail(&s);
	const struct want_container *c = s.wants[0].containers;
	assert_string_equal(c[0].spec.image, "localhost/winalux/sidecar-airflow.3.2.1:latest");
	for (size_t i = 0; i < 2; i++) {
		const struct volume_mount *mount = find_mount(&c[i].spec, "/srv/dags");

		assert_non_null(mount);
		assert_string_equal(mount->volume, "winalux-alice-dags");
	}
	assert_non_null(strstr(s.wants[0].guest_conf, "\nshare\tdags\n"));
	scene_release(&s);
}

static void the_guest_is_told_to_leave_the_affinity_alone(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, cpus: 2, cpu_affinity: false}\n");
	plan_or_fail(&s);
	assert_non_null(strstr(s.wants[0].guest_conf, "\naffinity\toff\n"));
	scene_release(&s);
}

static const char *variable(const struct json *body, const char *name)
{
	return json_get_text(json_get(body, "env"), name);
}

static struct json *planned_dev(struct scene *s, const char *workspace)
{
	DEFER(freep) char *text = xasprintf("%s  - %s\n", HEAD, workspace);

	scene_init(s, text);
	plan_or_fail(s);
	return container_spec_encode(&s->wants[0].containers[0].spec);
}

static void programs_are_told_of_limits_by_variables(void **state)
{
	struct scene s;
	struct json *body =
		planned_dev(&s, "{name: alice, cpus: 1.5, memory_limit_gb: 4, environment: "
				"{GOMAXPROCS: \"7\"}}");

	(void)state;
	assert_string_equal(variable(body, "OMP_NUM_THREADS"), "2");
	assert_string_equal(variable(body, "UV_THREADPOOL_SIZE"), "4");
	assert_string_equal(variable(body, "GOMAXPROCS"), "7");
	assert_string_equal(variable(body, "JAVA_TOOL_OPTIONS"),
			    "-XX:+IgnoreUnrecognizedVMOptions -XX:ActiveProcessorCount=2 "
			    "-XX:MaxRAM=4096m");
	json_free(body);
	scene_release(&s);
}

static void variables_tell_only_of_limits_that_are_there(void **state)
{
	static const struct {
		const char *workspace, *threads, *java;
	} cases[] = {
		{ "{name: alice}", NULL, NULL },
		{ "{name: alice, cpus: 2, memory_limit_gb: 1, limit_environment: false}", NULL,
		  NULL },
		{ "{name: alice, cpus: 8}", "8",
		  "-XX:+IgnoreUnrecognizedVMOptions -XX:ActiveProcessorCount=8" },
		{ "{name: alice, memory_limit_gb: 0.5}", NULL,
		  "-XX:+IgnoreUnrecognizedVMOptions -XX:MaxRAM=512m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene s;
		struct json *body = planned_dev(&s, cases[i].workspace);
		const char *threads = variable(body, "UV_THREADPOOL_SIZE");
		const char *java = variable(body, "JAVA_TOOL_OPTIONS");

		assert_int_equal(!threads, !cases[i].threads);
		assert_true(!threads || strcmp(threads, cases[i].threads) == 0);
		assert_int_equal(!java, !cases[i].java);
		assert_true(!java || strcmp(java, cases[i].java) == 0);
		json_free(body);
		scene_release(&s);
	}
}

static void what_the_inventory_says_wins_over_the_hosts_proxy(void **state)
{
	struct scene s;
	struct json *body;
	const struct json *environment;

	(void)state;
	scene_init(&s, HEAD "  - {name: alice, environment: {https_proxy: mine}}\n");
	strv_add(&s.environment, "https_proxy=of the host");
	strv_add(&s.environment, "no_proxy=localhost");
	plan_or_fail(&s);
	body = container_spec_encode(&s.wants[0].containers[0].spec);
	environment = json_get(body, "env");
	assert_string_equal(json_get_text(environment, "https_proxy"), "mine");
	assert_string_equal(json_get_text(environment, "no_proxy"), "localhost");
	json_free(body);
	scene_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_ports_stay_the_same_over_redeploys),
		cmocka_unit_test(a_workspace_sees_its_pods_figures_where_somebody_measures_them),
		cmocka_unit_test(an_auto_port_avoids_fixed_and_busy_ones),
		cmocka_unit_test(another_architecture_has_images_and_a_guest_of_its_own),
		cmocka_unit_test(
			with_a_registry_stacks_are_part_of_the_name_and_the_own_architecture_counts),
		cmocka_unit_test(a_fixed_port_that_is_busy_refuses_its_workspace_alone),
		cmocka_unit_test(a_port_on_which_our_pod_is_just_starting_is_ours),
		cmocka_unit_test(a_busy_port_of_a_workspace_that_is_not_selected_does_not_matter),
		cmocka_unit_test(limits_are_the_pods_since_4_7_and_the_dev_containers_before),
		cmocka_unit_test(
			the_dev_container_has_the_small_capability_set_and_no_new_privileges),
		cmocka_unit_test(the_guest_is_told_what_there_is_to_check_and_show),
		cmocka_unit_test(only_what_nests_containers_is_opened_for_them),
		cmocka_unit_test(two_services_of_one_name_are_refused),
		cmocka_unit_test(behind_a_gate_sockets_are_not_forwarded_where_containers_nest),
		cmocka_unit_test(the_guest_is_told_to_leave_the_affinity_alone),
		cmocka_unit_test(settings_reach_each_kind_in_its_own_way),
		cmocka_unit_test(a_sidecar_starts_after_those_it_names_and_awaits_their_ports),
		cmocka_unit_test(a_shared_folder_is_one_volume_in_both),
		cmocka_unit_test(a_built_in_sidecar_listens_on_localhost_unless_it_is_published),
		cmocka_unit_test(programs_are_told_of_limits_by_variables),
		cmocka_unit_test(variables_tell_only_of_limits_that_are_there),
		cmocka_unit_test(what_the_inventory_says_wins_over_the_hosts_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
