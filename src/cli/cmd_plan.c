/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "app.h"
#include "command.h"
#include "deploy.h"

static const struct option plan_option_table[] = {
	{ .name = "prune",
	  .offset = offsetof(struct deploy_flags, prune),
	  .help = "plan to remove containers of workspaces that are not in the inventory" },
	{ .name = "verify",
	  .offset = offsetof(struct deploy_flags, verify),
	  .help = "inspect every container instead of trusting the record" },
	{ .name = "upgrade-guest",
	  .offset = offsetof(struct deploy_flags, upgrade_guest),
	  .help = "plan to replace guests of an older winalux" },
	IMAGE_CHOICE_OPTIONS,
	{ .name = NULL },
};

static int run_plan(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	struct deploy_flags flags = *(const struct deploy_flags *)options;

	flags.is_dry_run = true;
	return deploy_command(app, &flags, args, err);
}

const struct command cmd_plan = {
	.name = "plan",
	.summary = "Show what deploy would do, with reasons, and do nothing",
	.args = "[INVENTORY] [NAME…]",
	.details =
		"The same as 'deploy --dry-run'. Marks: '+' is made, '~' changes without ending a "
		"session, '!' ends sessions, '-' goes away. With -v the exact steps are listed.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_INVENTORY,
	.options = plan_option_table,
	.options_size = sizeof(struct deploy_flags),
	.run = run_plan,
};
