/* SPDX-License-Identifier: MIT */
#include "winalux/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"

static void setting_an_error_fills_kind_and_text_and_returns_minus_one(void **state)
{
	struct error err = { .os_errno = 5, .http_status = 500 };

	(void)state;
	assert_int_equal(error_set(&err, ERROR_PODMAN, "cannot create '%s'", "x"), -1);
	assert_int_equal(err.kind, ERROR_PODMAN);
	assert_int_equal(err.os_errno, 0);
	assert_int_equal(err.http_status, 0);
	assert_string_equal(err.text, "cannot create 'x'");
}

static void an_errno_is_named_behind_the_text(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_set_errno(&err, ERROR_HOST, ENOENT, "cannot read '%s'", "f"), -1);
	assert_string_equal(err.text, "cannot read 'f': No such file or directory");
	assert_int_equal(err.os_errno, ENOENT);
	error_set_errno(&err, ERROR_HOST, 12345, "x");
	assert_string_equal(err.text, "x: error 12345");
}

static void nobody_needs_to_want_the_reason(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_HOST, "x"), -1);
	assert_int_equal(error_set_errno(NULL, ERROR_HOST, 1, "x"), -1);
	assert_int_equal(error_add(NULL, "x"), -1);
}

static void context_goes_in_front_and_keeps_the_kind(void **state)
{
	struct error err;

	(void)state;
	error_set_errno(&err, ERROR_CONFLICT, EEXIST, "port 80");
	err.http_status = 409;
	assert_int_equal(error_add(&err, "cannot deploy '%s'", "alice"), -1);
	assert_string_equal(err.text, "cannot deploy 'alice': port 80: File exists");
	assert_int_equal(err.kind, ERROR_CONFLICT);
	assert_int_equal(err.os_errno, EEXIST);
	assert_int_equal(err.http_status, 409);
	error_add(&err, "f.yml:1:2: ");
	assert_string_equal(err.text, "f.yml:1:2: cannot deploy 'alice': port 80: File exists");
}

static void an_error_may_be_made_of_its_own_text(void **state)
{
	struct error err;

	(void)state;
	error_set(&err, ERROR_HOST, "inner");
	error_set(&err, ERROR_BUILD, "outer (%s)", err.text);
	assert_string_equal(err.text, "outer (inner)");
	error_add(&err, "about %s", err.text);
	assert_string_equal(err.text, "about outer (inner): outer (inner)");
}

static void assert_cut(const struct error *err)
{
	size_t len = strlen(err->text);

	assert_true(len < sizeof(err->text));
	assert_true(len > sizeof(err->text) - 8);
	assert_string_equal(err->text + len - strlen("…"), "…");
	assert_true(utf8_is_valid(err->text, len));
}

static void a_long_text_is_cut_between_characters_and_marked(void **state)
{
	struct error err;
	char text[2048];

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'a', shift);
		for (size_t i = shift; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xf0\x9f\x98\x80", 5);
		error_set(&err, ERROR_HOST, "%s", text);
		assert_cut(&err);
		error_set_errno(&err, ERROR_HOST, EIO, "%s", text);
		assert_cut(&err);
		error_set(&err, ERROR_HOST, "short");
		error_add(&err, "%s", text);
		assert_cut(&err);
	}
}

static void a_text_that_fits_exactly_is_not_cut(void **state)
{
	struct error err;
	char text[sizeof(err.text)];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, ERROR_HOST, "%s", text);
	assert_string_equal(err.text, text);
	error_set(&err, ERROR_HOST, "%sb", text);
	assert_cut(&err);
}

static void cutting_keeps_the_outer_context(void **state)
{
	struct error err;
	char text[1000];

	(void)state;
	memset(text, 'i', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, ERROR_HOST, "%s", text);
	error_add(&err, "cannot start the workspace of somebody with a long name");
	assert_memory_equal(err.text,
			    "cannot start the workspace of somebody with a long name: iii", 59);
	assert_cut(&err);
}

static void exit_statuses_and_names_are_as_documented(void **state)
{
	static const struct {
		int status;
		const char *name;
	} wanted[ERROR_KIND_COUNT] = {
		[ERROR_INTERNAL] = { 1, "internal" },
		[ERROR_USAGE] = { 2, "usage" },
		[ERROR_INVENTORY] = { 3, "inventory" },
		[ERROR_PODMAN] = { 4, "podman" },
		[ERROR_HOST] = { 5, "host" },
		[ERROR_SSH] = { 6, "ssh" },
		[ERROR_BUILD] = { 7, "build" },
		[ERROR_TIMEOUT] = { 8, "timeout" },
		[ERROR_NOT_FOUND] = { 9, "not-found" },
		[ERROR_CONFLICT] = { 10, "conflict" },
		[ERROR_LOCKED] = { 11, "locked" },
		[ERROR_PARTIAL] = { 12, "partial" },
		[ERROR_INTERRUPTED] = { 130, "interrupted" },
	};

	(void)state;
	for (int kind = 0; kind < ERROR_KIND_COUNT; kind++) {
		assert_int_equal(error_exit_status((enum error_kind)kind), wanted[kind].status);
		assert_string_equal(error_kind_name((enum error_kind)kind), wanted[kind].name);
		assert_non_null(strchr(error_kind_doc((enum error_kind)kind), ' '));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_an_error_fills_kind_and_text_and_returns_minus_one),
		cmocka_unit_test(an_errno_is_named_behind_the_text),
		cmocka_unit_test(nobody_needs_to_want_the_reason),
		cmocka_unit_test(context_goes_in_front_and_keeps_the_kind),
		cmocka_unit_test(an_error_may_be_made_of_its_own_text),
		cmocka_unit_test(a_long_text_is_cut_between_characters_and_marked),
		cmocka_unit_test(a_text_that_fits_exactly_is_not_cut),
		cmocka_unit_test(cutting_keeps_the_outer_context),
		cmocka_unit_test(exit_statuses_and_names_are_as_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
