/* SPDX-License-Identifier: MIT */
#include "app.h"
#include "command.h"
#include "operate.h"

static int run_restart(struct app *app, const void *options, const struct strv *args,
		       struct error *err)
{
	const struct all_flag *flag = options;

	return operate_on(app, OPERATION_RESTART, args, flag->is_all, err);
}

const struct command cmd_restart = {
	.name = "restart",
	.summary = "Stop and start workspaces with their sidecars",
	.args = "[NAME…]",
	.details = "Sessions end; data and settings stay.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = operate_all_options,
	.options_size = sizeof(struct all_flag),
	.run = run_restart,
};
