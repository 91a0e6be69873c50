/* SPDX-License-Identifier: MIT */
#include "winalux/format/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"

static double (*sym_cos)(double);
static void (*sym_missing)(void);

static const struct library_symbol symbols[] = { { "cos", &sym_cos },
						 { "no_such_one", &sym_missing } };

static void the_first_name_that_exists_is_taken(void **state)
{
	static const char *const names[] = { "libno-such-library.so.1", "libm.so.6", NULL };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(
		library_open(&(struct library){ "libm", names, "libc6", symbols, 1 }, &err), 0);
	assert_true(sym_cos(0) > 0.99);
}

static void what_is_missing_is_named_with_its_package(void **state)
{
	static const char *const names[] = { "libno-such-library.so.1", NULL };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(
		library_open(&(struct library){ "libx", names, "libx1", symbols, 1 }, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_non_null(strstr(err.text, "cannot load libx: libno-such-library.so.1"));
	assert_non_null(strstr(err.text, "install the package libx1"));
}

static void a_library_without_a_function_is_refused(void **state)
{
	static const char *const names[] = { "libm.so.6", NULL };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(
		library_open(&(struct library){ "libm", names, "libc6", symbols, 2 }, &err), -1);
	assert_string_equal(err.text, "libm of this machine has no function no_such_one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_name_that_exists_is_taken),
		cmocka_unit_test(what_is_missing_is_named_with_its_package),
		cmocka_unit_test(a_library_without_a_function_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
