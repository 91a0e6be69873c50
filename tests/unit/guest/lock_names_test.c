/* SPDX-License-Identifier: MIT */
#include "guest/lock_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

static const char lock[] = "--index-url https://pypi.org/simple\n\n"
			   "six==1.16.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n"
			   "    # via -r libraries.in\n"
			   "Ruamel_Yaml.clib==0.2 \\\n    --hash=sha256:02\n"
			   "x[extra]==1 ; python_version < \"4\"\n";

static void assert_joined(const struct strv *list, const char *expected)
{
	DEFER(freep) char *text = strv_join(list, " ");

	assert_string_equal(text, expected);
}

static void names_stand_at_the_beginning_of_lines(void **state)
{
	DEFER(strv_release) struct strv names = { 0 };

	(void)state;
	lock_names(lock, &names);
	assert_joined(&names, "six ruamel-yaml-clib x");
}

static void names_are_the_same_however_they_are_written(void **state)
{
	DEFER(strv_release) struct strv names = { 0 };

	(void)state;
	lock_names_without(lock, "SIX==1.15\nruamel.yaml--clib==0.1\n", &names);
	assert_joined(&names, "x");
}

static void lines_of_the_same_names_are_kept(void **state)
{
	DEFER(buf_release) struct buf lines = { 0 };

	(void)state;
	buf_init(&lines, 1000);
	lock_lines_within("Six==1.15\nidna==3\n-e /home/developer/x\n", lock, &lines);
	assert_string_equal(lines.data, "Six==1.15\n");
}

static void options_and_comments_ask_for_nothing(void **state)
{
	(void)state;
	assert_true(requirements_are_empty(""));
	assert_true(requirements_are_empty("# none\n\n  # nor here\n--index-url https://x/\n"));
	assert_false(requirements_are_empty("# one\nsix"));
	assert_false(requirements_are_empty("-r /home/developer/requirements.txt\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_stand_at_the_beginning_of_lines),
		cmocka_unit_test(names_are_the_same_however_they_are_written),
		cmocka_unit_test(lines_of_the_same_names_are_kept),
		cmocka_unit_test(options_and_comments_ask_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
