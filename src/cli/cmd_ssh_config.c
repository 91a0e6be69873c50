/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/plan/facts.h"
#include "winalux/workspace/ssh_client.h"

#include "app.h"
#include "command.h"
#include "find.h"
#include "ssh_files.h"

struct ssh_config_flags {
	bool does_write;
	bool does_include;
};

static const struct option ssh_config_option_table[] = {
	{ .name = "write",
	  .offset = offsetof(struct ssh_config_flags, does_write),
	  .help = "write them and the host keys into ~/.ssh/winalux instead of printing" },
	{ .name = "include",
	  .offset = offsetof(struct ssh_config_flags, does_include),
	  .help = "write, and include the file at the top of ~/.ssh/config, once" },
	{ .name = NULL },
};

struct entries {
	const struct workspace_facts **items;
	size_t count;
	struct buf config;
	struct buf known_hosts;
};

static void entries_release(struct entries *e)
{
	free((void *)e->items);
	buf_release(&e->config);
	buf_release(&e->known_hosts);
}

/* Why ssh cannot reach the workspace; NULL when it can. */
static const char *why_not(const struct workspace_facts *w)
{
	const char *host_ip;

	if (ssh_published_port(w, &host_ip) == 0)
		return "has no published ssh port";
	return w->state.host_key ? NULL : "has no recorded host key; 'winalux deploy' finishes it";
}

/* Those asked for, without those that cannot be reached. */
static int entries_fill(struct entries *e, const struct facts *facts, const struct strv *names,
			const char *known_hosts_path, struct error *err)
{
	e->items = xcalloc(facts->count + 1, sizeof(*e->items));
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];

		if (names->count > 0 && !strv_contains(names, w->name))
			continue;
		const char *reason = why_not(w);
		if (reason)
			log_info("note: %s is left out: it %s", w->name, reason);
		else
			e->items[e->count++] = w;
	}
	buf_init(&e->config, SIZE_MAX);
	buf_init(&e->known_hosts, SIZE_MAX);
	ssh_known_hosts_add(&e->known_hosts, e->items, e->count);
	return ssh_config_add(&e->config, e->items, e->count, known_hosts_path, err);
}

static int write_files(const char *ssh_home, const struct entries *e, bool does_include,
		       struct error *err)
{
	bool is_changed = false;

	/* The keys first: with the entries alone ssh would refuse to connect. */
	if (ssh_files_write(ssh_home, "known_hosts", &e->known_hosts, err) < 0 ||
	    ssh_files_write(ssh_home, "config", &e->config, err) < 0)
		return -1;
	log_info("wrote %zu entr%s to %s/winalux/config", e->count, e->count == 1 ? "y" : "ies",
		 ssh_home);
	if (!does_include)
		return 0;
	if (ssh_files_include(ssh_home, &is_changed, err) < 0)
		return -1;
	if (is_changed)
		log_info("included it at the top of %s/config", ssh_home);
	return 0;
}

static void print_json(struct app *app, const struct entries *e, const char *config_path,
		       const char *known_hosts_path, bool is_written)
{
	struct json *root = json_new_object();
	struct json *hosts = json_add_array(root, "hosts");

	for (size_t i = 0; i < e->count; i++) {
		const char *host_ip = "";
		struct json *item = json_append_object(hosts);
		DEFER(freep) char *host = xasprintf("%s.winalux", e->items[i]->name);

		json_add_text(item, "host", host);
		json_add_int(item, "port", ssh_published_port(e->items[i], &host_ip));
		json_add_text(item, "address", ssh_client_address(host_ip));
		json_add_text(item, "host_key", e->items[i]->state.host_key);
	}
	json_add_text(root, "config_file", config_path);
	json_add_text(root, "known_hosts_file", known_hosts_path);
	json_add_bool(root, "written", is_written);
	app_print_json(app, root);
}

static void print_entries(const struct entries *e, const char *known_hosts_path)
{
	fwrite(e->config.data, 1, e->config.len, stdout);
	if (e->count > 0 && access(known_hosts_path, F_OK) != 0)
		log_info("note: the host keys are in %s after 'winalux ssh-config --write'",
			 known_hosts_path);
}

static int run_ssh_config(struct app *app, const void *options, const struct strv *args,
			  struct error *err)
{
	const struct ssh_config_flags *flags = options;
	bool does_write = flags->does_write || flags->does_include;
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(entries_release) struct entries entries = { 0 };
	DEFER(freep) char *ssh_home = ssh_files_home(err);

	if (!ssh_home || find_facts(app, args, OBSERVE_STATE, &facts, err) < 0)
		return -1;
	DEFER(freep) char *known_hosts = ssh_files_path(ssh_home, "known_hosts");
	DEFER(freep) char *config = ssh_files_path(ssh_home, "config");
	if (entries_fill(&entries, &facts, args, known_hosts, err) < 0)
		return -1;
	if (does_write && write_files(ssh_home, &entries, flags->does_include, err) < 0)
		return -1;
	if (app->global.is_json)
		print_json(app, &entries, config, known_hosts, does_write);
	else if (!does_write)
		print_entries(&entries, known_hosts);
	return 0;
}

const struct command cmd_ssh_config = {
	.name = "ssh-config",
	.summary = "Print or install ssh client settings, so that 'ssh NAME.winalux' works",
	.args = "[NAME…]",
	.details =
		"One Host entry per workspace with its port and its pinned host key, for ssh, scp, "
		"sftp, rsync, git and editors. With names only those are printed or written. "
		"Everything else in ~/.ssh/config stays byte for byte.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = ssh_config_option_table,
	.options_size = sizeof(struct ssh_config_flags),
	.run = run_ssh_config,
};
