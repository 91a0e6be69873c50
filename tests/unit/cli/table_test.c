/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/table.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/term.h"

static const struct table_column columns[] = {
	{ .title = "NAME", .can_shrink = true },
	{ .title = "AGE", .is_right = true },
	{ .title = "TEXT" },
};

static void assert_rendered(const struct table *t, int width, bool has_color, const char *wanted)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	table_render(t, &b, width, has_color);
	assert_string_equal(b.data, wanted);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	DEFER(table_release) struct table t = { 0 };

	(void)state;
	table_init(&t, columns, ARRAY_SIZE(columns));
	table_add(&t, "alice");
	table_addf(&t, "%d", 7);
	table_add(&t, "x");
	table_add(&t, "b");
	table_add(&t, "1000");
	table_add(&t, "last");
	assert_rendered(&t, 0, false,
			"NAME    AGE  TEXT\n"
			"alice     7  x\n"
			"b      1000  last\n");
}

static void an_empty_cell_is_a_dash(void **state)
{
	DEFER(table_release) struct table t = { 0 };

	(void)state;
	table_init(&t, columns, ARRAY_SIZE(columns));
	table_add(&t, NULL);
	table_add(&t, "");
	table_add(&t, "x");
	assert_rendered(&t, 0, false, "NAME  AGE  TEXT\n-       -  x\n");
}

static void wide_characters_count_for_two_columns(void **state)
{
	DEFER(table_release) struct table t = { 0 };

	(void)state;
	table_init(&t, columns, ARRAY_SIZE(columns));
	table_add(&t, "日本語");
	table_add(&t, "1");
	table_add(&t, "x");
	table_add(&t, "é");
	table_add(&t, "2");
	table_add(&t, "y");
	assert_rendered(&t, 0, false,
			"NAME    AGE  TEXT\n"
			"日本語    1  x\n"
			"é         2  y\n");
}

static void a_narrow_terminal_cuts_what_may_be_cut(void **state)
{
	DEFER(table_release) struct table t = { 0 };

	(void)state;
	table_init(&t, columns, ARRAY_SIZE(columns));
	table_add(&t, "a-very-long-name-indeed");
	table_add(&t, "12");
	table_add(&t, "kept as it is");
	assert_rendered(&t, 32, false,
			"NAME          AGE  TEXT\n"
			"a-very-long…   12  kept as it is\n");
}

static void no_column_shrinks_below_its_minimum(void **state)
{
	DEFER(table_release) struct table t = { 0 };

	(void)state;
	table_init(&t, columns, ARRAY_SIZE(columns));
	table_add(&t, "a-very-long-name-indeed");
	table_add(&t, "12");
	table_add(&t, "kept");
	assert_rendered(&t, 5, false,
			"NAME      AGE  TEXT\n"
			"a-very-…   12  kept\n");
}

static void colours_do_not_count_as_columns(void **state)
{
	DEFER(table_release) struct table t = { 0 };

	(void)state;
	table_init(&t, columns, ARRAY_SIZE(columns));
	table_add_colored(&t, TABLE_GREEN, "up");
	table_add(&t, "1");
	table_add(&t, "x");
	assert_rendered(&t, 0, true,
			"\033[2mNAME\033[0m  \033[2mAGE\033[0m  \033[2mTEXT\033[0m\n"
			"\033[32mup\033[0m      1  x\n");
}

static void control_characters_are_escaped(void **state)
{
	DEFER(table_release) struct table t = { 0 };

	(void)state;
	table_init(&t, columns, 1);
	table_add(&t, "a\033[2Jb\n");
	assert_rendered(&t, 0, false, "NAME\na\\x1b[2Jb\\x0a\n");
}

static void a_cell_may_take_the_rest_of_its_row(void **state)
{
	DEFER(table_release) struct table t = { 0 };

	(void)state;
	table_init(&t, columns, ARRAY_SIZE(columns));
	table_add(&t, "alice");
	table_add_rest(&t, TABLE_PLAIN, "not measured at all");
	table_add(&t, "bob");
	table_add(&t, "1");
	table_add(&t, "x");
	assert_rendered(&t, 0, false,
			"NAME   AGE  TEXT\n"
			"alice  not measured at all\n"
			"bob      1  x\n");
	assert_rendered(&t, 20, false,
			"NAME   AGE  TEXT\n"
			"alice  not measured…\n"
			"bob      1  x\n");
}

static void cutting_never_splits_a_character(void **state)
{
	(void)state;
	for (size_t width = 0; width < 10; width++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, SIZE_MAX);
		text_add_cut(&b, "日本語é", width);
		assert_true(term_text_width(b.data) <= width);
		assert_true(width >= 7 || width == 0 || strstr(b.data, "…"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(an_empty_cell_is_a_dash),
		cmocka_unit_test(wide_characters_count_for_two_columns),
		cmocka_unit_test(a_narrow_terminal_cuts_what_may_be_cut),
		cmocka_unit_test(no_column_shrinks_below_its_minimum),
		cmocka_unit_test(colours_do_not_count_as_columns),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(a_cell_may_take_the_rest_of_its_row),
		cmocka_unit_test(cutting_never_splits_a_character),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
