/* SPDX-License-Identifier: MIT */
#include "unit/doctor/tree.h"

#include "doctor/judge.h"

#define USERNS(limit)                                                                              \
	{                                                                                          \
		"/proc/sys/user/max_user_namespaces", limit "\n", 0                                \
	}
#define CLONE(value)                                                                               \
	{                                                                                          \
		"/proc/sys/kernel/unprivileged_userns_clone", value "\n", 0                        \
	}
#define APPARMOR(value)                                                                            \
	{                                                                                          \
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", value "\n", 0            \
	}
#define SELINUX(value)                                                                             \
	{                                                                                          \
		"/sys/fs/selinux/enforce", value, 0                                                \
	}

static const struct probe_case cases[] = {
	{ .name = "user namespaces are allowed",
	  .probe = "namespaces",
	  .level = FINDING_OK,
	  .files = { USERNS("96365"), CLONE("1") },
	  .found = "96365" },
	{ .name = "Debian's old switch is off",
	  .probe = "namespaces",
	  .level = FINDING_PROBLEM,
	  .files = { USERNS("96365"), CLONE("0") },
	  .remedy = "unprivileged_userns_clone = 1",
	  .needs_admin = true },
	{ .name = "the limit is zero",
	  .probe = "namespaces",
	  .level = FINDING_PROBLEM,
	  .files = { USERNS("0") },
	  .remedy = "user.max_user_namespaces",
	  .needs_admin = true },
	{ .name = "the limit is low",
	  .probe = "namespaces",
	  .level = FINDING_NOTE,
	  .files = { USERNS("100") },
	  .remedy = "user.max_user_namespaces",
	  .needs_admin = true },
	{ .name = "no file, no answer", .probe = "namespaces", .level = FINDING_UNKNOWN },

	{ .name = "no AppArmor", .probe = "apparmor", .level = FINDING_OK },
	{ .name = "AppArmor without the restriction",
	  .probe = "apparmor",
	  .level = FINDING_OK,
	  .files = { APPARMOR("0") } },
	{ .name = "Ubuntu's restriction with a profile for Podman",
	  .probe = "apparmor",
	  .level = FINDING_OK,
	  .files = { APPARMOR("1"), { "/etc/apparmor.d/podman", "", 0 } } },
	{ .name = "Ubuntu's restriction without one",
	  .probe = "apparmor",
	  .level = FINDING_PROBLEM,
	  .files = { APPARMOR("1") },
	  .remedy = "userns,",
	  .needs_admin = true },

	{ .name = "no SELinux", .probe = "selinux", .level = FINDING_OK, .found = "not in use" },
	{ .name = "enforcing with the policy",
	  .probe = "selinux",
	  .level = FINDING_OK,
	  .files = { SELINUX("1"), { "/usr/share/selinux/packages/container.pp.bz2", "", 0 } },
	  .found = "enforcing" },
	{ .name = "enforcing without the policy",
	  .probe = "selinux",
	  .level = FINDING_PROBLEM,
	  .files = { SELINUX("1") },
	  .remedy = "container-selinux",
	  .needs_admin = true },
	{ .name = "permissive without the policy",
	  .probe = "selinux",
	  .level = FINDING_NOTE,
	  .files = { SELINUX("0") },
	  .remedy = "container-selinux",
	  .needs_admin = true },

	{ .name = "a kernel without seccomp",
	  .probe = "seccomp",
	  .level = FINDING_PROBLEM,
	  .remedy = "CONFIG_SECCOMP_FILTER",
	  .needs_admin = true },
};

static void security_probes_tell_gaps_and_remedies(void **state)
{
	(void)state;
	tree_run_cases(security_probes, cases, ARRAY_SIZE(cases));
}

static void the_clock_is_judged_by_what_is_plausible(void **state)
{
	static const struct {
		int64_t now_s, storage_s;
		bool is_synchronised;
		enum finding_level level;
	} clocks[] = {
		{ 1800000000, 1790000000, true, FINDING_OK },
		{ 1800000000, 0, false, FINDING_NOTE },
		{ 1800000000, 1800003600, true, FINDING_OK }, /* an hour is a time zone's mistake */
		{ 1800000000, 1800090000, true, FINDING_PROBLEM },
		{ 0, 0, true, FINDING_PROBLEM },
		{ 1600000000, 0, true, FINDING_PROBLEM },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct finding f = { 0 };

		judge_clock(&f, clocks[i].now_s, clocks[i].storage_s, clocks[i].is_synchronised);
		assert_int_equal(f.level, clocks[i].level);
		assert_int_equal(f.remedy != NULL, f.level != FINDING_OK);
		assert_int_equal(f.needs_admin, f.level != FINDING_OK);
		finding_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(security_probes_tell_gaps_and_remedies),
		cmocka_unit_test(the_clock_is_judged_by_what_is_plausible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
