/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/plan.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "operate.h"
#include "signals.h"

struct destroy_options {
	bool is_all;
	bool keep_data;
	bool is_sure;
};

static const struct option destroy_option_table[] = {
	{ .name = "all",
	  .letter = 'a',
	  .offset = offsetof(struct destroy_options, is_all),
	  .help = "every workspace of this account" },
	{ .name = "keep-data",
	  .offset = offsetof(struct destroy_options, keep_data),
	  .help = "keep the volumes: the next deploy brings the files back" },
	{ .name = "yes",
	  .letter = 'y',
	  .offset = offsetof(struct destroy_options, is_sure),
	  .help = "do not ask before volumes are removed" },
	{ .name = NULL },
};

/* Volumes that a destroy of these workspaces takes away. Fails for unknown names, as destroy would.
 */
static int collect_volumes(struct app *app, const struct strv *names, struct strv *volumes,
			   struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(plan_release) struct plan plan = { 0 };

	if (host_observe(app->host, OBSERVE_ALL, &facts, err) < 0)
		return -1;
	if (plan_destroy(&facts, names, false, &plan, err) < 0)
		return -1;
	for (size_t i = 0; i < plan.count; i++) {
		const struct workspace_facts *w = plan.items[i].facts;

		for (size_t j = 0; w && j < w->volume_count; j++)
			strv_add(volumes, w->volumes[j]->name);
	}
	return 0;
}

/* 1: no. */
static int ask(struct app *app, const struct strv *volumes, struct error *err)
{
	DEFER(freep) char *list = strv_join(volumes, ", ");
	char answer[16] = "";

	if (!term_is_terminal(STDIN_FILENO)) {
		app->hides_usage = true;
		return error_set(
			err, ERROR_USAGE,
			"this removes the volumes %s; say --yes, or --keep-data to keep them",
			list);
	}
	fprintf(stderr, "This removes %s with everything in %s.\nType 'yes' to go on: ", list,
		volumes->count == 1 ? "it" : "them");
	fflush(stderr);
	bool is_sure = fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
	if (*signals_cancelled())
		return error_set(err, ERROR_INTERRUPTED, "interrupted; nothing was removed");
	return is_sure ? 0 : 1;
}

/* 1: it was asked, and the answer was no. */
static int confirm(struct app *app, const struct destroy_options *options, const struct strv *names,
		   struct error *err)
{
	DEFER(strv_release) struct strv volumes = { 0 };

	if (options->keep_data || options->is_sure)
		return 0;
	if (collect_volumes(app, names, &volumes, err) < 0)
		return -1;
	return volumes.count > 0 ? ask(app, &volumes, err) : 0;
}

static int run_destroy(struct app *app, const void *options, const struct strv *args,
		       struct error *err)
{
	const struct destroy_options *o = options;

	if (operate_check_names(args, o->is_all, err) < 0)
		return -1;
	if (app_open_host(app, err) < 0)
		return -1;
	int answer = confirm(app, o, args, err);
	if (answer < 0)
		return -1;
	if (answer > 0) {
		log_error("nothing was removed");
		app->exit_status = EXIT_FAILURE;
		return 0;
	}
	return operate(app, o->keep_data ? OPERATION_DESTROY_KEEP_DATA : OPERATION_DESTROY, args,
		       err);
}

const struct command cmd_destroy = {
	.name = "destroy",
	.summary = "Remove workspaces, with or without their data",
	.args = "[NAME…]",
	.details = "Asks before volumes are removed and names them; where there is no terminal it "
		   "needs --yes or --keep-data. Any answer but 'yes' ends it with status 1 and "
		   "removes nothing.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = destroy_option_table,
	.options_size = sizeof(struct destroy_options),
	.run = run_destroy,
};
