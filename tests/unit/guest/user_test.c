/* SPDX-License-Identifier: MIT */
#include "guest/user.h"

#include "files.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
			     "short:x:1:1\n"
			     "big:x:4294967296:1:::\n"
			     "none:x:4294967295:1:::\n"
			     "neg:x:-1:1:::\n"
			     "more:x:5:5:::/bin/sh:extra\n"
			     "bare:x:7:8:::\n"
			     "developer:x:1000:1001:Dev,,,:/home/developer:/bin/bash\n"
			     "developer:x:1:1:second:/:/bin/false\n"
			     "last:x:9:9::/:/bin/sh";
static const char group[] = "root:x:0:\n"
			    "developer:x:1001:developer\n"
			    "docker:x:20:other,developer\n"
			    "developers:x:21:developer2,xdeveloper\n"
			    "video:x:22:developer\n"
			    "broken:x:abc:developer\n";

struct place {
	char passwd[256], group[256];
};

static struct place write_files(void **state)
{
	struct place p;

	files_write(files_path(p.passwd, *state, "passwd"), passwd, 0644);
	files_write(files_path(p.group, *state, "group"), group, 0644);
	return p;
}

static void a_user_has_home_shell_and_groups(void **state)
{
	struct place p = write_files(state);
	struct error err;
	struct user user;

	assert_int_equal(user_find(p.passwd, p.group, "developer", &user, &err), 0);
	assert_int_equal(user.uid, 1000);
	assert_int_equal(user.gid, 1001);
	assert_string_equal(user.name, "developer");
	assert_string_equal(user.home, "/home/developer");
	assert_string_equal(user.shell, "/bin/bash");
	assert_int_equal(user.group_count, 3);
	assert_int_equal(user.groups[0], 1001);
	assert_int_equal(user.groups[1], 20);
	assert_int_equal(user.groups[2], 22);
}

static void empty_fields_get_defaults_and_the_last_line_needs_no_newline(void **state)
{
	struct place p = write_files(state);
	struct error err;
	struct user user;

	assert_int_equal(user_find(p.passwd, p.group, "bare", &user, &err), 0);
	assert_string_equal(user.home, "/");
	assert_string_equal(user.shell, "/bin/sh");
	assert_int_equal(user_find(p.passwd, p.group, "last", &user, &err), 0);
	assert_int_equal(user.uid, 9);
}

static void broken_lines_are_nobody(void **state)
{
	static const char *const names[] = { "short", "big", "none", "neg", "more", "dev", "" };
	struct place p = write_files(state);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct error err = { 0 };
		struct user user;

		assert_int_equal(user_find(p.passwd, p.group, names[i], &user, &err), -1);
		assert_int_equal(err.kind, ERROR_NOT_FOUND);
	}
}

static void a_missing_group_file_leaves_the_primary_group(void **state)
{
	struct place p = write_files(state);
	struct error err;
	struct user user;

	assert_int_equal(user_find(p.passwd, "/nonexistent", "developer", &user, &err), 0);
	assert_int_equal(user.group_count, 1);
}

static void a_missing_passwd_file_is_an_error(void **state)
{
	struct error err = { 0 };
	struct user user;

	(void)state;
	assert_int_equal(user_find("/nonexistent", "/nonexistent", "developer", &user, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
}

static void groups_beyond_the_table_are_left_out(void **state)
{
	struct place p = write_files(state);
	FILE *file = fopen(p.group, "we");
	struct error err;
	struct user user;

	assert_non_null(file);
	for (int i = 0; i < 100; i++)
		fprintf(file, "g%d:x:%d:developer\n", i, 2000 + i);
	fclose(file);
	assert_int_equal(user_find(p.passwd, p.group, "developer", &user, &err), 0);
	assert_int_equal(user.group_count, USER_MAX_GROUPS);
	assert_int_equal(user.groups[USER_MAX_GROUPS - 1], 2000 + USER_MAX_GROUPS - 2);
}

#define test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_user_has_home_shell_and_groups),
		test(empty_fields_get_defaults_and_the_last_line_needs_no_newline),
		test(broken_lines_are_nobody),
		test(a_missing_group_file_leaves_the_primary_group),
		test(a_missing_passwd_file_is_an_error),
		test(groups_beyond_the_table_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
