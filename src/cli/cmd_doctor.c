/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/doctor/doctor.h"
#include "winalux/format/json.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "table.h"

static const struct {
	const char *mark;
	enum table_color color;
} levels[] = {
	[FINDING_OK] = { "ok", TABLE_GREEN },
	[FINDING_NOTE] = { "note", TABLE_YELLOW },
	[FINDING_PROBLEM] = { "problem", TABLE_RED },
	[FINDING_UNKNOWN] = { "unknown", TABLE_DIM },
};

static const struct table_column finding_columns[] = {
	{ .title = "" },
	{ .title = "CHECK" },
	{ .title = "FOUND", .can_shrink = true },
};

static void print_table(const struct app *app, const struct findings *findings)
{
	DEFER(table_release) struct table t = { 0 };

	table_init(&t, finding_columns, ARRAY_SIZE(finding_columns));
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];

		table_add_colored(&t, levels[f->level].color, levels[f->level].mark);
		table_add(&t, f->title);
		table_add(&t, f->found);
	}
	table_print(&t, app_wants_color(app, STDOUT_FILENO));
}

static void print_remedy(const struct finding *f)
{
	DEFER(strv_release) struct strv lines = { 0 };

	printf("\n%s: %s\n", f->title, f->meaning ? f->meaning : f->found);
	if (!f->remedy)
		return;
	printf("  to do%s:\n", f->needs_admin ? ", as administrator" : "");
	strv_add_split(&lines, f->remedy, "\n");
	for (size_t i = 0; i < lines.count; i++)
		printf("    %s\n", lines.items[i]);
}

static void print_findings(const struct app *app, const struct findings *findings)
{
	print_table(app, findings);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];

		if (f->level != FINDING_OK && (f->meaning || f->remedy))
			print_remedy(f);
	}
}

static struct json *findings_json(const struct findings *findings)
{
	struct json *root = json_new_object();

	json_add_int(root, "problems", (int64_t)findings->problem_count);
	struct json *array = json_add_array(root, "findings");
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];
		struct json *item = json_append_object(array);

		json_add_text(item, "probe", f->probe);
		json_add_text(item, "title", f->title);
		json_add_text(item, "level", finding_level_name(f->level));
		json_add_text(item, "found", f->found);
		json_add_text(item, "meaning", f->meaning);
		json_add_text(item, "remedy", f->remedy);
		json_add_bool(item, "needs_admin", f->needs_admin);
	}
	return root;
}

static int run_doctor(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	DEFER(findings_release) struct findings findings = { 0 };
	struct error service_error = { 0 };

	(void)options, (void)args;
	/* No service is a finding, with all the others, not the end. */
	bool is_open = app_open_host(app, &service_error) == 0;
	const struct doctor_options doctor = {
		.config = &app->config,
		.podman = is_open ? host_podman(app->host) : NULL,
		.service_error = is_open ? NULL : &service_error,
		.root_dir = "",
	};
	if (doctor_run(&doctor, &findings, err) < 0)
		return -1;
	if (app->global.is_json)
		app_print_json(app, findings_json(&findings));
	else
		print_findings(app, &findings);
	fflush(stdout);
	if (findings.problem_count > 0)
		return error_set(err, ERROR_HOST, "%zu problem%s found", findings.problem_count,
				 findings.problem_count == 1 ? "" : "s");
	return 0;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "Check this host and say the smallest thing to do for each gap",
	.args = "",
	.details =
		"Changes nothing. A note means that something works with less; a problem means "
		"that winalux cannot work or would lose workspaces, and makes the exit status 5.",
	.needs = NEEDS_CONFIG,
	.run = run_doctor,
};
