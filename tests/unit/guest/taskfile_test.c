/* SPDX-License-Identifier: MIT */
/* Whose Taskfile it is. */
#include "guest/taskfile.h"

#include <sys/stat.h>

#include "files.h"
#include "winalux/base/mem.h"

static void what_is_said_of_a_taskfile_counts(void **state)
{
	static const char *const own[][4] = {
		{ "task", "-t", "x.yml" },
		{ "task", "--taskfile=x.yml", "hello" },
		{ "task", "hello", "--dir", "x" },
		{ "task", "-g", "--list" },
		{ "task", "--init" },
		{ "task", "-vg", "hello" },
		{ "task", "--version" },
		{ "task", "--help" },
	};
	static const char *const ours[][4] = {
		{ "task", "--list" },
		{ "task", "status", "--", "-t" },
		{ "task", "-s", "logs" },
		{ "task", "--global-like" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		assert_false(taskfile_is_ours(own[i], *state, ""));
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		assert_true(taskfile_is_ours(ours[i], *state, ""));
}

static void one_in_the_directory_or_above_it_is_used_alone(void **state)
{
	const char *const arguments[] = { "task", "--list", NULL };
	char inner[256], innermost[256], file[256];

	mkdir(files_path(inner, *state, "a"), 0755);
	mkdir(files_path(innermost, inner, "b"), 0755);
	assert_true(taskfile_is_ours(arguments, innermost, ""));
	files_write(files_path(file, inner, "Taskfile.dist.yaml"), "version: 3\n", 0644);
	assert_false(taskfile_is_ours(arguments, inner, ""));
	assert_false(taskfile_is_ours(arguments, innermost, ""));
	assert_true(taskfile_is_ours(arguments, *state, ""));
}

static void one_in_the_home_is_used_alone(void **state)
{
	const char *const arguments[] = { "task", "--list", NULL };
	char home[256], file[256];

	mkdir(files_path(home, *state, "home"), 0755);
	assert_true(taskfile_is_ours(arguments, "/usr", home));
	files_write(files_path(file, home, "taskfile.yml"), "version: 3\n", 0644);
	assert_false(taskfile_is_ours(arguments, "/usr", home));
	assert_false(taskfile_is_ours(arguments, "/does/not/exist", home));
}

#define test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_is_said_of_a_taskfile_counts),
		test(one_in_the_directory_or_above_it_is_used_alone),
		test(one_in_the_home_is_used_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
