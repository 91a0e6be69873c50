/* SPDX-License-Identifier: MIT */
#include "winalux/base/arch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void architectures_have_one_name_whatever_they_are_called(void **state)
{
	(void)state;
	assert_string_equal(arch_find("amd64"), "amd64");
	assert_string_equal(arch_find("x86_64"), "amd64");
	assert_string_equal(arch_find("aarch64"), "arm64");
	assert_string_equal(arch_find("linux/arm64"), "arm64");
	assert_null(arch_find("riscv64"));
	assert_null(arch_find("linux/"));
	assert_null(arch_find(""));
}

static void the_own_architecture_is_a_known_one(void **state)
{
	(void)state;
	assert_ptr_equal(arch_find(arch_own()), arch_own());
	for (size_t i = 0; arch_names[i]; i++)
		assert_ptr_equal(arch_find(arch_platform(arch_names[i])), arch_names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(architectures_have_one_name_whatever_they_are_called),
		cmocka_unit_test(the_own_architecture_is_a_known_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
