/* SPDX-License-Identifier: MIT */
#include "audit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event.h"
#include "report.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"

static const char *const kept[] = { "start",   "entry", "refused", "lockout",  "login", "logout",
				    "changed", "shell", "token",   "stranger", "stop",  "error" };

/* Every event begins with its name (event_start()). */
static bool is_named(const struct event *e, const char *name)
{
	static const char before[] = "{\"event\":\"";
	const size_t start = sizeof(before) - 1, len = strlen(name);

	return start + len < e->len && memcmp(e->text + start, name, len) == 0 &&
	       e->text[start + len] == '"';
}

static bool is_kept(const struct event *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (is_named(e, kept[i]))
			return true;
	return false;
}

/* Always of the same length: what reads it meets the old time or the new one. */
static void note_use(const struct audit *a)
{
	char now[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(clock_wall_s(), now);
	if (a->last_use >= 0 && pwrite(a->last_use, now, sizeof(now) - 1, 0) < 0)
		return; /* a full disk: the ledger says so */
}

static void on_event(void *context, const struct event *e)
{
	struct audit *a = context;

	if (is_kept(e))
		ledger_add(&a->ledger, e->text, e->len - 1, clock_wall_ms());
	if (is_named(e, "entry"))
		note_use(a);
}

void audit_start(struct audit *a, struct report *report, const char *directory)
{
	struct error err;

	a->ledger.directory = a->ledger.file = a->last_use = -1;
	if (dir_make_all(directory, 0700, &err) < 0 || chmod(directory, 0700) < 0 ||
	    ledger_open(&a->ledger, directory, &err) < 0) {
		report_error(report, &err);
		return;
	}
	a->last_use = openat(a->ledger.directory, WIRE_AUDIT_LAST_USE,
			     O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	report->on_event = on_event;
	report->context = a;
}
