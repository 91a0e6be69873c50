/* SPDX-License-Identifier: MIT */
#include "winalux/format/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { FILE_MAX_BYTES = 64 };

/* The text of every file with its name before it. */
static void note_file(const char *name, const char *data, size_t len, void *notes)
{
	buf_addf(notes, "%s=%s(%zu) ", name, data, len);
}

/* A directory, an empty file and one with text, as an archive in memory, read from its start. */
static int make_archive(const char *text, size_t cut)
{
	DEFER(buf_release) struct buf tar;
	const int fd = memfd_create("tar", MFD_CLOEXEC);

	buf_init(&tar, 1 << 20);
	DEFER(tar_writer_freep) struct tar_writer *w = tar_writer_new(&tar, NULL);
	assert_non_null(w);
	assert_int_equal(tar_add_dir(w, "d", 0755, 0, 0, NULL), 0);
	assert_int_equal(tar_add_file(w, "d/empty", 0644, 0, 0, "", 0, NULL), 0);
	assert_int_equal(tar_add_file(w, "d/text", 0644, 0, 0, text, strlen(text), NULL), 0);
	assert_int_equal(tar_add_dir(w, "d/later", 0755, 0, 0, NULL), 0);
	assert_int_equal(tar_finish(w, NULL), 0);
	assert_int_equal(fd_write_all(fd, tar.data, tar.len - cut, NULL), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void files_are_handed_over_whole_and_nothing_else_counts(void **state)
{
	DEFER(fd_closep) int fd = make_archive("one\ntwo\n", 0);
	DEFER(buf_release) struct buf notes;

	(void)state;
	buf_init(&notes, 1000);
	assert_int_equal(tar_read(fd, FILE_MAX_BYTES, note_file, &notes, NULL), 0);
	assert_string_equal(notes.data, "d/empty=(0) d/text=one\ntwo\n(8) ");
}

static void a_file_above_the_limit_is_named(void **state)
{
	char text[FILE_MAX_BYTES + 2];
	DEFER(buf_release) struct buf notes;
	struct error err = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	DEFER(fd_closep) int fd = make_archive(text, 0);
	buf_init(&notes, 1000);
	assert_int_equal(tar_read(fd, FILE_MAX_BYTES, note_file, &notes, &err), -1);
	assert_string_equal(err.text, "'d/text' has more than 64 bytes");
}

static void an_archive_that_breaks_off_is_an_error(void **state)
{
	/* The two zero blocks of the end, and the half of the text's block. */
	DEFER(fd_closep) int fd = make_archive("one", 1024 + 256);
	DEFER(fd_closep) int nothing = memfd_create("none", MFD_CLOEXEC);
	DEFER(buf_release) struct buf notes;
	struct error err = { 0 };

	(void)state;
	buf_init(&notes, 1000);
	assert_int_equal(fd_write_all(nothing, "no archive at all", 17, NULL), 0);
	assert_int_equal(lseek(nothing, 0, SEEK_SET), 0);
	assert_int_equal(tar_read(fd, FILE_MAX_BYTES, note_file, &notes, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_int_equal(tar_read(nothing, FILE_MAX_BYTES, note_file, &notes, &err), -1);
	assert_non_null(strstr(err.text, "cannot read the archive: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_handed_over_whole_and_nothing_else_counts),
		cmocka_unit_test(a_file_above_the_limit_is_named),
		cmocka_unit_test(an_archive_that_breaks_off_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
