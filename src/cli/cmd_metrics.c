/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "exposition.h"
#include "figures.h"
#include "http_server.h"

struct metrics_options {
	const char *listen;
};

static const struct option metrics_option_table[] = {
	{ .name = "listen",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct metrics_options, listen),
	  .arg = "ADDRESS",
	  .help = "serve GET /metrics there until Ctrl-C: 127.0.0.1:9105" },
	{ .name = NULL },
};

static int add_metrics(struct app *app, struct buf *b, struct error *err)
{
	DEFER(look_release) struct look look = { 0 };
	const struct strv all = { 0 };

	if (look_at_all(app, &all, &look, err) < 0)
		return -1;
	exposition_add(b, &look);
	return 0;
}

/* A service that has gone may come back: the next one asks for it anew. */
static int scrape(struct buf *body, void *context, struct error *err)
{
	struct app *app = context;

	if (add_metrics(app, body, err) == 0)
		return 0;
	host_freep(&app->host);
	return -1;
}

static int serve(struct app *app, const char *address, struct error *err)
{
	const struct http_page page = {
		.path = "/metrics",
		.type = EXPOSITION_TYPE,
		.make = scrape,
		.context = app,
	};
	DEFER(fd_closep) int fd = -1;
	char url[HTTP_URL_SIZE];

	if (http_listen(address, &fd, url, err) < 0 || app_open_host(app, err) < 0)
		return -1;
	log_info("serving %s%s", url, page.path);
	return http_serve(fd, &page, err);
}

static int run_metrics(struct app *app, const void *options, const struct strv *args,
		       struct error *err)
{
	const struct metrics_options *o = options;
	DEFER(buf_release) struct buf b = { 0 };

	(void)args;
	if (o->listen)
		return serve(app, o->listen, err);
	buf_init(&b, SIZE_MAX);
	if (add_metrics(app, &b, err) < 0)
		return -1;
	fwrite(b.data, 1, b.len, stdout);
	return 0;
}

const struct command cmd_metrics = {
	.name = "metrics",
	.summary = "Print or serve figures of all workspaces for Prometheus",
	.args = "",
	.details =
		"The text format of Prometheus, in any case; `winalux top --json` has the same as "
		"JSON. With --listen an address of the loopback serves it, looking at Podman once "
		"for each scrape. Everybody on this machine can read it there. Figures that are "
		"older than three intervals are left out. A dashboard for Grafana and alert rules "
		"are "
		"in docs/grafana, installed below share/winalux/grafana.",
	.needs = NEEDS_CONFIG,
	.options = metrics_option_table,
	.options_size = sizeof(struct metrics_options),
	.run = run_metrics,
};
