/* SPDX-License-Identifier: MIT */
#include "guest/venv.h"

#include <sys/stat.h>

#include "files.h"

struct place {
	char skeleton[256], venv[256];
};

/* An environment of that version, whose Python can be started. */
static void make_venv(const char *path, const char *config)
{
	char file[256];

	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(mkdir(files_path(file, path, "bin"), 0755), 0);
	assert_int_equal(symlink("/bin/sh", files_path(file, path, "bin/python")), 0);
	files_write(files_path(file, path, "pyvenv.cfg"), config, 0644);
}

static struct place make(void **state, const char *config)
{
	struct place p;

	make_venv(files_path(p.skeleton, *state, "skel"), "home = /usr/bin\nversion = 3.13.5\n");
	make_venv(files_path(p.venv, *state, "venv"), config);
	return p;
}

static void the_version_is_that_of_python_and_its_minor_one(void **state)
{
	struct place p = make(state, "home = /opt/py\nversion_info=3.9.18\r\n");
	char version[VENV_VERSION_SIZE], home[256];

	assert_true(venv_version(p.skeleton, version, home, sizeof(home)));
	assert_string_equal(version, "3.13");
	assert_string_equal(home, "/usr/bin");
	assert_true(venv_version(p.venv, version, home, sizeof(home)));
	assert_string_equal(version, "3.9");
	assert_string_equal(home, "/opt/py");
	assert_false(venv_version("/nonexistent", version, NULL, 0));
}

static void a_smaller_update_of_python_changes_nothing(void **state)
{
	struct place p = make(state, "home = /usr/bin\nversion = 3.13.1\n");

	assert_false(venv_is_stale(p.venv, p.skeleton));
	assert_false(venv_set_aside(p.venv, p.skeleton));
}

static void another_python_of_the_image_makes_it_stale(void **state)
{
	struct place p = make(state, "home = /usr/bin\nversion = 3.11.2\n");
	char aside[256];

	assert_true(venv_set_aside(p.venv, p.skeleton));
	assert_int_equal(access(p.venv, F_OK), -1);
	assert_int_equal(access(files_path(aside, *state, "venv.3.11/pyvenv.cfg"), F_OK), 0);
	make_venv(p.venv, "home = /usr/bin\nversion = 3.11.2\n");
	assert_true(venv_set_aside(p.venv, p.skeleton));
	assert_int_equal(access(files_path(aside, *state, "venv.3.11-1/pyvenv.cfg"), F_OK), 0);
}

static void a_python_of_the_developers_own_stays(void **state)
{
	struct place p =
		make(state, "home = /home/developer/.local/share/uv/python\nversion = 3.9.1\n");

	assert_false(venv_is_stale(p.venv, p.skeleton));
}

static void one_without_a_python_is_stale_whatever_it_says(void **state)
{
	struct place p = make(state, "home = /home/developer/python\nversion = 3.13.5\n");
	char file[256];

	assert_int_equal(unlink(files_path(file, p.venv, "bin/python")), 0);
	assert_int_equal(symlink("/nonexistent/python3.11", file), 0);
	assert_true(venv_is_stale(p.venv, p.skeleton));
}

static void nothing_is_stale_where_the_image_has_none(void **state)
{
	struct place p = make(state, "home = /usr/bin\nversion = 3.11.2\n");

	assert_false(venv_is_stale(p.venv, "/nonexistent"));
	assert_false(venv_is_stale("/nonexistent", p.skeleton));
}

static void a_link_in_its_place_is_the_developers(void **state)
{
	struct place p = make(state, "home = /usr/bin\nversion = 3.11.2\n");
	char link[256];

	assert_int_equal(symlink(p.venv, files_path(link, *state, "link")), 0);
	assert_false(venv_is_stale(link, p.skeleton));
}

#define test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_version_is_that_of_python_and_its_minor_one),
		test(a_smaller_update_of_python_changes_nothing),
		test(another_python_of_the_image_makes_it_stale),
		test(a_python_of_the_developers_own_stays),
		test(one_without_a_python_is_stale_whatever_it_says),
		test(nothing_is_stale_where_the_image_has_none),
		test(a_link_in_its_place_is_the_developers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
