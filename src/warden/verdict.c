/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "guest/event.h"
#include "guest/report.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/format/ledger.h"

/* The name comes from crun's annotation, and so from whoever made the container. */
static bool is_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	return *text && *text != '.' && !text[strspn(text, allowed)];
}

static void keep(struct report *report, const char *directory, const char *workspace,
		 const struct event *e)
{
	struct ledger ledger;
	struct error err;
	char path[PATH_MAX];

	if (!is_name(workspace))
		return;
	snprintf(path, sizeof(path), "%s/audit/%s", directory, workspace);
	if (dir_make_all(path, 0700, &err) < 0 || ledger_open(&ledger, path, &err) < 0) {
		report_error(report, &err);
		return;
	}
	ledger_add(&ledger, e->text, e->len - 1, clock_wall_ms());
	ledger_close(&ledger);
}

void verdict_record(struct report *report, const char *directory, const struct verdict *v)
{
	struct event e;

	event_start(&e, v->reason ? "refused" : "entry");
	event_text(&e, "way", "exec");
	event_text(&e, "workspace", v->session->workspace);
	event_text(&e, "container", v->session->container);
	if (v->uid != (uid_t)-1)
		event_number(&e, "uid", v->uid);
	if (v->by)
		event_text(&e, "by", v->by);
	if (v->reason)
		event_text(&e, "reason", v->reason);
	event_text(&e, "command", v->command);
	report_send(report, &e);
	keep(report, directory, v->session->workspace, &e);
}
