/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/token.h"
#include "winalux/plan/facts.h"
#include "winalux/workspace/gate.h"
#include "winalux/workspace/key.h"
#include "winalux/workspace/ssh_client.h"

#include "app.h"
#include "command.h"
#include "find.h"
#include "operate.h"
#include "signals.h"
#include "token.h"

/* Where a known_hosts file of one workspace may lie: gone after a reboot where that is possible. */
static char *private_directory(struct error *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *home = getenv("HOME");

	if (runtime && *runtime == '/' && access(runtime, W_OK) == 0)
		return xasprintf("%s/winalux", runtime);
	if (home && *home == '/')
		return xasprintf("%s/.cache/winalux", home);
	error_set(err, ERROR_HOST, "neither XDG_RUNTIME_DIR nor HOME is set");
	return NULL;
}

/* The host key that the deploy recorded: what the network says is never learnt. */
static char *write_known_hosts(const struct workspace_facts *w, struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(freep) char *directory = private_directory(err);

	if (!directory || dir_make_all(directory, 0700, err) < 0)
		return NULL;
	DEFER(freep) char *path = xasprintf("%s/known_hosts.%s", directory, w->slug);
	buf_init(&text, SIZE_MAX);
	ssh_known_hosts_add(&text, &w, 1);
	if (file_write_atomic(path, text.data, text.len, 0600, err) < 0)
		return NULL;
	return TAKE(path);
}

static void add_arguments(struct strv *argv, const struct workspace_facts *w,
			  const char *known_hosts, const struct strv *args)
{
	const char *host_ip = "";
	uint16_t port = ssh_published_port(w, &host_ip);

	strv_addf(argv, "-p%u", port);
	strv_addf(argv, "-oUserKnownHostsFile=\"%s\"", known_hosts);
	strv_add(argv, "-oGlobalKnownHostsFile=/dev/null");
	strv_addf(argv, "-oHostKeyAlias=winalux-%s", w->name);
	strv_add(argv, "-oStrictHostKeyChecking=yes");
	strv_add(argv, "-oUpdateHostKeys=no");
	strv_addf(argv, "developer@%s", ssh_client_address(host_ip));
	for (size_t i = 1; i < args->count; i++)
		strv_add(argv, args->items[i]);
}

/*
 * The token goes along in the environment, where only processes of this user see it. Without the
 * key the gate asks on the terminal.
 */
static void pass_token(struct app *app, const struct workspace_facts *w, struct strv *argv)
{
	DEFER(token_clear) struct token token = { 0 };
	char text[TOKEN_TEXT_SIZE];

	if (token_at_hand(app, w, &token, NULL)) {
		token_format(&token, text);
		setenv(TOKEN_VARIABLE, text, true);
		explicit_bzero(text, sizeof(text));
	}
	if (gate_is_on(&w->state) && getenv(TOKEN_VARIABLE))
		strv_add(argv, "-oSendEnv=" TOKEN_VARIABLE);
}

static int prepare(struct app *app, const struct strv *args, struct strv *argv, struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(strv_release) struct strv names = { 0 };
	const char *host_ip;

	strv_add(&names, args->items[0]);
	if (find_facts(app, &names, OBSERVE_STATE, &facts, err) < 0)
		return -1;
	const struct workspace_facts *w = facts_find(&facts, args->items[0]);
	if (operate_repair(app, w, err) < 0)
		return -1;
	if (ssh_published_port(w, &host_ip) == 0)
		return error_set(err, ERROR_SSH,
				 "workspace '%s' has no published ssh port; is it deployed?",
				 w->name);
	if (!w->state.host_key)
		return error_set(err, ERROR_SSH,
				 "no host key is recorded for '%s'; `winalux deploy` again",
				 w->name);
	DEFER(freep) char *known_hosts = write_known_hosts(w, err);
	if (!known_hosts)
		return -1;
	strv_add(argv, "ssh");
	pass_token(app, w, argv);
	add_arguments(argv, w, known_hosts, args);
	return 0;
}

static int run_ssh(struct app *app, const void *options, const struct strv *args, struct error *err)
{
	DEFER(strv_release) struct strv argv = { 0 };

	(void)options;
	if (prepare(app, args, &argv, err) < 0)
		return -1;
	/* A service of our own ends here: the session needs none. */
	app_release(app);
	fflush(stdout);
	signals_reset();
	execvp("ssh", argv.items);
	return error_set_errno(err, ERROR_SSH, errno, "cannot run ssh");
}

const struct command cmd_ssh = {
	.name = "ssh",
	.summary = "Log in to a workspace over ssh",
	.args = "NAME [ARGUMENT…]",
	.details =
		"Runs ssh with the port and the pinned host key of the workspace. What follows "
		"NAME "
		"goes to ssh as it is: its options, then a command. Where the workspace has a "
		"gate and the key file is here, ssh gets the access token along in " TOKEN_VARIABLE
		".",
	.min_args = 1,
	.max_args = ARGS_ANY,
	.verbatim_after = 1,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.run = run_ssh,
};
