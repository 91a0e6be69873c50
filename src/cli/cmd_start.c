/* SPDX-License-Identifier: MIT */
#include "app.h"
#include "command.h"
#include "operate.h"

static int run_start(struct app *app, const void *options, const struct strv *args,
		     struct error *err)
{
	const struct all_flag *flag = options;

	/* Nothing is lost by starting too much: without names it is every workspace. */
	return operate_on(app, OPERATION_START, args, flag->is_all || args->count == 0, err);
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
	.options = operate_all_options,
	.options_size = sizeof(struct all_flag),
	.run = run_start,
};
