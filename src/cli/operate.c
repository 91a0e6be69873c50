/* SPDX-License-Identifier: MIT */
#include "operate.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/plan/facts.h"

#include "app.h"
#include "progress.h"
#include "summary.h"

const struct option operate_all_options[] = {
	{ .name = "all",
	  .letter = 'a',
	  .offset = offsetof(struct all_flag, is_all),
	  .help = "every workspace of this account" },
	{ .name = NULL },
};

int operate_check_names(const struct strv *names, bool is_all, struct error *err)
{
	if (names->count == 0 && !is_all)
		return error_set(err, ERROR_USAGE, "name a workspace, or say --all");
	if (names->count > 0 && is_all)
		return error_set(err, ERROR_USAGE, "names and --all exclude each other");
	return 0;
}

int operate(struct app *app, enum operation operation, const struct strv *names, struct error *err)
{
	DEFER(deployment_release) struct deployment d = { 0 };
	struct progress *progress =
		progress_new(STDERR_FILENO, progress_mode_for(STDERR_FILENO, app->global.is_quiet));
	const struct progress_sink sink = progress_sink(progress);

	int result = operate_run(app->host, operation, names, &sink, &d, err);
	progress_freep(&progress);
	summary_print_run(app, &d, result, err);
	if (result == 0 && !app->global.is_json &&
	    plan_count_action(&d.plan, ACTION_UNCHANGED) == d.plan.count)
		puts("nothing to do");
	return result;
}

int operate_on(struct app *app, enum operation operation, const struct strv *names, bool is_all,
	       struct error *err)
{
	if (operate_check_names(names, is_all, err) < 0 || app_open_host(app, err) < 0)
		return -1;
	return operate(app, operation, names, err);
}

int operate_repair(struct app *app, const struct workspace_facts *w, struct error *err)
{
	DEFER(deployment_release) struct deployment d = { 0 };
	DEFER(strv_release) struct strv names = { 0 };

	if (!w->is_lost)
		return 0;
	strv_add(&names, w->name);
	struct progress *progress =
		progress_new(STDERR_FILENO, progress_mode_for(STDERR_FILENO, app->global.is_quiet));
	const struct progress_sink sink = progress_sink(progress);
	int result = operate_run(app->host, OPERATION_START, &names, &sink, &d, err);
	progress_freep(&progress);
	summary_print_notes(&d);
	return result;
}
