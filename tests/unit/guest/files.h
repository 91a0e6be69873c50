/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_GUEST_FILES_H
#define WINALUX_TESTS_UNIT_GUEST_FILES_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A directory of a test's own, as *state. */
static inline int files_setup(void **state)
{
	char path[] = "/tmp/winalux-guest-test.XXXXXX";

	*state = strdup(mkdtemp(path));
	return *state ? 0 : -1;
}

static inline int files_remove_one(const char *path, const struct stat *st, int kind,
				   struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline int files_teardown(void **state)
{
	int status = nftw(*state, files_remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return status;
}

/* "directory/name" in to, which has room for any of these tests' paths. */
static inline const char *files_path(char to[static 256], const char *directory, const char *name)
{
	int len = snprintf(to, 256, "%s/%s", directory, name);

	assert_in_range(len, 1, 255);
	return to;
}

static inline void files_write(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline void files_expect(const char *path, const char *text)
{
	char found[4096] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail_msg("'%s' is missing", path);
	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	close(fd);
	assert_string_equal(found, text);
}

#endif
