/* SPDX-License-Identifier: MIT */
/* The bodies of create calls, byte for byte: digests are made of them. */
#include "fixture.h"
#include "winalux/format/json.h"
#include "winalux/podman/container.h"
#include "winalux/podman/pod.h"

static void assert_json(struct json *value, const char *wanted)
{
	DEFER(freep) char *text = json_print(value, false);

	json_free(value);
	assert_string_equal(text, wanted);
}

static void a_small_container_states_what_defaults_would_not(void **state)
{
	struct container_spec spec = { .name = xstrdup("c"), .image = xstrdup("i") };

	(void)state;
	assert_json(
		container_spec_encode(&spec),
		"{\"name\":\"c\",\"image\":\"i\",\"env\":{},\"labels\":{},\"cap_drop\":[\"ALL\"],"
		"\"no_new_privileges\":false,\"ipcns\":{\"nsmode\":\"private\"},"
		"\"pidns\":{\"nsmode\":\"private\"},\"netns\":{\"nsmode\":\"none\"},"
		"\"restart_policy\":\"no\",\"systemd\":\"false\",\"sdnotifyMode\":\"ignore\","
		"\"httpproxy\":false,\"log_configuration\":{\"driver\":\"k8s-file\"},"
		"\"healthLogDestination\":\"local\",\"healthMaxLogCount\":5,"
		"\"healthMaxLogSize\":500}");
	container_spec_release(&spec);
	container_spec_release(NULL);
}

static void add_volume(struct container_spec *spec, const char *volume, const char *destination)
{
	spec->volumes =
		xreallocarray(spec->volumes, spec->volume_count + 1, sizeof(*spec->volumes));
	spec->volumes[spec->volume_count++] =
		(struct volume_mount){ xstrdup(volume), xstrdup(destination), false };
}

static void fill(struct container_spec *spec)
{
	*spec = (struct container_spec){
		.name = xstrdup("c"),
		.image = xstrdup("i"),
		.pod = xstrdup("p"),
		.hostname = xstrdup("h"),
		.user = xstrdup("0"),
		.workdir = xstrdup("/w"),
		.seccomp_profile_path = xstrdup("/s.json"),
		.limits = { .cpu_milli = 1500, .memory_bytes = UINT64_C(4) << 30, .pids = 512 },
		.stop_timeout_s = 10,
		.restart_tries = 5,
		.log_size_bytes = 1 << 20,
		.no_new_privileges = true,
	};
	strv_add(&spec->entrypoint, "/init");
	strv_add(&spec->command, "a b");
	strv_add(&spec->environment, "Z=1=2");
	strv_add(&spec->environment, "A=");
	strv_add(&spec->environment, "B");
	strv_add(&spec->cap_add, "KILL");
	labels_add(&spec->labels, "io.winalux.workspace", "alice");
	add_volume(spec, "z", "/z");
	add_volume(spec, "a", "/b");
	add_volume(spec, "a", "/a");
	spec->binds = xcalloc(2, sizeof(*spec->binds));
	spec->bind_count = 2;
	spec->binds[0] = (struct bind_mount){ xstrdup("/src"), xstrdup("/dst"), true };
	spec->binds[1] = (struct bind_mount){ xstrdup("/s2"), xstrdup("/d2"), false };
	spec->image_mounts = xcalloc(1, sizeof(*spec->image_mounts));
	spec->image_mount_count = 1;
	spec->image_mounts[0] = (struct image_mount){ xstrdup("g"), xstrdup("/usr/lib/winalux") };
}

static void a_full_container_has_every_field(void **state)
{
	struct container_spec spec;

	(void)state;
	fill(&spec);
	assert_json(
		container_spec_encode(&spec),
		"{\"name\":\"c\",\"image\":\"i\",\"pod\":\"p\",\"hostname\":\"h\",\"user\":\"0\","
		"\"work_dir\":\"/w\",\"entrypoint\":[\"/init\"],\"command\":[\"a b\"],"
		"\"env\":{\"A\":\"\",\"B\":\"\",\"Z\":\"1=2\"},"
		"\"labels\":{\"io.winalux.workspace\":\"alice\"},"
		"\"cap_drop\":[\"ALL\"],\"cap_add\":[\"KILL\"],\"no_new_privileges\":true,"
		"\"seccomp_profile_path\":\"/s.json\",\"ipcns\":{\"nsmode\":\"private\"},"
		"\"pidns\":{\"nsmode\":\"private\"},"
		"\"volumes\":[{\"Name\":\"a\",\"Dest\":\"/a\"},{\"Name\":\"a\",\"Dest\":\"/b\"},"
		"{\"Name\":\"z\",\"Dest\":\"/z\"}],"
		"\"mounts\":[{\"type\":\"bind\",\"source\":\"/src\",\"destination\":\"/dst\","
		"\"options\":[\"rbind\",\"ro\"]},{\"type\":\"bind\",\"source\":\"/s2\","
		"\"destination\":\"/d2\",\"options\":[\"rbind\",\"rw\"]}],"
		"\"image_volumes\":[{\"Source\":\"g\",\"Destination\":\"/usr/lib/winalux\","
		"\"ReadWrite\":false}],"
		"\"resource_limits\":{\"cpu\":{\"quota\":150000,\"period\":100000},"
		"\"memory\":{\"limit\":4294967296,\"swap\":4294967296},\"pids\":{\"limit\":512}},"
		"\"restart_policy\":\"on-failure\",\"restart_tries\":5,\"stop_timeout\":10,"
		"\"systemd\":\"false\",\"sdnotifyMode\":\"ignore\",\"httpproxy\":false,"
		"\"log_configuration\":{\"driver\":\"k8s-file\",\"size\":1048576},"
		"\"healthLogDestination\":\"local\",\"healthMaxLogCount\":5,"
		"\"healthMaxLogSize\":500}");
	container_spec_release(&spec);
}

