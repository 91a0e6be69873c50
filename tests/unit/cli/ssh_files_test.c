/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/ssh_files.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/process.h"

#define INCLUDE "Include ~/.ssh/winalux/config\n"

static void the_include_stands_in_front_and_the_rest_stays_byte_for_byte(void **state)
{
	static const char *const texts[] = {
		"Host a\n\tPort 1\n",
		"no newline at the end",
		"\n\n# comment\n",
		"Host a\r\n\tPort 1\r\n",
		"Include other/config\nHost *\n\tInclude x\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		DEFER(buf_release) struct buf b = { 0 };
		DEFER(freep) char *wanted = xasprintf(INCLUDE "\n%s", texts[i]);

		buf_init(&b, SIZE_MAX);
		assert_true(ssh_files_add_include(texts[i], strlen(texts[i]), &b));
		assert_string_equal(b.data, wanted);
	}
}

static void an_empty_file_gets_the_line_alone(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, SIZE_MAX);
	assert_true(ssh_files_add_include("", 0, &b));
	assert_string_equal(b.data, INCLUDE);
}

static void a_line_that_includes_it_already_is_known_in_each_form(void **state)
{
	static const char *const texts[] = {
		INCLUDE "Host a\n",
		"Host a\n  include   winalux/config\n",
		"Include=\"~/.ssh/winalux/config\"\n",
		"INCLUDE other winalux/config\n",
		"Include %d/.ssh/winalux/config\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, SIZE_MAX);
		assert_false(ssh_files_add_include(texts[i], strlen(texts[i]), &b));
		assert_string_equal(b.data, texts[i]);
	}
}

static void a_comment_or_another_file_does_not_count(void **state)
{
	static const char *const texts[] = {
		"# Include ~/.ssh/winalux/config\n",
		"Include ~/.ssh/winalux/config.old\n",
		"IdentityFile ~/.ssh/winalux/config\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, SIZE_MAX);
		assert_true(ssh_files_add_include(texts[i], strlen(texts[i]), &b));
	}
}

/* --- on files --- */

static int make_home(void **state)
{
	char template[] = "/tmp/winalux-ssh-XXXXXX";

	*state = xstrdup(mkdtemp(template));
	return 0;
}

static int remove_home(void **state)
{
	const char *const argv[] = { "rm", "-rf", *state, NULL };
	int status = 1;

	process_run(argv, NULL, NULL, &status, NULL);
	free(*state);
	return status;
}

static void assert_file(const char *path, const char *wanted, mode_t mode)
{
	DEFER(buf_release) struct buf b = { 0 };
	struct error err = { 0 };
	struct stat status;

	assert_int_equal(file_read(path, 1 << 16, &b, &err), 0);
	assert_string_equal(b.data, wanted);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, mode);
}

static void files_are_written_for_nobody_else(void **state)
{
	const char *home = *state;
	DEFER(freep) char *ssh = xasprintf("%s/.ssh", home);
	DEFER(freep) char *path = ssh_files_path(ssh, "known_hosts");
	DEFER(freep) char *directory = xasprintf("%s/winalux", ssh);
	DEFER(buf_release) struct buf b = { 0 };
	struct error err = { 0 };
	struct stat status;

	buf_init(&b, SIZE_MAX);
	buf_add_str(&b, "winalux-alice ssh-ed25519 AAAA\n");
	assert_int_equal(ssh_files_write(ssh, "known_hosts", &b, &err), 0);
	assert_file(path, "winalux-alice ssh-ed25519 AAAA\n", 0600);
	assert_int_equal(stat(directory, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(stat(ssh, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

static void a_missing_config_is_made_and_a_second_run_changes_nothing(void **state)
{
	DEFER(freep) char *ssh = xasprintf("%s/.ssh", (const char *)*state);
	DEFER(freep) char *path = xasprintf("%s/config", ssh);
	struct error err = { 0 };
	bool is_changed = false;

	assert_int_equal(dir_make_all(ssh, 0700, &err), 0);
	assert_int_equal(ssh_files_include(ssh, &is_changed, &err), 0);
	assert_true(is_changed);
	assert_file(path, INCLUDE, 0600);
	assert_int_equal(ssh_files_include(ssh, &is_changed, &err), 0);
	assert_false(is_changed);
	assert_file(path, INCLUDE, 0600);
}

static void a_config_behind_a_link_is_written_through_and_keeps_its_mode(void **state)
{
	DEFER(freep) char *ssh = xasprintf("%s/.ssh", (const char *)*state);
	DEFER(freep) char *path = xasprintf("%s/config", ssh);
	DEFER(freep) char *real = xasprintf("%s/dotfile", (const char *)*state);
	struct error err = { 0 };
	struct stat status;
	bool is_changed = false;

	assert_int_equal(dir_make_all(ssh, 0700, &err), 0);
	assert_int_equal(file_write_atomic(real, "Host x\n", 7, 0644, &err), 0);
	assert_int_equal(symlink(real, path), 0);
	assert_int_equal(ssh_files_include(ssh, &is_changed, &err), 0);
	assert_true(is_changed);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_file(real, INCLUDE "\nHost x\n", 0644);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_include_stands_in_front_and_the_rest_stays_byte_for_byte),
		cmocka_unit_test(an_empty_file_gets_the_line_alone),
		cmocka_unit_test(a_line_that_includes_it_already_is_known_in_each_form),
		cmocka_unit_test(a_comment_or_another_file_does_not_count),
		cmocka_unit_test_setup_teardown(files_are_written_for_nobody_else, make_home,
						remove_home),
		cmocka_unit_test_setup_teardown(
			a_missing_config_is_made_and_a_second_run_changes_nothing, make_home,
			remove_home),
		cmocka_unit_test_setup_teardown(
			a_config_behind_a_link_is_written_through_and_keeps_its_mode, make_home,
			remove_home),
	};

	return cmocka_run_group_tests_name("ssh_files", tests, NULL, NULL);
}
