/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "app.h"
#include "command.h"
#include "operate.h"

static const struct option start_option_table[] = {
	{ .name = "all",
	  .letter = 'a',
	  .offset = offsetof(struct all_flag, is_all),
	  .help = "every workspace of this account" },
	{ .name = NULL },
};

static int run_start(struct app *app, const void *options, const struct strv *args,
		     struct error *err)
{
	const struct all_flag *flag = options;

	/* Nothing is lost by starting too much: without names it is every workspace. */
	if (operate_check_names(args, flag->is_all || args->count == 0, err) < 0)
		return -1;
	if (app_open_host(app, err) < 0)
		return -1;
	return operate(app, OPERATION_START, args, err);
}

const struct command cmd_start = {
	.name = "start",
	.summary = "Start workspaces, sidecars first",
	.args = "[NAME…]",
	.details = "Without a name every workspace: after a reboot this brings everything back in "
		   "order. What runs already is left alone.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = start_option_table,
	.options_size = sizeof(struct all_flag),
	.run = run_start,
};