static void mounts_devices_and_uncovered_paths_are_named_where_there_are_some(void **state)
{
	struct container_spec spec = { .name = xstrdup("c"), .image = xstrdup("i") };
	struct json *body;

	(void)state;
	spec.kernel_mounts = xcalloc(1, sizeof(*spec.kernel_mounts));
	spec.kernel_mount_count = 1;
	spec.kernel_mounts[0] =
		(struct kernel_mount){ xstrdup("tmpfs"), xstrdup("/t"), xstrdup("nodev,size=1m") };
	strv_add(&spec.devices, "/dev/net/tun");
	strv_add(&spec.unmasked, "/proc/sys");
	body = container_spec_encode(&spec);
	DEFER(freep) char *mounts = json_print(json_get(body, "mounts"), false);
	DEFER(freep) char *devices = json_print(json_get(body, "devices"), false);
	DEFER(freep) char *unmask = json_print(json_get(body, "unmask"), false);
	assert_string_equal(mounts, "[{\"type\":\"tmpfs\",\"source\":\"tmpfs\","
				    "\"destination\":\"/t\",\"options\":[\"nodev\",\"size=1m\"]}]");
	assert_string_equal(devices, "[{\"path\":\"/dev/net/tun\"}]");
	assert_string_equal(unmask, "[\"/proc/sys\"]");
	json_free(body);
	container_spec_release(&spec);
}

static void the_order_of_volumes_and_variables_does_not_matter(void **state)
{
	struct container_spec a, b;

	(void)state;
	fill(&a);
	fill(&b);
	struct volume_mount volume = b.volumes[0];
	b.volumes[0] = b.volumes[2];
	b.volumes[2] = volume;
	strv_sort(&b.environment);
	struct json *first = container_spec_encode(&a);
	DEFER(freep) char *text = json_print(first, false);
	json_free(first);
	assert_json(container_spec_encode(&b), text);
	container_spec_release(&a);
	container_spec_release(&b);
}

static void a_pod_shares_net_and_uts_on_its_bridge(void **state)
{
	struct pod_spec spec = { .name = xstrdup("p"),
				 .infra_name = xstrdup("p-infra"),
				 .hostname = xstrdup("h"),
				 .network = xstrdup("n"),
				 .limits = { .pids = 9 } };

	(void)state;
	labels_add(&spec.labels, "k", "v");
	port_mappings_add(&spec.ports, "", 2201, 2222);
	port_mappings_add(&spec.ports, "127.0.0.1", 8001, 8000);
	assert_json(pod_spec_encode(&spec),
		    "{\"name\":\"p\",\"infra_name\":\"p-infra\",\"hostname\":\"h\","
		    "\"labels\":{\"k\":\"v\"},\"exit_policy\":\"continue\","
		    "\"shared_namespaces\":[\"net\",\"uts\"],\"netns\":{\"nsmode\":\"bridge\"},"
		    "\"Networks\":{\"n\":{}},"
		    "\"portmappings\":[{\"host_ip\":\"\",\"host_port\":2201,"
		    "\"container_port\":2222,\"protocol\":\"tcp\"},{\"host_ip\":\"127.0.0.1\","
		    "\"host_port\":8001,\"container_port\":8000,\"protocol\":\"tcp\"}],"
		    "\"resource_limits\":{\"pids\":{\"limit\":9}}}");
	pod_spec_release(&spec);
	pod_spec_release(NULL);
}

static void of_two_values_of_a_variable_the_later_one_counts(void **state)
{
	struct container_spec spec = { .name = xstrdup("c"), .image = xstrdup("i") };
	struct json *body;

	(void)state;
	strv_add(&spec.environment, "DEBUG=1");
	strv_add(&spec.environment, "DEBUG=0");
	body = container_spec_encode(&spec);
	assert_int_equal(json_count(json_get(body, "env")), 1);
	assert_string_equal(json_get_text(json_get(body, "env"), "DEBUG"), "0");
	json_free(body);
	container_spec_release(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_two_values_of_a_variable_the_later_one_counts),
		cmocka_unit_test(a_small_container_states_what_defaults_would_not),
		cmocka_unit_test(a_full_container_has_every_field),
		cmocka_unit_test(mounts_devices_and_uncovered_paths_are_named_where_there_are_some),
		cmocka_unit_test(the_order_of_volumes_and_variables_does_not_matter),
		cmocka_unit_test(a_pod_shares_net_and_uts_on_its_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
