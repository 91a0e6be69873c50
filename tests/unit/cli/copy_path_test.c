/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/copy_path.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

static void a_workspace_path_is_told_from_a_local_one(void **state)
{
	static const struct {
		const char *text;
		const char *workspace; /* NULL: local */
		const char *path;
	} cases[] = {
		{ "alice:/etc/passwd", "alice", "/etc/passwd" },
		{ "alice:notes", "alice", "/home/developer/notes" },
		{ "alice:a:b", "alice", "/home/developer/a:b" },
		{ "alice:", "alice", "/home/developer" },
		{ "alice:dir/", "alice", "/home/developer/dir/" },
		{ "alice", NULL, "alice" },
		{ "./alice:x", NULL, "./alice:x" },
		{ "dir/alice:x", NULL, "dir/alice:x" },
		{ "/abs:x", NULL, "/abs:x" },
		{ "Alice:x", NULL, "Alice:x" },
		{ ":x", NULL, ":x" },
		{ "-", NULL, "-" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(copy_end_release) struct copy_end end;

		copy_end_parse(cases[i].text, &end);
		if (cases[i].workspace)
			assert_string_equal(end.workspace, cases[i].workspace);
		else
			assert_null(end.workspace);
		assert_string_equal(end.path, cases[i].path);
	}
}

static void paths_are_split_as_dirname_and_basename_do(void **state)
{
	static const struct {
		const char *path, *directory, *name;
	} cases[] = {
		{ "/a/b", "/a", "b" }, { "/a/b/", "/a", "b" }, { "/a", "/", "a" },
		{ "/", "/", "" },      { "b", ".", "b" },      { "a//b//", "a", "b" },
		{ "a/.", "a", "." },   { ".", ".", "." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *directory = copy_dirname(cases[i].path);
		DEFER(freep) char *name = copy_basename(cases[i].path);

		assert_string_equal(directory, cases[i].directory);
		assert_string_equal(name, cases[i].name);
	}
}

static void a_trailing_dot_is_taken_off(void **state)
{
	static const char *const cases[][2] = {
		{ "/a/b/.", "/a/b" }, { "/a/b/./.", "/a/b" }, { "/a/b//", "/a/b" },
		{ "/a/b.", "/a/b." }, { "/a/.b", "/a/.b" },   { "/a/b/..", "/a/b/.." },
		{ "/.", "/" },        { "/", "/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *path = copy_without_dot(cases[i][0]);
		assert_string_equal(path, cases[i][1]);
	}
}

static const struct copy_status missing = { 0 };
static const struct copy_status missing_in_parent = { .parent_is_dir = true };
static const struct copy_status file = { .exists = true };
static const struct copy_status dir = { .exists = true, .is_dir = true };

static void targets_follow_the_rules_of_cp(void **state)
{
	static const struct {
		const char *source;
		const struct copy_status *source_status;
		const char *target;
		const struct copy_status *target_status;
		const char *directory, *name;
	} cases[] = {
		{ "src/f", &file, "/d", &dir, "/d", "f" },
		{ "src/f", &file, "/d/", &dir, "/d/", "f" },
		{ "src/f", &file, "/d/new", &missing_in_parent, "/d", "new" },
		{ "src/f", &file, "/d/old", &file, "/d", "old" },
		{ "src", &dir, "/d", &dir, "/d", "src" },
		{ "src/", &dir, "/d", &dir, "/d", "src" },
		{ "src/.", &dir, "/d", &dir, "/d", "" },
		{ ".", &dir, "/d", &dir, "/d", "" },
		{ "..", &dir, "/d", &dir, "/d", "" },
		{ "/", &dir, "/d", &dir, "/d", "" },
		{ "src", &dir, "/d/new", &missing_in_parent, "/d", "new" },
		{ "src", &dir, "/d/new/", &missing_in_parent, "/d", "new" },
		{ "src/.", &dir, "/d/new", &missing_in_parent, "/d", "new" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(copy_target_release) struct copy_target target = { 0 };
		struct error err = { 0 };

		int result = copy_plan(cases[i].source, cases[i].source_status, cases[i].target,
				       cases[i].target_status, &target, &err);
		assert_string_equal(err.text, "");
		assert_int_equal(result, 0);
		assert_string_equal(target.directory, cases[i].directory);
		assert_string_equal(target.name, cases[i].name);
	}
}

static void impossible_copies_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *source;
		const struct copy_status *source_status;
		const char *target;
		const struct copy_status *target_status;
		enum error_kind kind;
		const char *text;
	} cases[] = {
		{ "f", &missing, "/d", &dir, ERROR_NOT_FOUND, "'f' does not exist" },
		{ "f/", &file, "/d", &dir, ERROR_NOT_FOUND, "'f/' is not a directory" },
		{ "f", &file, "/no/x", &missing, ERROR_NOT_FOUND,
		  "there is no directory '/no' to copy into" },
		{ "f", &file, "/d/new/", &missing_in_parent, ERROR_NOT_FOUND,
		  "there is no directory '/d/new/'" },
		{ "src", &dir, "/d/f", &file, ERROR_CONFLICT, "'/d/f' is a file, not a directory" },
		{ "f", &file, "/d/f/", &file, ERROR_CONFLICT,
		  "'/d/f/' is a file, not a directory" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(copy_target_release) struct copy_target target = { 0 };
		struct error err = { 0 };

		int result = copy_plan(cases[i].source, cases[i].source_status, cases[i].target,
				       cases[i].target_status, &target, &err);
		assert_int_equal(result, -1);
		assert_int_equal(err.kind, cases[i].kind);
		assert_string_equal(err.text, cases[i].text);
		assert_null(target.directory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_workspace_path_is_told_from_a_local_one),
		cmocka_unit_test(paths_are_split_as_dirname_and_basename_do),
		cmocka_unit_test(a_trailing_dot_is_taken_off),
		cmocka_unit_test(targets_follow_the_rules_of_cp),
		cmocka_unit_test(impossible_copies_are_refused_with_the_reason),
	};

	return cmocka_run_group_tests_name("copy_path", tests, NULL, NULL);
}
