/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "app.h"
#include "command.h"
#include "operate.h"

static const struct option restart_option_table[] = {
	{ .name = "all",
	  .letter = 'a',
	  .offset = offsetof(struct all_flag, is_all),
	  .help = "every workspace of this account" },
	{ .name = NULL },
};

static int run_restart(struct app *app, const void *options, const struct strv *args,
		       struct error *err)
{
	const struct all_flag *flag = options;

	if (operate_check_names(args, flag->is_all, err) < 0)
		return -1;
	if (app_open_host(app, err) < 0)
		return -1;
	return operate(app, OPERATION_RESTART, args, err);
}

const struct command cmd_restart = {
	.name = "restart",
	.summary = "Stop and start workspaces with their sidecars",
	.args = "[NAME…]",
	.details = "Sessions end; data and settings stay.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = restart_option_table,
	.options_size = sizeof(struct all_flag),
	.run = run_restart,
};
