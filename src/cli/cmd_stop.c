/* SPDX-License-Identifier: MIT */
#include "app.h"
#include "command.h"
#include "operate.h"

static int run_stop(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct all_flag *flag = options;

	return operate_on(app, OPERATION_STOP, args, flag->is_all, err);
}

const struct command cmd_stop = {
	.name = "stop",
	.summary = "Stop workspaces with their sidecars; data and settings stay",
	.args = "[NAME…]",
	.details = "Each gets the time of the setting 'stop_timeout_s' to end by itself.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = operate_all_options,
	.options_size = sizeof(struct all_flag),
	.run = run_stop,
};
