/* SPDX-License-Identifier: MIT */
#include "flood.h"

#include "event.h"
#include "report.h"
#include "winalux/base/clock.h"

static void tell(void *owner)
{
	struct flood *f = owner;
	struct event e;

	if (!f->bucket.refused)
		return;
	event_start(&e, "dropped");
	event_text(&e, "of", f->event);
	event_number(&e, "count", (int64_t)f->bucket.refused);
	f->bucket.refused = 0;
	report_send(f->report, &e);
}

void flood_init(struct flood *f, struct loop *loop, struct report *report, const char *event)
{
	bucket_init(&f->bucket, FLOOD_BURST, FLOOD_PER_S, clock_mono_ms());
	f->timer = (struct timer){ .run = tell, .owner = f };
	f->report = report;
	f->event = event;
	loop_add_timer(loop, &f->timer);
}

bool flood_pass(struct flood *f, uint64_t *ret_dropped)
{
	if (bucket_take(&f->bucket, clock_mono_ms(), ret_dropped))
		return true;
	if (!f->timer.due_ms)
		timer_start(&f->timer, FLOOD_TELL_MS);
	return false;
}
