/* SPDX-License-Identifier: MIT */
/* What holds for every command, whichever there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/app.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/deploy.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/term.h"

static void every_command_is_complete(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++) {
		const struct command *command = *c;

		assert_non_null(command->summary);
		assert_non_null(command->args);
		assert_non_null(command->run);
		assert_true(command->min_args <= command->max_args);
		assert_true((command->options != NULL) == (command->options_size > 0));
		assert_true(command->summary[strlen(command->summary) - 1] != '.');
		for (const struct command *const *other = commands; other != c; other++)
			assert_string_not_equal(command->name, (*other)->name);
	}
}

static size_t option_size(enum option_kind kind)
{
	static const size_t sizes[] = {
		[OPTION_FLAG] = sizeof(bool),       [OPTION_TEXT] = sizeof(const char *),
		[OPTION_NUMBER] = sizeof(uint32_t), [OPTION_DURATION] = sizeof(uint64_t),
		[OPTION_LIST] = 3 * sizeof(size_t),
	};

	return sizes[kind];
}

static bool is_global(const struct option *o)
{
	for (const struct option *g = global_option_table; g->name; g++) {
		if (strcmp(g->name, o->name) == 0 || (g->letter && g->letter == o->letter))
			return true;
	}
	return false;
}

static void every_option_is_sound_and_hides_no_global_one(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++) {
		for (const struct option *o = (*c)->options; o && o->name; o++) {
			assert_non_null(o->help);
			assert_true((o->kind == OPTION_FLAG) == (o->arg == NULL));
			assert_true(o->offset + option_size(o->kind) <= (*c)->options_size);
			assert_false(is_global(o));
			for (const struct option *p = (*c)->options; p != o; p++) {
				assert_string_not_equal(o->name, p->name);
				assert_true(!o->letter || o->letter != p->letter);
			}
		}
	}
}

static void no_line_of_a_help_is_wide(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, SIZE_MAX);
		command_add_help(&b, *c);
		for (char *line = b.data; *line; line += strlen(line) + 1) {
			line[strcspn(line, "\n")] = '\0';
			assert_true(term_text_width(line) <= 110);
			if (line + strlen(line) + 1 >= b.data + b.len)
				break;
		}
	}
}

static void the_nearest_command_is_suggested(void **state)
{
	const struct command *command = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(command_get("deploy", &command, &err), 0);
	assert_ptr_equal(command, &cmd_deploy);
	assert_int_equal(command_get("ssh-confg", &command, &err), -1);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_string_equal(err.text, "unknown command 'ssh-confg'; did you mean 'ssh-config'?");
}

static void every_script_knows_every_command_and_option(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		DEFER(buf_release) struct buf b = { 0 };
		struct error err = { 0 };

		buf_init(&b, SIZE_MAX);
		assert_int_equal(completion_add(&b, shells[i], &err), 0);
		for (const struct command *const *c = commands; *c; c++) {
			assert_non_null(strstr(b.data, (*c)->name));
			for (const struct option *o = (*c)->options; o && o->name; o++)
				assert_true(o->is_hidden == !strstr(b.data, o->name));
		}
	}
}

static void an_inventory_is_told_from_a_name(void **state)
{
	(void)state;
	assert_true(deploy_is_inventory("inventory.yml"));
	assert_true(deploy_is_inventory("./alice"));
	assert_true(deploy_is_inventory("-"));
	assert_true(deploy_is_inventory("src")); /* exists here */
	assert_false(deploy_is_inventory("alice"));
	assert_false(deploy_is_inventory("under_score"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_complete),
		cmocka_unit_test(every_option_is_sound_and_hides_no_global_one),
		cmocka_unit_test(no_line_of_a_help_is_wide),
		cmocka_unit_test(the_nearest_command_is_suggested),
		cmocka_unit_test(every_script_knows_every_command_and_option),
		cmocka_unit_test(an_inventory_is_told_from_a_name),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
