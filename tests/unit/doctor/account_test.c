/* SPDX-License-Identifier: MIT */
#include "unit/doctor/tree.h"

#define DEBIAN                                                                                     \
	{                                                                                          \
		"/etc/os-release", "NAME=x\nID=debian\n", 0                                        \
	}
#define TOOL(name, mode)                                                                           \
	{                                                                                          \
		"/usr/bin/" name, "", mode                                                         \
	}

static const struct probe_case cases[] = {
	{ .name = "an ordinary account is fine",
	  .probe = "user",
	  .level = FINDING_OK,
	  .info = "{\"host\":{\"security\":{\"rootless\":true}}}",
	  .found = "alice, uid 1000" },
	{ .name = "a service of root is a problem",
	  .probe = "user",
	  .level = FINDING_PROBLEM,
	  .info = "{\"host\":{\"security\":{\"rootless\":false}}}",
	  .found = "root",
	  .remedy = "ordinary user" },

	{ .name = "65536 ids are enough",
	  .probe = "subuid",
	  .level = FINDING_OK,
	  .files = { { "/etc/subuid", "bob:100000:65536\nalice:165536:65536\n", 0 } },
	  .found = "65536 ids for alice from 165536" },
	{ .name = "two ranges count together",
	  .probe = "subuid",
	  .level = FINDING_OK,
	  .files = { { "/etc/subuid", "alice:100000:40000\nalice:200000:40000\n", 0 } },
	  .found = "80000 ids" },
	{ .name = "a range may name the uid",
	  .probe = "subgid",
	  .level = FINDING_OK,
	  .files = { { "/etc/subgid", "1000:100000:65536\n", 0 } },
	  .found = "65536" },
	{ .name = "no range: the next free one is offered",
	  .probe = "subuid",
	  .level = FINDING_PROBLEM,
	  .files = { { "/etc/subuid", "bob:100000:65536\n", 0 } },
	  .found = "0 ids",
	  .remedy = "usermod --add-subuids 165536-231071 alice",
	  .needs_admin = true },
	{ .name = "no file: the first range is offered",
	  .probe = "subgid",
	  .level = FINDING_PROBLEM,
	  .remedy = "usermod --add-subgids 100000-165535 alice",
	  .needs_admin = true },
	{ .name = "a short range is a problem",
	  .probe = "subuid",
	  .level = FINDING_PROBLEM,
	  .files = { { "/etc/subuid", "alice:100000:1000\n", 0 } },
	  .found = "1000 ids",
	  .remedy = "--add-subuids 101000-166535",
	  .needs_admin = true },
	{ .name = "comments and nonsense are skipped",
	  .probe = "subuid",
	  .level = FINDING_OK,
	  .files = { { "/etc/subuid", "# alice:1:1\nalice\nalice:x:y\n:::\nalice:100000:65536",
		       0 } },
	  .found = "65536 ids" },
	{ .name = "a name that begins alike is another account",
	  .probe = "subuid",
	  .level = FINDING_PROBLEM,
	  .files = { { "/etc/subuid", "alice2:100000:65536\n", 0 } },
	  .remedy = "usermod",
	  .needs_admin = true },
	{ .name = "shared ids are noted",
	  .probe = "subuid",
	  .level = FINDING_NOTE,
	  .files = { { "/etc/subuid", "alice:100000:65536\nbob:150000:65536\n", 0 } },
	  .found = "shares ids with bob",
	  .remedy = "/etc/subuid",
	  .needs_admin = true },

	{ .name = "setuid programs are fine",
	  .probe = "idmap-tools",
	  .level = FINDING_OK,
	  .files = { TOOL("newuidmap", 04755), TOOL("newgidmap", 04755) } },
	{ .name = "a missing program names its package",
	  .probe = "idmap-tools",
	  .level = FINDING_PROBLEM,
	  .files = { TOOL("newuidmap", 04755), DEBIAN },
	  .found = "no newgidmap",
	  .remedy = "apt-get install uidmap",
	  .needs_admin = true },
	{ .name = "a program without privilege gets it",
	  .probe = "idmap-tools",
	  .level = FINDING_PROBLEM,
	  .files = { TOOL("newuidmap", 0755), TOOL("newgidmap", 04755) },
	  .found = "/usr/bin/newuidmap is neither",
	  .remedy = "chmod u+s /usr/bin/newuidmap",
	  .needs_admin = true },

	{ .name = "a missing run directory is a problem",
	  .probe = "runtime-dir",
	  .level = FINDING_PROBLEM,
	  .runtime_dir = "/run/user/1000",
	  .found = "does not exist",
	  .remedy = "enable-linger alice",
	  .needs_admin = true },
	{ .name = "an unset variable with a directory there is a problem",
	  .probe = "runtime-dir",
	  .level = FINDING_PROBLEM,
	  .files = { { "/run/user/1000/", NULL, 0 } },
	  .remedy = "export XDG_RUNTIME_DIR=/run/user/1000" },
	{ .name = "an unset variable without directory is noted",
	  .probe = "runtime-dir",
	  .level = FINDING_NOTE,
	  .remedy = "enable-linger" },
	{ .name = "another account's run directory is a problem",
	  .probe = "runtime-dir",
	  .level = FINDING_PROBLEM,
	  .runtime_dir = "/run/user/1",
	  .uid = 4000000,
	  .files = { { "/run/user/1/", NULL, 0 } },
	  .found = "belongs to uid",
	  .remedy = "/run/user/4000000" },

	{ .name = "without systemd nothing ends processes",
	  .probe = "linger",
	  .level = FINDING_OK,
	  .found = "no systemd" },
	{ .name = "linger is on",
	  .probe = "linger",
	  .level = FINDING_OK,
	  .found = "on",
	  .files = { { "/run/systemd/system/", NULL, 0 },
		     { "/var/lib/systemd/linger/alice", NULL, 0 } } },
	{ .name = "linger is off",
	  .probe = "linger",
	  .level = FINDING_NOTE,
	  .files = { { "/run/systemd/system/", NULL, 0 } },
	  .found = "off",
	  .remedy = "loginctl enable-linger" },
};

static void account_probes_tell_gaps_and_remedies(void **state)
{
	(void)state;
	tree_run_cases(account_probes, cases, ARRAY_SIZE(cases));
}

/* Last, as this process is not root afterwards: root's uid means the default uid in a case. */
static void the_own_run_directory_is_fine(void **state)
{
	(void)state;
	tree_become_ordinary();
	struct probe_case test = { .name = "own",
				   .probe = "runtime-dir",
				   .level = FINDING_OK,
				   .runtime_dir = "/run/user/7",
				   .found = "/run/user/7",
				   .files = { { "/run/user/7/", NULL, 0 } },
				   .uid = getuid() };

	tree_run_case(account_probes, &test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(account_probes_tell_gaps_and_remedies),
		cmocka_unit_test(the_own_run_directory_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
