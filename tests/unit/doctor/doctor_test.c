/* SPDX-License-Identifier: MIT */
#include "unit/doctor/tree.h"

static const struct probe *const tables[] = { account_probes, engine_probes, storage_probes,
					      network_probes, limits_probes, security_probes };

static void every_probe_has_a_name_of_its_own(void **state)
{
	const char *seen[64];
	size_t count = 0;

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		for (const struct probe *probe = tables[t]; probe->name != NULL; probe++) {
			assert_non_null(probe->title);
			for (size_t i = 0; i < count; i++)
				assert_string_not_equal(seen[i], probe->name);
			seen[count++] = probe->name;
			assert_true(count < ARRAY_SIZE(seen));
		}
	}
}

static void an_empty_host_gives_a_finding_for_every_probe(void **state)
{
	char root[] = "/tmp/winalux-tree-XXXXXX";
	struct error service_error = { .kind = ERROR_HOST, .text = "nothing answers" };
	struct doctor_options options = { .service_error = &service_error, .root_dir = root };
	struct findings findings = { 0 };
	size_t count = 0, problems = 0;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(doctor_run(&options, &findings, NULL), 0);
	tree_remove(root);
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct probe *probe = tables[t]; probe->name != NULL; probe++)
			assert_string_equal(findings.items[count++].probe, probe->name);
	assert_int_equal(findings.count, count);
	for (size_t i = 0; i < findings.count; i++) {
		assert_non_null(findings.items[i].found);
		problems += findings.items[i].level == FINDING_PROBLEM;
		if (strcmp(findings.items[i].probe, "socket") == 0)
			assert_string_equal(findings.items[i].found, "nothing answers");
	}
	assert_int_equal(findings.problem_count, problems);
	assert_true(problems >= 5);
	findings_release(&findings);
	assert_int_equal(findings.count, 0);
	findings_release(&findings);
	findings_release(NULL);
}

static void names_of_levels_and_strengths_are_fixed(void **state)
{
	(void)state;
	assert_string_equal(finding_level_name(FINDING_OK), "ok");
	assert_string_equal(finding_level_name(FINDING_NOTE), "note");
	assert_string_equal(finding_level_name(FINDING_PROBLEM), "problem");
	assert_string_equal(finding_level_name(FINDING_UNKNOWN), "unknown");
	assert_string_equal(limit_strength_name(LIMIT_ENFORCED), "enforced");
	assert_string_equal(limit_strength_name(LIMIT_SOFT), "soft");
	assert_string_equal(limit_strength_name(LIMIT_NOT_ENFORCEABLE), "not enforceable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_probe_has_a_name_of_its_own),
		cmocka_unit_test(an_empty_host_gives_a_finding_for_every_probe),
		cmocka_unit_test(names_of_levels_and_strengths_are_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
