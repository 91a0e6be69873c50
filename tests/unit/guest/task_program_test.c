/* SPDX-License-Identifier: MIT */
/* Which program "task" of PATH is Task itself. */
#include "guest/task_program.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "winalux/base/mem.h"

struct fixture {
	char guest[256];                          /* ours */
	char first[256], second[256], third[256]; /* directories */
	char task[256];                           /* Task itself, in the third */
	char path[1024];
};

static void link_as_task(const char *to, const char *directory)
{
	char file[256];

	assert_int_equal(symlink(to, files_path(file, directory, "task")), 0);
}

static void prepare(struct fixture *f, const char *directory)
{
	char file[256];

	files_write(files_path(f->guest, directory, "winalux-guest"), "", 0755);
	mkdir(files_path(f->first, directory, "first"), 0755);
	mkdir(files_path(f->second, directory, "second"), 0755);
	mkdir(files_path(f->third, directory, "third"), 0755);
	link_as_task(f->guest, f->first);
	files_write(files_path(file, f->second, "task"), "", 0644); /* nothing to be run */
	files_write(files_path(f->task, f->third, "task"), "", 0755);
}

static void expect_task(struct fixture *f, const char *end)
{
	char found[PATH_MAX];

	snprintf(f->path, sizeof(f->path), "%s%s::%s:%s", f->first, end, f->second, f->third);
	assert_true(task_program_find(f->path, f->guest, found));
	assert_string_equal(found, f->task);
}

static void ours_is_passed_over_whatever_it_is_called(void **state)
{
	struct fixture f;

	prepare(&f, *state);
	expect_task(&f, "");
	expect_task(&f, "/"); /* was run by itself for ever */
	expect_task(&f, "/../first");
}

static void there_may_be_none(void **state)
{
	char found[PATH_MAX];
	struct fixture f;

	prepare(&f, *state);
	snprintf(f.path, sizeof(f.path), "%s:%s", f.first, f.second);
	assert_false(task_program_find(f.path, f.guest, found));
	assert_false(task_program_find("", f.guest, found));
	assert_false(task_program_find(NULL, f.guest, found));
}

#define test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(ours_is_passed_over_whatever_it_is_called),
		test(there_may_be_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
