/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"
#include "winalux/format/token_hash.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"
#include "winalux/podman/exec.h"
#include "winalux/workspace/gate.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/key.h"

#include "app.h"
#include "command.h"
#include "find.h"
#include "operate.h"
#include "signals.h"
#include "token.h"

struct exec_flags {
	const char *sidecar;
	const char *user;
	const char *workdir;
	struct strv environment;
	bool has_terminal;
	bool no_terminal;
};

static const struct option exec_option_table[] = {
	{ .name = "sidecar",
	  .letter = 's',
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct exec_flags, sidecar),
	  .arg = "SIDECAR",
	  .help = "run in this sidecar instead of the dev container" },
	{ .name = "user",
	  .letter = 'u',
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct exec_flags, user),
	  .arg = "USER",
	  .help = "as this user (developer; in a sidecar the image's)" },
	{ .name = "workdir",
	  .letter = 'w',
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct exec_flags, workdir),
	  .arg = "DIR",
	  .help = "in this directory (/home/developer; in a sidecar the image's)" },
	{ .name = "env",
	  .letter = 'e',
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct exec_flags, environment),
	  .arg = "NAME=VALUE",
	  .help = "add an environment variable; may be repeated; NAME alone takes ours" },
	{ .name = "tty",
	  .letter = 't',
	  .offset = offsetof(struct exec_flags, has_terminal),
	  .help = "allocate a terminal (done when input and output are one)" },
	{ .name = "no-tty",
	  .letter = 'T',
	  .offset = offsetof(struct exec_flags, no_terminal),
	  .help = "allocate no terminal: stdout and stderr stay apart" },
	{ .name = NULL },
};

static bool has_variable(const struct strv *environment, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < environment->count; i++) {
		if (strncmp(environment->items[i], name, len) == 0 &&
		    environment->items[i][len] == '=')
			return true;
	}
	return false;
}

static void add_default(struct strv *environment, const char *name, const char *value)
{
	if (value && *value && !has_variable(environment, name))
		strv_addf(environment, "%s=%s", name, value);
}

static int fill_environment(struct strv *ret, const struct exec_flags *flags, bool has_terminal,
			    struct error *err)
{
	for (size_t i = 0; i < flags->environment.count; i++) {
		const char *item = flags->environment.items[i];

		if (*item == '\0' || *item == '=')
			return error_set(err, ERROR_USAGE, "option '--env': '%s' has no name",
					 item);
		if (strchr(item, '='))
			strv_add(ret, item);
		else if (getenv(item))
			strv_addf(ret, "%s=%s", item, getenv(item));
	}
	/* The server sets TERM itself only since 4.8. LANG is the workspace's. */
	if (has_terminal) {
		add_default(ret, "TERM", getenv("TERM"));
		add_default(ret, "COLORTERM", getenv("COLORTERM"));
	}
	return 0;
}

static int choose_terminal(const struct exec_flags *flags, bool *ret, struct error *err)
{
	bool is_terminal = term_is_terminal(STDIN_FILENO) && term_is_terminal(STDOUT_FILENO);

	if (flags->has_terminal && flags->no_terminal)
		return error_set(err, ERROR_USAGE, "--tty and --no-tty exclude each other");
	if (flags->has_terminal && !term_is_terminal(STDIN_FILENO))
		return error_set(err, ERROR_USAGE, "--tty needs a terminal as standard input");
	*ret = flags->has_terminal || (is_terminal && !flags->no_terminal);
	return 0;
}

static void fill_command(struct strv *ret, const struct strv *args, bool is_sidecar)
{
	for (size_t i = 1; i < args->count; i++)
		strv_add(ret, args->items[i]);
	if (ret->count > 0)
		return;
	strv_add(ret, is_sidecar ? "/bin/sh" : "/bin/bash");
	if (!is_sidecar)
		strv_add(ret, "-l");
}

static void exec_options_release(struct exec_options *o)
{
	strv_release(&o->command);
	strv_release(&o->environment);
}

