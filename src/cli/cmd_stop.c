/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "app.h"
#include "command.h"
#include "operate.h"

static const struct option stop_option_table[] = {
	{ .name = "all",
	  .letter = 'a',
	  .offset = offsetof(struct all_flag, is_all),
	  .help = "every workspace of this account" },
	{ .name = NULL },
};

static int run_stop(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct all_flag *flag = options;

	if (operate_check_names(args, flag->is_all, err) < 0)
		return -1;
	if (app_open_host(app, err) < 0)
		return -1;
	return operate(app, OPERATION_STOP, args, err);
}

const struct command cmd_stop = {
	.name = "stop",
	.summary = "Stop workspaces with their sidecars; data and settings stay",
	.args = "[NAME…]",
	.details = "Each gets the time of the setting 'stop_timeout_s' to end by itself.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = stop_option_table,
	.options_size = sizeof(struct all_flag),
	.run = run_stop,
};
