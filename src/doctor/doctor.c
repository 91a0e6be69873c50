/* SPDX-License-Identifier: MIT */
/*
 * How an examination goes: what all probes share is gathered once (account, environment, the
 * service's /info), then each table of probes is walked in the order in which a person would set up
 * a host: account, Podman, storage, network, limits, security. A probe never fails: what it could
 * not find out is a finding of level "unknown".
 */
#include "winalux/doctor/doctor.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/probe.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/process.h"
#include "winalux/format/json.h"
#include "winalux/inventory/config.h"

static const struct probe *const tables[] = {
	account_probes, engine_probes, storage_probes,
	network_probes, limits_probes, security_probes,
};

/* What "podman --version" says, where no service can be asked. The caller frees it. */
static char *ask_program_version(void)
{
	static const char *const argv[] = { "podman", "--version", NULL };
	static const struct process_options options = { .stdin_fd = -1,
							.stdout_fd = -1,
							.timeout_ms = 10000 };
	DEFER(buf_release) struct buf out = { 0 };
	int status;

	buf_init(&out, 4096);
	if (process_run(argv, &options, &out, &status, NULL) < 0 || status != 0)
		return NULL;
	while (out.len > 0 && out.data[out.len - 1] == '\n')
		out.data[--out.len] = '\0';
	return buf_take(&out);
}

static void run_probe(const struct probe *probe, const struct probe_context *c,
		      struct findings *all)
{
	struct finding *f = xgrow(&all->items, &all->cap, all->count, sizeof(*f));

	all->count++;
	*f = (struct finding){ .probe = probe->name,
			       .title = probe->title,
			       .level = FINDING_UNKNOWN };
	probe->look(c, f);
	if (f->found == NULL)
		f->found = xstrdup("could not be found out");
	all->problem_count += f->level == FINDING_PROBLEM;
}

/* Version and /info of the service; a service that stops answering here counts as none. */
static void ask_service(struct probe_context *c, struct json **ret_info, struct error *err)
{
	if (c->podman == NULL)
		return;
	if (podman_get_version(c->podman, &c->version, err) < 0) {
		c->service_error = err->text;
		c->podman = NULL;
		return;
	}
	c->has_version = true;
	/* 4.3 to 5.2 may fail here under socket activation: probes then read files instead. */
	if (podman_info(c->podman, ret_info, err) == 0)
		c->info = *ret_info;
}

int doctor_run(const struct doctor_options *options, struct findings *ret, struct error *err)
{
	DEFER(json_freep) struct json *info = NULL;
	DEFER(freep) char *program_version = NULL, *user = NULL, *home = NULL;
	struct error service_error = { 0 };
	const struct passwd *pw;
	struct findings all = { 0 };
	struct probe_context c = {
		.root = options->root_dir != NULL ? options->root_dir : "",
		.uid = getuid(),
		.home = getenv("HOME"),
		.runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.podman = options->podman,
		.service_error =
			options->service_error != NULL ? options->service_error->text : NULL,
		.min_free_gb = options->config != NULL ? options->config->min_free_gb : 0,
		.now_s = clock_wall_s(),
	};

	pw = getpwuid(c.uid);
	if (pw == NULL)
		return error_set(err, ERROR_HOST,
				 "the account with uid %u has no name; add it to /etc/passwd",
				 (unsigned)c.uid);
	user = xstrdup(pw->pw_name);
	home = xstrdup(c.home != NULL ? c.home : pw->pw_dir);
	c.user = user;
	c.home = home;
	ask_service(&c, &info, &service_error);
	if (c.podman == NULL && c.root[0] == '\0')
		program_version = ask_program_version();
	c.program_version = program_version;
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct probe *probe = tables[t]; probe->name != NULL; probe++)
			run_probe(probe, &c, &all);
	*ret = all;
	return 0;
}
