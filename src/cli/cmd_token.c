/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/token.h"
#include "winalux/format/json.h"
#include "winalux/plan/facts.h"
#include "winalux/workspace/apply.h"
#include "winalux/workspace/audit.h"
#include "winalux/workspace/gate.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/key.h"

#include "app.h"
#include "command.h"
#include "find.h"
#include "progress.h"
#include "subcommand.h"
#include "summary.h"
#include "table.h"
#include "token.h"

static const struct option token_option_table[] = {
	{ .name = "ssh-config",
	  .offset = offsetof(struct token_flags, is_ssh_config),
	  .help = "show: as an entry for ~/.ssh/config, which gives the token to ssh" },
	{ .name = "kick",
	  .offset = offsetof(struct token_flags, is_kick),
	  .help = "rotate: end the sessions too, by a restart of the dev container" },
	{ .name = NULL },
};

int token_load_key(struct app *app, struct key *ret, struct error *err)
{
	struct error reason = { 0 };

	if (key_load(app->config.key_file, ret, &reason) == 0)
		return 0;
	if (reason.kind == ERROR_NOT_FOUND)
		return error_set(err, reason.kind,
				 "%s; copy it from where the workspaces were deployed, or "
				 "`winalux token key new` makes one",
				 reason.text);
	if (err)
		*err = reason;
	return -1;
}

/* --- show --- */

static int missing_key(const struct workspace_facts *w, struct error *err)
{
	const struct error reason = *err;

	if (!gate_has_token(&w->state))
		return -1;
	return error_set(err, reason.kind, "the token of '%s' needs key %s: %s", w->name,
			 w->state.key, reason.text);
}

static void print_token(struct app *app, const struct token_flags *flags, const char *name,
			const char *text)
{
	if (app->global.is_json) {
		struct json *root = json_new_object();

		json_add_text(root, "name", name);
		json_add_text(root, "token", text);
		app_print_json(app, root);
		return;
	}
	if (flags->is_ssh_config)
		printf("Host %s.winalux\n\tSetEnv " TOKEN_VARIABLE "=%s\n", name, text);
	else
		puts(text);
}

static int run_show(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct token_flags *flags = options;
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(key_clear) struct key key = { 0 };
	DEFER(token_clear) struct token token = { 0 };
	const struct workspace_facts *w;
	char text[TOKEN_TEXT_SIZE];

	if (find_facts(app, args, OBSERVE_STATE, &facts, err) < 0)
		return -1;
	w = facts_find(&facts, args->items[0]);
	if (token_load_key(app, &key, err) < 0)
		return err ? missing_key(w, err) : -1;
	if (gate_token(&key, w, &token, NULL, err) < 0)
		return -1;
	token_format(&token, text);
	print_token(app, flags, w->name, text);
	explicit_bzero(text, sizeof(text));
	if (!gate_is_on(&w->state))
		log_info("note: the gate of '%s' is off, so nothing asks for it", w->name);
	return 0;
}

/* --- rotate --- */

int token_rotate(struct app *app, const struct key *key, const struct strv *names, bool is_kick,
		 struct error *err)
{
	DEFER(deployment_release) struct deployment d = { 0 };
	struct progress *progress =
		progress_new(STDERR_FILENO, progress_mode_for(STDERR_FILENO, app->global.is_quiet));
	const struct rotate_options options = {
		.names = names,
		.key = key,
		.is_kick = is_kick,
		.sink = progress_sink(progress),
	};

	int result = rotate_run(app->host, &options, &d, err);
	progress_freep(&progress);
	summary_print_run(app, &d, result, err);
	return result;
}

static int run_rotate(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	const struct token_flags *flags = options;
	DEFER(key_clear) struct key key = { 0 };

	if (token_load_key(app, &key, err) < 0 || app_open_host(app, err) < 0)
		return -1;
	return token_rotate(app, &key, args, flags->is_kick, err);
}

static int run_unlock(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	(void)options;
	if (app_open_host(app, err) < 0)
		return -1;
	return token_rotate(app, NULL, args, false, err);
}

/* --- list --- */

static const struct table_column list_columns[] = {
	{ .title = "NAME", .can_shrink = true },
	{ .title = "GATE" },
	{ .title = "TOKEN SINCE" },
	{ .title = "LAST USE" },
	{ .title = "KEY" },
};

