/* SPDX-License-Identifier: MIT */
#include "audit.h"

#include <string.h>
#include <sys/stat.h>

#include "event.h"
#include "report.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

static const char *const kept[] = { "start",   "entry", "refused", "lockout", "login", "logout",
				    "changed", "shell", "token",   "stop",    "error" };

/* Every event begins with its name (event_start()). */
static bool is_kept(const struct event *e)
{
	static const char before[] = "{\"event\":\"";
	const char *name = e->text + sizeof(before) - 1;
	const size_t room = e->len - (sizeof(before) - 1);

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const size_t len = strlen(kept[i]);

		if (len < room && memcmp(name, kept[i], len) == 0 && name[len] == '"')
			return true;
	}
	return false;
}

static void on_event(void *context, const struct event *e)
{
	struct audit *a = context;

	if (is_kept(e))
		ledger_add(&a->ledger, e->text, e->len - 1, clock_wall_ms());
}

void audit_start(struct audit *a, struct report *report, const char *directory)
{
	struct error err;

	a->ledger.directory = a->ledger.file = -1;
	if (dir_make_all(directory, 0700, &err) < 0 || chmod(directory, 0700) < 0 ||
	    ledger_open(&a->ledger, directory, &err) < 0) {
		report_error(report, &err);
		return;
	}
	report->on_event = on_event;
	report->context = a;
}
