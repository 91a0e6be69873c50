/* SPDX-License-Identifier: MIT */
/* deploy and plan: the same run, ended before or after the steps. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/inventory.h"
#include "winalux/workspace/apply.h"

#include "app.h"
#include "command.h"
#include "deploy.h"
#include "progress.h"
#include "summary.h"

static const struct option deploy_option_table[] = {
	{ .name = "dry-run",
	  .letter = 'n',
	  .offset = offsetof(struct deploy_flags, is_dry_run),
	  .help = "print what would be done, and do nothing" },
	{ .name = "prune",
	  .offset = offsetof(struct deploy_flags, prune),
	  .help = "remove containers of workspaces that are not in the inventory; keep their "
		  "data" },
	{ .name = "verify",
	  .offset = offsetof(struct deploy_flags, verify),
	  .help = "inspect every container instead of trusting the record" },
	{ .name = "upgrade-guest",
	  .offset = offsetof(struct deploy_flags, upgrade_guest),
	  .help = "replace guests of an older winalux; ends sessions" },
	{ .name = "no-build",
	  .offset = offsetof(struct deploy_flags, no_build),
	  .help = "a missing image is an error instead of a build" },
	IMAGE_CHOICE_OPTIONS,
	{ .name = NULL },
};

bool deploy_is_inventory(const char *arg)
{
	return strpbrk(arg, "/.") || strcmp(arg, "-") == 0 || access(arg, F_OK) == 0;
}

/* How to show what somebody needs by now to get in. */
static void note_tokens(const struct deployment *d)
{
	const char *only = NULL;
	size_t count = 0;

	for (size_t i = 0; i < d->outcomes.count && i < d->plan.count; i++) {
		const struct outcome *o = &d->outcomes.items[i];
		const struct want *want = d->plan.items[i].want;

		if (!o->is_done || o->has_failed || !want || !want->gate.is_on ||
		    (!want->gate.is_new && o->action != ACTION_CREATE))
			continue;
		only = o->name;
		count++;
	}
	if (count > 0)
		log_info("note: `winalux token show %s` prints the access token",
			 count == 1 ? only : "NAME");
}

static void print_plan(struct app *app, const struct deployment *d)
{
	summary_print_notes(d);
	if (app->global.is_json)
		app_print_json(app, summary_plan_json(d));
	else
		summary_print_plan(app, d, app->global.is_verbose);
}

static size_t count_wanted(const struct plan *plan)
{
	return plan->count - plan_count_action(plan, ACTION_ORPHAN);
}

/* A plan that deploy could not carry out as a whole is a failure too. */
static int check_refusals(const struct deploy_flags *flags, const struct plan *plan,
			  struct error *err)
{
	const size_t refused = plan_count_action(plan, ACTION_REFUSE);

	if (!flags->is_dry_run || !refused)
		return 0;
	return error_set(err, ERROR_PARTIAL, "%zu of %zu workspaces cannot be deployed", refused,
			 count_wanted(plan));
}

static int deploy(struct app *app, const struct deploy_flags *flags,
		  const struct inventory *inventory, const struct strv *names, struct error *err)
{
	const char *registry = NULL;
	enum deploy_pull pull = DEPLOY_PULL_MISSING;

	if (image_choice_resolve(app, &flags->images, inventory, &registry, err) < 0 ||
	    image_choice_pull(&flags->images, &pull, err) < 0 || app_open_host(app, err) < 0)
		return -1;
	DEFER(deployment_release) struct deployment d = { 0 };
	struct progress *progress =
		progress_new(STDERR_FILENO, progress_mode_for(STDERR_FILENO, app->global.is_quiet));
	const struct deploy_options options = {
		.inventory = inventory,
		.profiles = &app->profiles,
		.names = names,
		.is_dry_run = flags->is_dry_run,
		.prune = flags->prune,
		.upgrade_guest = flags->upgrade_guest,
		.no_build = flags->no_build,
		.registry = registry,
		.pull = pull,
		.verify = flags->verify,
		.sink = progress_sink(progress),
	};

	int result = deploy_run(app->host, &options, &d, err);
	progress_freep(&progress);
	if (flags->ret_has_begun)
		*flags->ret_has_begun = d.outcomes.count > 0;
	if (flags->is_dry_run && result == 0)
		print_plan(app, &d);
	else
		summary_print_run(app, &d, result, err);
	if (app->global.is_json || flags->is_dry_run)
		return result < 0 ? -1 : check_refusals(flags, &d.plan, err);
	note_tokens(&d);
	if (result == 0 && plan_count_action(&d.plan, ACTION_UNCHANGED) == count_wanted(&d.plan))
		summary_print_unchanged(count_wanted(&d.plan));
	return result;
}

/* The host only now, so that a wrong inventory is told before anything is touched or started. */
int deploy_inventory(struct app *app, const struct deploy_flags *flags,
		     const struct inventory *inventory, const struct strv *names, struct error *err)
{
	return app_load_config(app, err) < 0 ? -1 : deploy(app, flags, inventory, names, err);
}

int deploy_command(struct app *app, const struct deploy_flags *flags, const struct strv *args,
		   struct error *err)
{
	DEFER(inventory_release) struct inventory inventory = { 0 };
	DEFER(strv_release) struct strv names = { 0 };
	size_t first = args->count > 0 && deploy_is_inventory(args->items[0]) ? 1 : 0;

	if (app_load_inventory(app, first ? args->items[0] : NULL, &inventory, err) < 0)
		return -1;
	for (size_t i = first; i < args->count; i++)
		strv_add(&names, args->items[i]);
	return deploy_inventory(app, flags, &inventory, &names, err);
}

static int run_deploy(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	return deploy_command(app, options, args, err);
}

const struct command cmd_deploy = {
	.name = "deploy",
	.summary = "Make the workspaces what the inventory says",
	.args = "[INVENTORY] [NAME…]",
	.details =
		"Unchanged workspaces are not touched, and data is never removed. The first "
		"argument is the inventory when it has a '/' or a '.' or is a file; without one "
		"the setting 'inventory' counts, then inventory.yml here. With names only those "
		"workspaces are looked at. A workspace that fails half-made is undone; the others "
		"go on.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_INVENTORY,
	.options = deploy_option_table,
	.options_size = sizeof(struct deploy_flags),
	.run = run_deploy,
};
