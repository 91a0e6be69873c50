/* SPDX-License-Identifier: MIT */
#include "telemetry/link_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct link_set set;

static int clear(void **state)
{
	(void)state;
	link_set_clear(&set);
	return 0;
}

static void expect(uint64_t bytes, uint64_t inodes)
{
	assert_int_equal(link_set_bytes(&set), bytes);
	assert_int_equal(link_set_inodes(&set), inodes);
}

static void a_file_whose_links_are_all_met_counts_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 7; i++)
		link_set_meet(&set, 1, 99, 7, 4096);
	assert_int_equal(set.used, 0);
	link_set_complete(&set);
	expect(4096, 1);
}

static void a_file_with_links_elsewhere_counts_whole(void **state)
{
	(void)state;
	link_set_meet(&set, 1, 99, 1000000007, 8192);
	link_set_meet(&set, 1, 99, 1000000007, 8192);
	link_set_meet(&set, 2, 99, 3, 512); /* the same number on another device */
	assert_int_equal(set.used, 2);
	link_set_complete(&set);
	expect(8704, 2);
	assert_int_equal(set.used, 0);
}

/* Numbers that fall into each other's way in the table, gone through in several orders. */
static void links_may_be_met_in_any_order(void **state)
{
	enum { FILES = LINK_SET_MAX, STEP = 1009 };
	uint64_t bytes = 0;

	(void)state;
	for (unsigned round = 0; round < 5; round++)
		for (unsigned i = 0; i < FILES; i++) {
			const unsigned file = i * (STEP + 6 * round) % FILES;
			const unsigned links = 2 + file % 4;

			if (round >= links)
				continue;
			link_set_meet(&set, 7, file, links, file * 512);
			bytes += round ? 0 : file * 512;
		}
	assert_false(set.is_full);
	assert_int_equal(set.used, 0);
	link_set_complete(&set);
	expect(bytes, FILES);
}

static void more_files_than_fit_still_count_once(void **state)
{
	enum { FILES = 50000 };

	(void)state;
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < FILES; i++)
			link_set_meet(&set, 7, i, 3, 4096);
	assert_true(set.is_full);
	link_set_complete(&set);
	expect((uint64_t)FILES * 4096, FILES);
}

static void files_that_do_not_fit_never_count_more_than_once(void **state)
{
	enum { FILES = 2 * LINK_SET_MAX };

	(void)state;
	for (unsigned i = 0; i < FILES; i++)
		link_set_meet(&set, 7, i, 2, 4096);
	link_set_complete(&set);
	expect((uint64_t)LINK_SET_MAX * 4096 * 3 / 2, LINK_SET_MAX * 3 / 2);
}

static void a_set_that_is_cleared_is_empty(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * LINK_SET_MAX; i++)
		link_set_meet(&set, 7, i, 2, 4096);
	link_set_clear(&set);
	expect(0, 0);
	link_set_meet(&set, 7, 5, 2, 4096);
	assert_int_equal(set.used, 1);
	link_set_complete(&set);
	expect(4096, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_file_whose_links_are_all_met_counts_once, clear),
		cmocka_unit_test_setup(a_file_with_links_elsewhere_counts_whole, clear),
		cmocka_unit_test_setup(links_may_be_met_in_any_order, clear),
		cmocka_unit_test_setup(more_files_than_fit_still_count_once, clear),
		cmocka_unit_test_setup(files_that_do_not_fit_never_count_more_than_once, clear),
		cmocka_unit_test_setup(a_set_that_is_cleared_is_empty, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
