/* SPDX-License-Identifier: MIT */
#include "guest/roster.h"

#include <stdbool.h>
#include <sys/stat.h>

#include "files.h"
#include "winalux/base/mem.h"

static void add_file(const char *root, const char *directory, const char *name)
{
	char path[256], file[256];

	mkdir(files_path(path, root, directory), 0755);
	files_write(files_path(file, path, name), "x", 0644);
}

static bool is_there(const char *root, const char *name)
{
	char path[256];

	return access(files_path(path, root, name), F_OK) == 0;
}

static void apply(const char *root)
{
	DEFER(freep) struct roster *r = xcalloc(1, sizeof(*r));

	roster_apply(r, root);
}

static void fill(const char *root)
{
	char path[256];

	mkdir(files_path(path, root, "telemetry"), 0755);
	mkdir(files_path(path, root, "history"), 0755);
	add_file(root, "telemetry/alice", "metrics");
	add_file(root, "telemetry/al", "metrics");
	add_file(root, "telemetry/bob", "metrics");
	add_file(root, "history", "alice");
	add_file(root, "history", "bob");
	add_file(root, "gate", "bob");
}

static void what_is_not_on_the_roster_goes(void **state)
{
	char path[256];

	fill(*state);
	files_write(files_path(path, *state, "roster"), "carol\nalice\n.\n", 0644);
	apply(*state);
	assert_true(is_there(*state, "telemetry/alice/metrics"));
	assert_true(is_there(*state, "history/alice"));
	assert_false(is_there(*state, "telemetry/bob"));
	assert_false(is_there(*state, "telemetry/al"));
	assert_false(is_there(*state, "history/bob"));
	assert_true(is_there(*state, "gate/bob"));
	assert_true(is_there(*state, "telemetry/carol"));
	assert_true(is_there(*state, "proc/carol/meminfo"));
	assert_true(is_there(*state, "proc/alice/loadavg"));
}

static void half_a_roster_is_none(void **state)
{
	char path[256];

	fill(*state);
	files_write(files_path(path, *state, "roster"), "carol\nali", 0644);
	apply(*state);
	assert_true(is_there(*state, "telemetry/bob/metrics"));
	files_write(path, "", 0644);
	apply(*state);
	assert_true(is_there(*state, "telemetry/bob/metrics"));
}

static void without_a_roster_all_stays(void **state)
{
	fill(*state);
	apply(*state);
	assert_true(is_there(*state, "telemetry/bob/metrics"));
}

static void one_that_is_too_long_is_none(void **state)
{
	static char text[70 << 10];
	char path[256];

	fill(*state);
	memset(text, 'x', sizeof(text) - 1);
	files_write(files_path(path, *state, "roster"), text, 0644);
	apply(*state);
	assert_true(is_there(*state, "telemetry/bob/metrics"));
}

int main(void)
{
#define ROSTER_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		ROSTER_TEST(what_is_not_on_the_roster_goes),
		ROSTER_TEST(half_a_roster_is_none),
		ROSTER_TEST(without_a_roster_all_stays),
		ROSTER_TEST(one_that_is_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
