/* SPDX-License-Identifier: MIT */
#include "winalux/base/resource.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

static void the_table_is_sorted_and_each_entry_is_found(void **state)
{
	(void)state;
	for (const struct resource *r = resources; r->name; r++) {
		assert_ptr_equal(resource_find(r->name), r);
		assert_true(r == resources || strcmp(r[-1].name, r->name) < 0);
		assert_int_equal(r->data[r->size], 0);
		assert_int_equal(strspn(r->digest, "0123456789abcdef"), 32);
		assert_int_equal(strlen(r->digest), 32);
		assert_true(r->mode == 0644 || r->mode == 0755);
	}
}

static void the_guest_is_a_program(void **state)
{
	static const char *const names[] = { "guest/amd64/winalux-guest",
					     "guest/arm64/winalux-guest" };
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct resource *guest = resource_find(names[i]);

		if (!guest)
			continue;
		assert_memory_equal(guest->data, "\177ELF", 4);
		assert_int_equal(guest->mode, 0755);
		found++;
	}
	assert_true(found > 0);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	assert_null(resource_find(""));
	assert_null(resource_find("profiles"));
	assert_null(resource_find("profiles/no-such-profile.yml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sorted_and_each_entry_is_found),
		cmocka_unit_test(the_guest_is_a_program),
		cmocka_unit_test(what_is_not_there_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
