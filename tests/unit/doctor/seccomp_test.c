/* SPDX-License-Identifier: MIT */
#include "unit/doctor/tree.h"

#include "doctor/seccomp.h"
#include "winalux/base/resource.h"

#define PROFILE(rules)                                                                             \
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":[" rules "]}"
#define ALLOW(names) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\"}"

static const struct {
	const char *name;
	const char *profile;
	const char *error; /* substring; NULL: compiles */
	unsigned rules, unknown;
} profiles[] = {
	{ "a plain list compiles", PROFILE(ALLOW("\"read\",\"write\"")), NULL, 2, 0 },
	{ "names of a later kernel are skipped", PROFILE(ALLOW("\"read\",\"not_a_call\"")), NULL, 1,
	  1 },
	{ "arguments are compared",
	  PROFILE("{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":"
		  "0,\"value\":4294967295,\"op\":\"SCMP_CMP_EQ\"}]}"),
	  NULL, 1, 0 },
	{ "no arguments may be written as null",
	  PROFILE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":null}"), NULL, 1,
	  0 },
	{ "a rule for capabilities that a workspace lacks does not hold",
	  PROFILE(ALLOW("\"read\"") ",{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\","
				    "\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}}"),
	  NULL, 1, 0 },
	{ "a rule for a capability that it has holds",
	  PROFILE(ALLOW("\"read\"") ",{\"names\":[\"chroot\"],\"action\":\"SCMP_ACT_ALLOW\","
				    "\"includes\":{\"caps\":[\"CAP_SYS_CHROOT\"]}}"),
	  NULL, 2, 0 },
	{ "an excluded capability that it has takes the rule away",
	  PROFILE(ALLOW("\"read\"") ",{\"names\":[\"chroot\"],\"action\":\"SCMP_ACT_ALLOW\","
				    "\"excludes\":{\"caps\":[\"CAP_SYS_CHROOT\"]}}"),
	  NULL, 1, 0 },
	{ "a rule for other machines does not hold",
	  PROFILE(ALLOW("\"read\"") ",{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\","
				    "\"includes\":{\"arches\":[\"s390x\"]}}"),
	  NULL, 1, 0 },
	{ "a rule that repeats the default is no mistake",
	  PROFILE(ALLOW("\"read\"") ",{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ERRNO\","
				    "\"errnoRet\":38}"),
	  NULL, 1, 0 },
	{ "text that is no JSON", "{", "cannot read the seccomp profile", 0, 0 },
	{ "a profile that allows nothing", PROFILE(""), "allows nothing", 0, 0 },
	{ "no default action", "{\"syscalls\":[]}", "unknown seccomp action ''", 0, 0 },
	{ "an unknown action", PROFILE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_PRAY\"}"),
	  "unknown seccomp action 'SCMP_ACT_PRAY'", 0, 0 },
	{ "an unknown comparison",
	  PROFILE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
		  "\"value\":1,\"op\":\"~\"}]}"),
	  "unknown seccomp comparison '~'", 0, 0 },
	{ "a seventh argument",
	  PROFILE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":6,"
		  "\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}"),
	  "argument that no system call has", 0, 0 },
	{ "an errno that does not fit",
	  PROFILE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":65536}"),
	  "errno 65536 is out of range", 0, 0 },
	{ "a name that is a number", PROFILE("{\"names\":[1],\"action\":\"SCMP_ACT_ALLOW\"}"),
	  "name that is no text", 0, 0 },
};

static void profiles_compile_or_name_the_mistake(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct seccomp_summary summary = { 0 };
		struct error err = { 0 };
		int result = seccomp_check(profiles[i].profile, strlen(profiles[i].profile),
					   &summary, &err);

		if (profiles[i].error != NULL) {
			if (result == 0 || strstr(err.text, profiles[i].error) == NULL)
				fail_msg("%s: '%s'", profiles[i].name, err.text);
			continue;
		}
		if (result < 0)
			fail_msg("%s: '%s'", profiles[i].name, err.text);
		if (summary.rule_count != profiles[i].rules ||
		    summary.unknown_count != profiles[i].unknown)
			fail_msg("%s: %u rules, %u unknown", profiles[i].name, summary.rule_count,
				 summary.unknown_count);
	}
}

static void the_embedded_profile_compiles(void **state)
{
	const struct resource *profile = resource_find("seccomp.json");
	struct seccomp_summary summary = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_non_null(profile);
	if (seccomp_check((const char *)profile->data, profile->size, &summary, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(summary.rule_count > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles_compile_or_name_the_mistake),
		cmocka_unit_test(the_embedded_profile_compiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
