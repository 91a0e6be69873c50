/* SPDX-License-Identifier: MIT */
#include "summary.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/workspace/apply.h"
#include "winalux/workspace/ssh_client.h"

#include "app.h"
#include "table.h"
#include "view.h"

static const enum table_color mark_colors[256] = {
	['+'] = TABLE_GREEN, ['~'] = TABLE_YELLOW, ['!'] = TABLE_RED,
	['-'] = TABLE_RED,   ['x'] = TABLE_RED,
};

static void print_marked(const struct app *app, const char *indent, char mark, const char *name,
			 enum action action, const char *reason)
{
	enum table_color color = mark_colors[(unsigned char)mark];
	bool has_color = color != TABLE_PLAIN && app_wants_color(app, STDOUT_FILENO);

	printf("%s%s%c%s %s: %s", indent, has_color ? table_color_code(color) : "", mark,
	       has_color ? "\033[0m" : "", name, action_name(action));
	if (reason && action != ACTION_ORPHAN)
		printf(" (%s)", reason);
	putchar('\n');
}

static void print_steps(const struct workspace_plan *w)
{
	for (size_t i = 0; i < w->step_count; i++) {
		DEFER(freep) char *text = step_text(&w->steps[i]);
		printf("      %2zu. %s\n", i + 1, text);
	}
}

/* What ends no session of the workspace is no '!', even if an object is made anew. */
static char object_mark(const struct workspace_plan *w, enum action action)
{
	char mark = view_action_mark(action);

	return mark == '!' && !w->ends_sessions ? '~' : mark;
}

static void print_workspace(const struct app *app, const struct workspace_plan *w, bool has_steps)
{
	print_marked(app, "", view_action_mark(w->action), w->name, w->action, w->reason);
	for (size_t i = 0; i < w->change_count; i++) {
		const struct object_change *change = &w->changes[i];

		if (change->action == ACTION_UNCHANGED || change->action == ACTION_ORPHAN)
			continue;
		print_marked(app, "    ", object_mark(w, change->action), change->object,
			     change->action, change->reason);
	}
	if (has_steps)
		print_steps(w);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_interrupted(const struct plan *plan)
{
	DEFER(strv_release) struct strv names = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->items[i].ends_sessions)
			strv_add(&names, plan->items[i].name);
	}
	if (names.count == 0)
		return;
	DEFER(freep) char *text = strv_join(&names, ", ");
	printf("sessions end in: %s\n", text);
}

void summary_print_unchanged(size_t count)
{
	if (count == 1)
		puts("the workspace is as the inventory says");
	else
		printf("all %zu workspaces are as the inventory says\n", count);
}

/* Images that are named after this machine come from no registry. */
static bool is_ours(const char *image)
{
	return strncmp(image, "localhost/", strlen("localhost/")) == 0;
}

void summary_print_plan(struct app *app, const struct deployment *d, bool has_steps)
{
	const struct plan *plan = &d->plan;
	size_t same = plan_count_action(plan, ACTION_UNCHANGED);
	size_t orphans = plan_count_action(plan, ACTION_ORPHAN);
	size_t refused = plan_count_action(plan, ACTION_REFUSE);

	for (size_t i = 0; i < d->missing_images.count; i++)
		printf("+ image %s: is missing, would be %s\n", d->missing_images.items[i],
		       is_ours(d->missing_images.items[i]) ? "built" : "pulled");
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->items[i].action != ACTION_UNCHANGED)
			print_workspace(app, &plan->items[i], has_steps);
	}
	if (same == plan->count) {
		summary_print_unchanged(same);
		return;
	}
	print_interrupted(plan);
	printf("%zu to change in %zu step%s, %zu unchanged", plan->count - same - orphans - refused,
	       plan_step_count(plan), plural(plan_step_count(plan)), same);
	if (orphans > 0)
		printf(", %zu not in the inventory", orphans);
	if (refused > 0)
		printf(", %zu refused", refused);
	putchar('\n');
}

static void add_texts(struct json *object, const char *key, const struct strv *texts)
{
	struct json *array = json_add_array(object, key);

	for (size_t i = 0; i < texts->count; i++)
		json_append_text(array, texts->items[i]);
}

struct json *summary_plan_json(const struct deployment *d)
{
	struct json *root = plan_to_json(&d->plan);

	add_texts(root, "missing_images", &d->missing_images);
	add_texts(root, "notes", &d->notes);
	return root;
}

void summary_print_notes(const struct deployment *d)
{
	for (size_t i = 0; i < d->notes.count; i++)
		log_info("note: %s", d->notes.items[i]);
}

/* --- outcomes --- */

static const struct table_column outcome_columns[] = {
	{ .title = "WORKSPACE" },
	{ .title = "DONE", .can_shrink = true },
	{ .title = "TOOK", .is_right = true },
	{ .title = "SSH" },
};

/* The address that the inventory binds ssh to; all addresses for what is not in it. */
static const char *ssh_address(const struct deployment *d, size_t index)
{
	const struct want *want = index < d->plan.count ? d->plan.items[index].want : NULL;

	return ssh_client_address(want && want->workspace->ssh_bind ? want->workspace->ssh_bind
								    : "");
}

