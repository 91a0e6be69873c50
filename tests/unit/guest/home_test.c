/* SPDX-License-Identifier: MIT */
#include "guest/home.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "files.h"

struct place {
	char skeleton[256], home[256];
};

/* skel/.bashrc, skel/bin/tool (0755), skel/venv/lib/deep, skel/venv/python -> /usr/bin/python3 */
static struct place make(void **state)
{
	struct place p;
	char path[256];

	assert_int_equal(mkdir(files_path(p.skeleton, *state, "skel"), 0755), 0);
	assert_int_equal(mkdir(files_path(p.home, *state, "home"), 0755), 0);
	files_write(files_path(path, p.skeleton, ".bashrc"), "rc\n", 0644);
	assert_int_equal(mkdir(files_path(path, p.skeleton, "bin"), 0755), 0);
	files_write(files_path(path, p.skeleton, "bin/tool"), "tool\n", 0755);
	assert_int_equal(mkdir(files_path(path, p.skeleton, "venv"), 0755), 0);
	assert_int_equal(mkdir(files_path(path, p.skeleton, "venv/lib"), 0555), 0);
	assert_int_equal(symlink("/usr/bin/python3", files_path(path, p.skeleton, "venv/python")),
			 0);
	return p;
}

static unsigned count_entries(const char *path)
{
	DIR *directory = opendir(path);
	unsigned count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 2;
}

static void a_new_home_gets_everything_with_modes_and_times(void **state)
{
	struct place p = make(state);
	const struct timespec times[] = { { 1000, 0 }, { 2000, 500 } };
	char path[256], target[64] = "";
	struct stat st;

	assert_int_equal(utimensat(AT_FDCWD, files_path(path, p.skeleton, "bin/tool"), times, 0),
			 0);
	assert_int_equal(home_fill_from(p.skeleton, p.home), 0);
	files_expect(files_path(path, p.home, ".bashrc"), "rc\n");
	files_expect(files_path(path, p.home, "bin/tool"), "tool\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(st.st_mtim.tv_sec, 2000);
	assert_int_equal(stat(files_path(path, p.home, "venv/lib"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_true(readlink(files_path(path, p.home, "venv/python"), target, 63) > 0);
	assert_string_equal(target, "/usr/bin/python3");
	assert_int_equal(count_entries(p.home), 3);
}

static void what_is_there_stays(void **state)
{
	struct place p = make(state);
	char path[256];

	files_write(files_path(path, p.home, ".bashrc"), "mine\n", 0600);
	assert_int_equal(symlink("/nonexistent", files_path(path, p.home, "venv")), 0);
	assert_int_equal(home_fill_from(p.skeleton, p.home), 0);
	files_expect(files_path(path, p.home, ".bashrc"), "mine\n");
	files_expect(files_path(path, p.home, "bin/tool"), "tool\n");
	assert_int_equal(access(files_path(path, p.home, "venv"), F_OK), -1);
	assert_int_equal(count_entries(p.home), 3);
}

static void the_rest_of_a_killed_copy_is_removed(void **state)
{
	struct place p = make(state);
	char path[256];

	assert_int_equal(mkdir(files_path(path, p.home, ".winalux-skel.new"), 0755), 0);
	files_write(files_path(path, p.home, ".winalux-skel.new/half"), "x", 0644);
	assert_int_equal(home_fill_from(p.skeleton, p.home), 0);
	assert_int_equal(count_entries(p.home), 3);
	assert_int_equal(access(files_path(path, p.home, "venv/half"), F_OK), -1);
}

static void no_skeleton_is_no_error_but_no_home_is(void **state)
{
	struct place p = make(state);

	assert_int_equal(home_fill_from("/nonexistent", p.home), 0);
	assert_int_equal(home_fill_from(p.skeleton, "/nonexistent"), -1);
	assert_int_equal(errno, ENOENT);
}

static void pipes_and_devices_are_not_copied(void **state)
{
	struct place p = make(state);
	char path[256];

	assert_int_equal(mkfifo(files_path(path, p.skeleton, "bin/fifo"), 0644), 0);
	assert_int_equal(home_fill_from(p.skeleton, p.home), 0);
	assert_int_equal(count_entries(files_path(path, p.home, "bin")), 1);
}

#define test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

static void a_link_is_made_unless_something_has_its_name(void **state)
{
	const struct place p = make(state);
	char path[256], target[64];

	files_write(files_path(path, p.home, "taken"), "mine\n", 0644);
	assert_int_equal(home_link(p.home, "taken", "/srv/taken"), 0);
	assert_int_equal(readlink(path, target, sizeof(target)), -1);
	assert_int_equal(home_link(p.home, "dags", "/srv/dags"), 0);
	assert_int_equal(home_link(p.home, "dags", "/srv/dags"), 0);
	assert_int_equal(readlink(files_path(path, p.home, "dags"), target, sizeof(target)),
			 (int)strlen("/srv/dags"));
	assert_memory_equal(target, "/srv/dags", strlen("/srv/dags"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_new_home_gets_everything_with_modes_and_times),
		test(what_is_there_stays),
		test(a_link_is_made_unless_something_has_its_name),
		test(the_rest_of_a_killed_copy_is_removed),
		test(no_skeleton_is_no_error_but_no_home_is),
		test(pipes_and_devices_are_not_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
