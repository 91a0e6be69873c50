/* SPDX-License-Identifier: MIT */
#include "unit/doctor/tree.h"

#define CONTROLLERS(list) "{\"host\":{\"cgroupControllers\":" list "}}"
#define MANAGER "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers"
#define INOTIFY(instances, watches)                                                                \
	{ "/proc/sys/fs/inotify/max_user_instances", instances "\n", 0 },                          \
	{                                                                                          \
		"/proc/sys/fs/inotify/max_user_watches", watches "\n", 0                           \
	}
#define KEYS(text)                                                                                 \
	{                                                                                          \
		"/proc/key-users", text, 0                                                         \
	}

static const struct probe_case cases[] = {
	{ .name = "cgroup v2 by the service",
	  .probe = "cgroups",
	  .level = FINDING_OK,
	  .info = "{\"host\":{\"cgroupVersion\":\"v2\"}}" },
	{ .name = "cgroup v1 is a problem",
	  .probe = "cgroups",
	  .level = FINDING_PROBLEM,
	  .info = "{\"host\":{\"cgroupVersion\":\"v1\"}}",
	  .remedy = "unified_cgroup_hierarchy",
	  .needs_admin = true },
	{ .name = "cgroup v2 by the mount",
	  .probe = "cgroups",
	  .level = FINDING_OK,
	  .files = { { "/sys/fs/cgroup/cgroup.controllers", "cpu\n", 0 } } },
	{ .name = "a mixed hierarchy is a problem",
	  .probe = "cgroups",
	  .level = FINDING_PROBLEM,
	  .files = { { "/sys/fs/cgroup/unified/cgroup.controllers", "\n", 0 } },
	  .remedy = "unified_cgroup_hierarchy",
	  .needs_admin = true },

	{ .name = "all controllers by the service",
	  .probe = "controllers",
	  .level = FINDING_OK,
	  .info = CONTROLLERS("[\"cpuset\",\"cpu\",\"io\",\"memory\",\"pids\"]"),
	  .found = "cpuset cpu" },
	{ .name = "a missing controller names the drop-in",
	  .probe = "controllers",
	  .level = FINDING_NOTE,
	  .info = CONTROLLERS("[\"memory\",\"pids\"]"),
	  .files = { { "/run/systemd/system/", NULL, 0 } },
	  .found = "not delegated: cpu",
	  .remedy = "Delegate=cpu cpuset io memory pids",
	  .needs_admin = true },
	{ .name = "cpuset is not cpu",
	  .probe = "controllers",
	  .level = FINDING_NOTE,
	  .info = CONTROLLERS("[\"cpuset\",\"memory\",\"pids\"]"),
	  .found = "not delegated: cpu" },
	{ .name = "without systemd there is no remedy",
	  .probe = "controllers",
	  .level = FINDING_NOTE,
	  .info = CONTROLLERS("[]"),
	  .found = "cpu, memory, pids" },
	{ .name = "controllers by systemd's file",
	  .probe = "controllers",
	  .level = FINDING_OK,
	  .files = { { MANAGER, "cpu memory pids\n", 0 } } },
	{ .name = "no file is as no controllers", .probe = "controllers", .level = FINDING_NOTE },

	{ .name = "enough inotify",
	  .probe = "inotify",
	  .level = FINDING_OK,
	  .files = { INOTIFY("1024", "524288") },
	  .found = "1024 instances" },
	{ .name = "Debian's default of instances is noted",
	  .probe = "inotify",
	  .level = FINDING_NOTE,
	  .files = { INOTIFY("128", "524288") },
	  .remedy = "max_user_instances = 1024",
	  .needs_admin = true },
	{ .name = "few watches are noted",
	  .probe = "inotify",
	  .level = FINDING_NOTE,
	  .files = { INOTIFY("1024", "8192") },
	  .remedy = "max_user_watches",
	  .needs_admin = true },
	{ .name = "inotify is unknown without the files",
	  .probe = "inotify",
	  .level = FINDING_UNKNOWN },
	{ .name = "nonsense is no number",
	  .probe = "inotify",
	  .level = FINDING_UNKNOWN,
	  .files = { INOTIFY("x", "8192") } },

	{ .name = "room for keyrings",
	  .probe = "keys",
	  .level = FINDING_OK,
	  .files = { KEYS("    0:    70 69/69 60/1000000 1000/25000000\n 1000:     5 5/5 3/200 "
			  "60/20000\n") },
	  .found = "3 of 200" },
	{ .name = "keyrings run out",
	  .probe = "keys",
	  .level = FINDING_NOTE,
	  .files = { KEYS(" 1000:   190 190/190 190/200 60/20000\n") },
	  .found = "190 of 200",
	  .remedy = "kernel.keys.maxkeys",
	  .needs_admin = true },
	{ .name = "an account without keys has the whole limit",
	  .probe = "keys",
	  .level = FINDING_OK,
	  .files = { KEYS("    0:    70 69/69 60/1000000 1000/25000000\n"),
		     { "/proc/sys/kernel/keys/maxkeys", "200\n", 0 } },
	  .found = "0 of 200" },
	{ .name = "keyrings are unknown without the files",
	  .probe = "keys",
	  .level = FINDING_UNKNOWN },
};

static void limits_probes_tell_gaps_and_remedies(void **state)
{
	(void)state;
	tree_run_cases(limits_probes, cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_probes_tell_gaps_and_remedies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
