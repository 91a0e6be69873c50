/* SPDX-License-Identifier: MIT */
#include "unit/doctor/tree.h"

#define V(a, b, c)                                                                                 \
	{                                                                                          \
		a, b, c                                                                            \
	}
#define DEBIAN                                                                                     \
	{                                                                                          \
		"/etc/os-release", "PRETTY_NAME=\"x\"\nID=debian\n", 0                             \
	}
#define FEDORA                                                                                     \
	{                                                                                          \
		"/etc/os-release", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", 0             \
	}
#define PROGRAM(path)                                                                              \
	{                                                                                          \
		path, "", 0755                                                                     \
	}

static const struct probe_case cases[] = {
	{ .name = "an old version says what it lacks",
	  .probe = "podman",
	  .level = FINDING_OK,
	  .version = V(4, 3, 1),
	  .found = "4.3.1; later ones add pasta networking (4.4), " },
	{ .name = "a new version lacks nothing",
	  .probe = "podman",
	  .level = FINDING_OK,
	  .version = V(5, 8, 0),
	  .found = "5.8.0" },
	{ .name = "4.2 is too old",
	  .probe = "podman",
	  .level = FINDING_PROBLEM,
	  .version = V(4, 2, 0),
	  .found = "4.2.0",
	  .remedy = "4.3 or later",
	  .needs_admin = true },
	{ .name = "without a service the program tells its version",
	  .probe = "podman",
	  .level = FINDING_PROBLEM,
	  .program_version = "podman version 3.4.4",
	  .found = "3.4.4",
	  .remedy = "4.3 or later",
	  .needs_admin = true },
	{ .name = "a pre-release version is read",
	  .probe = "podman",
	  .level = FINDING_OK,
	  .program_version = "podman version 5.6.0-dev",
	  .found = "5.6.0" },
	{ .name = "a Podman that does not run is not called missing",
	  .probe = "podman",
	  .level = FINDING_UNKNOWN,
	  .files = { PROGRAM("/usr/bin/podman") },
	  .found = "/usr/bin/podman does not tell",
	  .remedy = "/usr/bin/podman --version" },
	{ .name = "no Podman: Debian's command",
	  .probe = "podman",
	  .level = FINDING_PROBLEM,
	  .files = { DEBIAN },
	  .remedy = "apt-get install podman",
	  .needs_admin = true },
	{ .name = "no Podman: Fedora's command",
	  .probe = "podman",
	  .level = FINDING_PROBLEM,
	  .files = { FEDORA },
	  .remedy = "dnf install podman",
	  .needs_admin = true },
	{ .name = "no Podman: any other system",
	  .probe = "podman",
	  .level = FINDING_PROBLEM,
	  .remedy = "install the package",
	  .needs_admin = true },

	{ .name = "no service is a problem with its reason",
	  .probe = "socket",
	  .level = FINDING_PROBLEM,
	  .service_error = "podman ended with status 125",
	  .found = "status 125",
	  .remedy = "podman info" },
	{ .name = "without systemd winalux starts the service",
	  .probe = "socket",
	  .level = FINDING_OK,
	  .version = V(5, 4, 2),
	  .found = "starts the service" },
	{ .name = "with a session manager activation is better",
	  .probe = "socket",
	  .level = FINDING_NOTE,
	  .version = V(5, 4, 2),
	  .runtime_dir = "/run/user/1000",
	  .files = { { "/run/user/1000/bus", NULL, 0 } },
	  .remedy = "systemctl --user enable --now podman.socket" },
	{ .name = "activation is on for the account",
	  .probe = "socket",
	  .level = FINDING_OK,
	  .version = V(5, 4, 2),
	  .runtime_dir = "/run/user/1000",
	  .files = { { "/run/user/1000/bus", NULL, 0 },
		     { "/home/alice/.config/systemd/user/sockets.target.wants/podman.socket", NULL,
		       0 } } },

	{ .name = "crun is fine",
	  .probe = "runtime",
	  .level = FINDING_OK,
	  .info = "{\"host\":{\"ociRuntime\":{\"name\":\"crun\",\"version\":\"crun version "
		  "1.21\\ncommit: x\"}}}",
	  .found = "crun version 1.21" },
	{ .name = "runc is noted",
	  .probe = "runtime",
	  .level = FINDING_NOTE,
	  .files = { DEBIAN },
	  .info = "{\"host\":{\"ociRuntime\":{\"name\":\"runc\"}}}",
	  .found = "runc",
	  .remedy = "apt-get install crun",
	  .needs_admin = true },
	{ .name = "without service crun in a path is fine",
	  .probe = "runtime",
	  .level = FINDING_OK,
	  .files = { PROGRAM("/usr/bin/crun") },
	  .found = "/usr/bin/crun" },
	{ .name = "without service and crun nothing is known",
	  .probe = "runtime",
	  .level = FINDING_UNKNOWN,
	  .remedy = "crun",
	  .needs_admin = true },

	{ .name = "catatonit among Podman's helpers",
	  .probe = "catatonit",
	  .level = FINDING_OK,
	  .files = { PROGRAM("/usr/libexec/podman/catatonit") },
	  .version = V(4, 3, 1) },
	{ .name = "catatonit is needed before 5.5",
	  .probe = "catatonit",
	  .level = FINDING_PROBLEM,
	  .version = V(5, 4, 2),
	  .files = { DEBIAN },
	  .remedy = "apt-get install catatonit",
	  .needs_admin = true },
	{ .name = "catatonit is not needed from 5.5",
	  .probe = "catatonit",
	  .level = FINDING_OK,
	  .version = V(5, 5, 0) },
	{ .name = "a file that is not executable is no program",
	  .probe = "catatonit",
	  .level = FINDING_PROBLEM,
	  .version = V(4, 9, 3),
	  .files = { { "/usr/bin/catatonit", "", 0 } },
	  .remedy = "catatonit",
	  .needs_admin = true },

	{ .name = "many free locks",
	  .probe = "locks",
	  .level = FINDING_OK,
	  .info = "{\"host\":{\"freeLocks\":2048}}",
	  .found = "2048 free" },
	{ .name = "few free locks are noted",
	  .probe = "locks",
	  .level = FINDING_NOTE,
	  .info = "{\"host\":{\"freeLocks\":150}}",
	  .remedy = "podman volume prune" },
	{ .name = "no free locks are a problem",
	  .probe = "locks",
	  .level = FINDING_PROBLEM,
	  .info = "{\"host\":{\"freeLocks\":0}}",
	  .remedy = "num_locks" },
	{ .name = "locks cannot be counted without a service",
	  .probe = "locks",
	  .level = FINDING_UNKNOWN },

	{ .name = "mmdebstrap is there",
	  .probe = "base-images",
	  .level = FINDING_OK,
	  .files = { PROGRAM("/usr/bin/mmdebstrap") } },
	{ .name = "mmdebstrap is missing",
	  .probe = "base-images",
	  .level = FINDING_NOTE,
	  .files = { DEBIAN },
	  .remedy = "apt-get install mmdebstrap",
	  .needs_admin = true },
};

static void engine_probes_tell_gaps_and_remedies(void **state)
{
	(void)state;
	tree_run_cases(engine_probes, cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engine_probes_tell_gaps_and_remedies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
