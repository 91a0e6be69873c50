/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include "guest/event.h"
#include "guest/report.h"

void verdict_record(struct report *report, const struct verdict *v)
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
}