static bool leaves_it_running(enum action action)
{
	return action != ACTION_STOP && action != ACTION_REMOVE && action != ACTION_DESTROY;
}

static bool is_quiet_outcome(const struct outcome *o)
{
	return !o->has_failed && (o->action == ACTION_UNCHANGED || o->action == ACTION_ORPHAN);
}

static const char *done_text(const struct outcome *o)
{
	if (o->has_failed)
		return o->action == ACTION_REFUSE ? view_action_done(o->action) : "failed";
	return o->is_done ? view_action_done(o->action) : "not begun";
}

static void add_outcome(struct table *t, const struct deployment *d, size_t index)
{
	const struct outcome *o = &d->outcomes.items[index];
	bool has_ssh = o->is_done && !o->has_failed && o->ssh_port && leaves_it_running(o->action);
	DEFER(freep) char *took = view_took(o->took_ms);
	DEFER(freep)
	char *ssh = has_ssh ? view_ssh_command(ssh_address(d, index), o->ssh_port) : NULL;

	table_add(t, o->name);
	table_add_colored(t, o->has_failed ? TABLE_RED : TABLE_PLAIN, done_text(o));
	table_add(t, o->is_done ? took : NULL);
	table_add(t, ssh);
}

/* Not what err, with which the run ends, says as well. */
static void print_failures(const struct outcomes *outcomes, const struct error *err)
{
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct outcome *o = &outcomes->items[i];

		if (!o->has_failed || (err && view_ends_with(err->text, o->error.text)))
			continue;
		DEFER(freep) char *text = xstrdup(o->error.text);
		view_shorten_ids(text);
		log_error("%s: %s", o->name, text);
	}
}

static void print_orphans(const struct plan *plan)
{
	DEFER(strv_release) struct strv names = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->items[i].action == ACTION_ORPHAN)
			strv_add(&names, plan->items[i].name);
	}
	if (names.count == 0)
		return;
	DEFER(freep) char *text = strv_join(&names, ", ");
	log_info("note: not in the inventory, left alone: %s; 'deploy --prune' removes their "
		 "containers and keeps their data",
		 text);
}

static void print_outcomes(struct app *app, const struct deployment *d, const struct error *err)
{
	DEFER(table_release) struct table t = { 0 };
	size_t same = plan_count_action(&d->plan, ACTION_UNCHANGED);

	table_init(&t, outcome_columns, ARRAY_SIZE(outcome_columns));
	for (size_t i = 0; i < d->outcomes.count; i++) {
		if (!is_quiet_outcome(&d->outcomes.items[i]))
			add_outcome(&t, d, i);
	}
	if (t.cell_count > 0)
		table_print(&t, app_wants_color(app, STDOUT_FILENO));
	if (t.cell_count > 0 && same > 0)
		printf("%zu unchanged\n", same);
	fflush(stdout);
	print_failures(&d->outcomes, err);
	print_orphans(&d->plan);
}

static void add_outcome_json(struct json *array, const struct outcome *o)
{
	struct json *item = json_append_object(array);

	json_add_text(item, "name", o->name);
	json_add_text(item, "action", action_name(o->action));
	json_add_text(item, "result", o->has_failed ? "failed" : o->is_done ? "done" : "not begun");
	if (o->has_failed) {
		struct json *error = json_add_object(item, "error");
		json_add_text(error, "kind", error_kind_name(o->error.kind));
		json_add_text(error, "text", o->error.text);
	}
	json_add_int(item, "took_ms", o->took_ms);
	if (o->ssh_port)
		json_add_int(item, "ssh_port", o->ssh_port);
	else
		json_add_null(item, "ssh_port");
}

/* Where nothing was to do there are no outcomes: the plan speaks for them. */
static void add_unchanged_json(struct json *array, const struct workspace_plan *w)
{
	struct json *item = json_append_object(array);

	json_add_text(item, "name", w->name);
	json_add_text(item, "action", action_name(w->action));
	json_add_text(item, "result", "done");
	json_add_int(item, "took_ms", 0);
	if (w->facts && w->facts->state.ssh_port)
		json_add_int(item, "ssh_port", w->facts->state.ssh_port);
	else
		json_add_null(item, "ssh_port");
}

static struct json *outcomes_json(const struct deployment *d)
{
	struct json *root = json_new_object();
	struct json *array = json_add_array(root, "workspaces");

	for (size_t i = 0; i < d->outcomes.count; i++)
		add_outcome_json(array, &d->outcomes.items[i]);
	for (size_t i = 0; d->outcomes.count == 0 && i < d->plan.count; i++)
		add_unchanged_json(array, &d->plan.items[i]);
	add_texts(root, "notes", &d->notes);
	return root;
}

void summary_print_run(struct app *app, const struct deployment *d, int result,
		       const struct error *err)
{
	if (result < 0 && d->outcomes.count == 0)
		return;
	summary_print_notes(d);
	if (app->global.is_json)
		app_print_json(app, outcomes_json(d));
	else
		print_outcomes(app, d, result < 0 ? err : NULL);
}