static void print_table(struct app *app, const struct facts *facts, const struct strv *names,
			const char *at_hand)
{
	DEFER(table_release) struct table t = { 0 };
	char last[CLOCK_RFC3339_SIZE];

	table_init(&t, list_columns, ARRAY_SIZE(list_columns));
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];

		if (!find_is_chosen(names, w->name))
			continue;
		const bool has_token = gate_has_token(&w->state);
		const bool is_ours = has_token && !strcmp(w->state.key, at_hand);
		DEFER(freep)
		char *key = has_token
				    ? xasprintf("%s%s", w->state.key, is_ours ? "" : " (not here)")
				    : NULL;

		table_add(&t, w->name);
		table_add(&t, gate_mode_name(gate_mode(&w->state)));
		table_add(&t, has_token ? w->state.token_since : NULL);
		table_add(&t, audit_last_use(host_podman(app->host), w, last) ? last : NULL);
		table_add_colored(&t, has_token && !is_ours ? TABLE_YELLOW : TABLE_PLAIN, key);
	}
	table_print(&t, app_wants_color(app, STDOUT_FILENO));
}

static void print_list_json(struct app *app, const struct facts *facts, const struct strv *names,
			    const char *at_hand)
{
	struct json *root = json_new_object();
	struct json *array = json_add_array(root, "workspaces");

	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];

		if (!find_is_chosen(names, w->name))
			continue;
		const bool has_token = gate_has_token(&w->state);
		struct json *item = json_append_object(array);
		char last[CLOCK_RFC3339_SIZE];

		json_add_text(item, "name", w->name);
		json_add_text(item, "gate", gate_mode_name(gate_mode(&w->state)));
		json_add_text(item, "token_since", has_token ? w->state.token_since : NULL);
		json_add_text(item, "last_use",
			      audit_last_use(host_podman(app->host), w, last) ? last : NULL);
		json_add_text(item, "key", has_token ? w->state.key : NULL);
		json_add_bool(item, "key_is_here", has_token && !strcmp(w->state.key, at_hand));
	}
	app_print_json(app, root);
}

static int run_list(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };
	char at_hand[KEY_FINGERPRINT_SIZE];

	(void)options;
	if (find_facts(app, args, OBSERVE_STATE, &facts, err) < 0)
		return -1;
	key_fingerprint_at(app->config.key_file, at_hand);
	if (app->global.is_json)
		print_list_json(app, &facts, args, at_hand);
	else if (facts.count == 0)
		log_info("no workspaces on this account; `winalux deploy` makes them");
	else
		print_table(app, &facts, args, at_hand);
	return 0;
}

static const struct subcommand actions[] = {
	{ "show", 1, 1, "NAME", run_show },
	{ "rotate", 1, ARGS_ANY, "NAME…", run_rotate },
	{ "unlock", 1, ARGS_ANY, "NAME…", run_unlock },
	{ "list", 0, ARGS_ANY, "[NAME…]", run_list },
	{ "key", 1, 2, "new|show|backup FILE|rotate", token_key },
	{ .name = NULL },
};

static int run_token(struct app *app, const void *options, const struct strv *args,
		     struct error *err)
{
	const struct token_flags *flags = options;
	const char *action = args->items[0];
	const char *other = args->count > 1 ? args->items[1] : "";
	const bool rotates =
		!strcmp(action, "rotate") || (!strcmp(action, "key") && !strcmp(other, "rotate"));

	if (flags->is_ssh_config && strcmp(action, "show"))
		return error_set(err, ERROR_USAGE, "--ssh-config belongs to 'token show'");
	if (flags->is_ssh_config && app->global.is_json)
		return error_set(err, ERROR_USAGE, "--ssh-config and --json exclude each other");
	if (flags->is_kick && !rotates)
		return error_set(err, ERROR_USAGE, "--kick belongs to 'token rotate'");
	return subcommand_run(app, actions, "token", flags, args, err);
}

const struct command cmd_token = {
	.name = "token",
	.summary = "Show and change the access tokens of workspaces",
	.args = "ACTION [ARGUMENT…]",
	.details =
		"'show NAME' prints the token of a workspace. 'rotate NAME…' gives new ones: the "
		"old ones end, sessions go on. 'unlock NAME…' ends the lockout after too many "
		"wrong tokens. 'list' says who has one since when and from which "
		"key, never the token. Tokens are derived from a key file: 'key new' makes it (so "
		"does the first deploy), 'key show' prints its fingerprint and path, 'key backup "
		"FILE' copies it, 'key rotate' makes another one, keeps the old file beside it and "
		"gives every workspace a new token. Where the key file is not the one a token was "
		"made with, that token goes on but cannot be shown; 'rotate' makes a new one with "
		"the key at hand.",
	.min_args = 1,
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_TOKEN,
	.options = token_option_table,
	.options_size = sizeof(struct token_flags),
	.run = run_token,
};
