/* SPDX-License-Identifier: MIT */
/*
 * The program: global options, the command, its options; then what the command needs, the command
 * itself, and one line for whatever went wrong. Nothing below main prints an error or exits.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"

#include "app.h"
#include "command.h"
#include "output.h"
#include "signals.h"
#include "view.h"

static int print_help(const struct command *command)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	command_add_help(&b, command);
	fputs(b.data, stdout);
	return 0;
}

static void apply_globals(const struct app *app)
{
	if (app->global.is_quiet)
		log_set_level(LOG_WARN);
	if (app->global.is_verbose)
		log_set_level(LOG_DEBUG);
	log_set_color(app_wants_color(app, STDERR_FILENO));
}

static int check_arg_count(const struct command *command, size_t count, struct error *err)
{
	if (count < command->min_args)
		return error_set(err, ERROR_USAGE, "'%s' needs %s", command->name, command->args);
	if (count <= command->max_args)
		return 0;
	if (command->max_args == 0)
		return error_set(err, ERROR_USAGE, "'%s' takes no arguments", command->name);
	return error_set(err, ERROR_USAGE, "'%s' takes at most %u argument%s", command->name,
			 command->max_args, command->max_args == 1 ? "" : "s");
}

static int prepare(struct app *app, enum command_need needs, struct error *err)
{
	if ((needs & NEEDS_CONFIG) && app_load_config(app, err) < 0)
		return -1;
	if ((needs & NEEDS_PROFILES) == NEEDS_PROFILES && app_load_profiles(app, err) < 0)
		return -1;
	if ((needs & NEEDS_HOST) == NEEDS_HOST && app_open_host(app, err) < 0)
		return -1;
	return 0;
}

static int run_parsed(struct app *app, const struct command *command, const void *options,
		      const struct strv *args, struct error *err)
{
	apply_globals(app);
	if (app->global.wants_help)
		return print_help(command);
	if (app->global.wants_version)
		return cmd_version.run(app, NULL, args, err);
	if (check_arg_count(command, args->count, err) < 0)
		return -1;
	if (prepare(app, command->needs, err) < 0)
		return -1;
	return command->run(app, options, args, err);
}

static int run_command(struct app *app, const struct command *command, const char *const *argv,
		       struct error *err)
{
	/* At least one byte, so that commands without options have a valid target too. */
	DEFER(freep) void *options = xcalloc(1, command->options_size + 1);
	DEFER(strv_release) struct strv args = { 0 };
	const struct option none = { .name = NULL };
	const struct option_set own = { command->options ? command->options : &none, options };
	const struct option_set sets[] = { own,
					   { global_option_table, &app->global },
					   { NULL, NULL } };

	int result = option_parse(sets, argv, command->verbatim_after, &args, err);
	if (result == 0)
		result = run_parsed(app, command, options, &args, err);
	option_set_release(&own);
	return result;
}

static int run(struct app *app, const char *const *argv, const struct command **ret_command,
	       struct error *err)
{
	const struct option_set sets[] = { { global_option_table, &app->global }, { NULL, NULL } };
	DEFER(strv_release) struct strv args = { 0 };

	if (option_parse(sets, argv, 1, &args, err) < 0)
		return -1;
	if (args.count > 0) {
		if (command_get(args.items[0], ret_command, err) < 0)
			return -1;
		return run_command(app, *ret_command, (const char *const *)args.items + 1, err);
	}
	if (app->global.wants_version)
		return cmd_version.run(app, NULL, &args, err);
	if (app->global.wants_help)
		return print_help(NULL);
	return error_set(err, ERROR_USAGE, "no command given; 'winalux help' lists them");
}

static void report(struct app *app, const struct command *command, struct error *err)
{
	view_shorten_ids(err->text);
	log_error("%s", err->text);
	if (err->kind == ERROR_USAGE && !app->hides_usage) {
		DEFER(buf_release) struct buf b = { 0 };
		buf_init(&b, SIZE_MAX);
		command_add_synopsis(&b, command);
		fprintf(stderr, "usage: %s\n", b.data);
	}
	if (app->global.is_json && !app->has_result) {
		struct json *root = json_new_object(), *error = json_add_object(root, "error");
		json_add_text(error, "kind", error_kind_name(err->kind));
		json_add_text(error, "text", err->text);
		app_print_json(app, root);
	}
}

int main(int argc, char **argv)
{
	struct app app = { 0 };
	struct error err = { 0 };
	const struct command *command = NULL;

	struct output output;

	output_init(&output);
	signals_install();
	int result = run(&app, (const char *const *)argv + (argc > 0), &command, &err);
	if (result < 0 && !app.is_reader_gone)
		report(&app, command, &err);
	app_release(&app);
	int failed = output_finish(&output);
	if (failed == EPIPE || app.is_reader_gone)
		return EXIT_FAILURE; /* whoever read has seen enough */
	if (failed) {
		error_set_errno(&err, ERROR_INTERNAL, failed, "cannot write the result");
		if (result == 0)
			log_error("%s", err.text);
		return error_exit_status(ERROR_INTERNAL);
	}
	return result < 0 ? error_exit_status(err.kind) : app.exit_status;
}
