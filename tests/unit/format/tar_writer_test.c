/* SPDX-License-Identifier: MIT */
#include "winalux/format/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

#include "unit/format/tar_list.h"

enum { BLOCK = 512 };

static const char zeros[2 * BLOCK];

static void write_small(struct buf *b)
{
	DEFER(tar_writer_freep) struct tar_writer *w = NULL;

	buf_init(b, 1 << 20);
	w = tar_writer_new(b, NULL);
	assert_int_equal(tar_add_dir(w, "/dir", 0750, 1000, 1001, NULL), 0);
	assert_int_equal(tar_add_file(w, "dir/file", 0640, 70000, 80000, "hello", 5, NULL), 0);
	assert_int_equal(tar_add_file(w, "empty", 0600, 0, 0, NULL, 0, NULL), 0);
	assert_int_equal(tar_finish(w, NULL), 0);
}

static void another_reader_understands_what_is_written(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	DEFER(buf_release) struct buf text = { 0 };

	(void)state;
	write_small(&b);
	tar_list(&b, &text);
	assert_string_equal(text.data, "dir 0o750 1000 1001 0 5 0\n"
				       "dir/file 0o640 70000 80000 0 0 5\n"
				       "empty 0o600 0 0 0 0 0\n");
}

static void the_end_is_exactly_two_zero_blocks(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	write_small(&b);
	assert_int_equal(b.len, 3 * BLOCK + BLOCK + 2 * BLOCK);
	assert_memory_equal(b.data + b.len - 2 * BLOCK, zeros, 2 * BLOCK);
	assert_memory_not_equal(b.data + b.len - 3 * BLOCK, zeros, BLOCK);
}

static void an_archive_of_nothing_is_two_zero_blocks(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	DEFER(tar_writer_freep) struct tar_writer *w = NULL;

	(void)state;
	buf_init(&b, 1 << 20);
	w = tar_writer_new(&b, NULL);
	assert_int_equal(tar_finish(w, NULL), 0);
	assert_int_equal(b.len, 2 * BLOCK);
	assert_memory_equal(b.data, zeros, 2 * BLOCK);
}

static void equal_input_gives_equal_bytes(void **state)
{
	DEFER(buf_release) struct buf a = { 0 };
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	write_small(&a);
	write_small(&b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
}

static void long_and_foreign_names_survive(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(tar_writer_freep) struct tar_writer *w = NULL;
	DEFER(freep) char *wanted = NULL;
	char long_name[301];

	(void)state;
	memset(long_name, 'n', 300);
	long_name[300] = '\0';
	buf_init(&b, 1 << 20);
	w = tar_writer_new(&b, NULL);
	assert_int_equal(tar_add_file(w, long_name, 0644, 0, 0, "x", 1, NULL), 0);
	assert_int_equal(tar_add_file(w, "ünï/漢😀", 0644, 0, 0, "x", 1, NULL), 0);
	assert_int_equal(tar_finish(w, NULL), 0);
	tar_list(&b, &text);
	wanted = xasprintf("%s 0o644 0 0 0 0 1\nünï/漢😀 0o644 0 0 0 0 1\n", long_name);
	assert_string_equal(text.data, wanted);
}

static void an_archive_past_its_limit_is_an_error(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	DEFER(tar_writer_freep) struct tar_writer *w = NULL;
	DEFER(freep) char *data = xcalloc(200000, 1);
	struct error err = { 0 };

	(void)state;
	buf_init(&b, 100000);
	w = tar_writer_new(&b, NULL);
	int result = tar_add_file(w, "big", 0644, 0, 0, data, 200000, &err);
	if (result == 0)
		result = tar_finish(w, &err);
	assert_int_equal(result, -1);
	assert_int_equal(err.kind, ERROR_INTERNAL);
	assert_non_null(strstr(err.text, "the archive is larger than 100000 bytes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_reader_understands_what_is_written),
		cmocka_unit_test(the_end_is_exactly_two_zero_blocks),
		cmocka_unit_test(an_archive_of_nothing_is_two_zero_blocks),
		cmocka_unit_test(equal_input_gives_equal_bytes),
		cmocka_unit_test(long_and_foreign_names_survive),
		cmocka_unit_test(an_archive_past_its_limit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