/*
 * One session's way through the gate, for who has the key file; without it the gate asks. One list
 * call more, and none where there is no key file.
 */
static bool add_ticket(struct app *app, const char *name, struct strv *environment)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(token_clear) struct token token = { 0 };
	DEFER(freep) char *label = xasprintf("%s=%s", LABEL_WORKSPACE, name);
	char ticket[TICKET_TEXT_SIZE];
	uint8_t hash[TOKEN_HASH_SIZE];
	const struct workspace_facts *w;

	if (access(app->config.key_file, F_OK) < 0 ||
	    volume_list(host_podman(app->host), label, &facts.volumes, NULL) < 0)
		return false;
	facts_index(&facts);
	w = facts_find(&facts, name);
	if (!w || !token_at_hand(app, w, &token, hash))
		return false;
	gate_ticket(hash, clock_wall_s(), ticket);
	strv_addf(environment, TICKET_VARIABLE "=%s", ticket);
	return true;
}

static int run_in(struct app *app, const char *id, struct exec_options *options, struct error *err)
{
	struct term_state *state = NULL;

	if (options->has_terminal) {
		options->resized = signals_watch_resize();
		state = term_set_raw(STDIN_FILENO);
	}
	int result = exec_run(host_podman(app->host), id, options, &app->exit_status, err);
	term_restore(state);
	app->is_reader_gone = result < 0 && err->os_errno == EPIPE;
	return result;
}

/* Two list calls more, and none for workspaces whose gate is not strict. */
static int repair(struct app *app, const char *name, const struct container *dev, struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(strv_release) struct strv names = { 0 };

	if (!container_is_strict(dev))
		return 0;
	strv_add(&names, name);
	if (find_facts(app, &names, OBSERVE_STATE, &facts, err) < 0)
		return -1;
	return operate_repair(app, facts_find(&facts, name), err);
}

static int run_exec(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct exec_flags *flags = options;
	DEFER(containers_release) struct containers containers = { 0 };
	DEFER(exec_options_release)
	struct exec_options exec = {
		.user = flags->user,
		.workdir = flags->workdir,
		.stdin_fd = STDIN_FILENO,
		.stdout_fd = STDOUT_FILENO,
		.stderr_fd = STDERR_FILENO,
		.cancelled = signals_cancelled(),
	};
	const struct container *container = NULL;

	if (choose_terminal(flags, &exec.has_terminal, err) < 0 ||
	    fill_environment(&exec.environment, flags, exec.has_terminal, err) < 0)
		return -1;
	if (!flags->sidecar) {
		exec.user = flags->user ? flags->user : "developer";
		exec.workdir = flags->workdir ? flags->workdir : "/home/developer";
	}
	fill_command(&exec.command, args, flags->sidecar != NULL);
	if (find_containers(app, args->items[0], &containers, err) < 0 ||
	    find_container(&containers, args->items[0], flags->sidecar, false, &container, err) < 0)
		return -1;
	if (!flags->sidecar && repair(app, args->items[0], container, err) < 0)
		return -1;
	if (!flags->sidecar && !add_ticket(app, args->items[0], &exec.environment) &&
	    container_is_strict(container))
		log_info(
			"note: without the key of its token this exec has no ticket: a strict gate "
			"refuses all but shells, which ask");
	return run_in(app, container->id, &exec, err);
}

const struct command cmd_exec = {
	.name = "exec",
	.summary = "Run a command in a workspace, or a login shell",
	.args = "NAME [COMMAND…]",
	.details =
		"Arguments arrive byte for byte; no shell reads them. The exit status is the "
		"command's. Options end at COMMAND or at '--'. Without a terminal standard output "
		"and standard error stay apart. An exec that is interrupted leaves its command "
		"running: Podman's API cannot end it.",
	.min_args = 1,
	.max_args = ARGS_ANY,
	.verbatim_after = 2,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = exec_option_table,
	.options_size = sizeof(struct exec_flags),
	.run = run_exec,
};
