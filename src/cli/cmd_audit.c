/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/plan/facts.h"
#include "winalux/workspace/audit.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "audit_show.h"
#include "command.h"
#include "find.h"

struct audit_flags {
	const char *since;
	bool is_verify;
};

static const struct option audit_option_table[] = {
	{ .name = "since",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct audit_flags, since),
	  .arg = "WHEN",
	  .help = "events since then: an age (90, 5m, 2h, 7d) or a time (2026-11-23T10:00:00Z)" },
	{ .name = "verify",
	  .offset = offsetof(struct audit_flags, is_verify),
	  .help = "check the chains instead of showing events" },
	{ .name = NULL },
};

#define SINCE_MAX_MS (UINT64_C(100) * 366 * 24 * 3600 * 1000)

/* Seconds since the epoch; a date alone is its beginning. */
static int parse_since(const char *text, int64_t *ret_s, struct error *err)
{
	DEFER(freep) char *midnight = xasprintf("%sT00:00:00Z", text ? text : "");
	uint64_t age_ms;

	*ret_s = 0;
	if (!text || parse_rfc3339(text, ret_s) || parse_rfc3339(midnight, ret_s))
		return 0;
	if (!parse_duration_ms(text, SINCE_MAX_MS, &age_ms))
		return error_set(
			err, ERROR_USAGE,
			"option '--since': '%s' is neither an age such as 90, 5m, 2h or 7d "
			"nor a time such as 2026-11-23T10:00:00Z",
			text);
	*ret_s = clock_wall_s() - (int64_t)(age_ms / 1000);
	return 0;
}

/* --- chains --- */

struct verification {
	struct app *app;
	const struct facts *facts;
	struct audit_ends ends;
	struct json *items; /* NULL: for people */
	size_t bad_count;
	size_t count;
};

static void print_verdict(const struct workspace_facts *w, enum audit_origin origin,
			  const struct audit_finding *f, uint64_t lost_seq)
{
	char file[LEDGER_NAME_SIZE];

	ledger_file_name(f->age, file);
	printf("%s: the %s's ledger: ", w->name, audit_origin_name(origin));
	if (f->flaw != LEDGER_SOUND)
		printf("%s:%u %s\n", file, f->number, ledger_flaw_text(f->flaw));
	else if (lost_seq)
		printf("line %" PRIu64 ", the last at the last check, is gone or is another one\n",
		       lost_seq);
	else
		printf("%" PRIu64 " lines since %s, the chain is whole\n", f->lines, f->since);
}

static void add_verdict(struct json *items, const struct workspace_facts *w,
			enum audit_origin origin, const struct audit_finding *f, uint64_t lost_seq)
{
	struct json *item = json_append_object(items);
	char file[LEDGER_NAME_SIZE];

	ledger_file_name(f->age, file);
	json_add_text(item, "workspace", w->name);
	json_add_text(item, "ledger", audit_origin_name(origin));
	json_add_int(item, "lines", (int64_t)f->lines);
	json_add_text(item, "since", f->since);
	json_add_bool(item, "is_whole", f->flaw == LEDGER_SOUND && !lost_seq);
	if (f->flaw != LEDGER_SOUND) {
		json_add_text(item, "flaw", ledger_flaw_text(f->flaw));
		json_add_text(item, "file", file);
		json_add_int(item, "line", f->number);
	} else if (lost_seq) {
		json_add_text(item, "flaw", "the last line of the last check is gone");
		json_add_int(item, "seq", (int64_t)lost_seq);
	}
}

/* One that cannot be read is not whole, and the others are checked all the same. */
static int refuse_one(struct verification *v, const struct workspace_facts *w,
		      enum audit_origin origin, const struct error *err)
{
	if (err->kind == ERROR_INTERRUPTED)
		return -1;
	if (v->items) {
		struct json *item = json_append_object(v->items);

		json_add_text(item, "workspace", w->name);
		json_add_text(item, "ledger", audit_origin_name(origin));
		json_add_bool(item, "is_whole", false);
		json_add_text(item, "flaw", err->text);
	} else {
		printf("%s: the %s's ledger: %s\n", w->name, audit_origin_name(origin), err->text);
	}
	v->count++;
	v->bad_count++;
	return 0;
}

static int verify_one(struct verification *v, const struct workspace_facts *w,
		      enum audit_origin origin, struct error *err)
{
	DEFER(audit_ledger_release) struct audit_ledger ledger = { 0 };
	struct audit_finding finding;
	uint64_t seq;

	if (audit_read(host_podman(v->app->host), v->facts, w, origin, &ledger, err) < 0)
		return refuse_one(v, w, origin, err);
	if (!ledger.is_readable)
		return 0;
	const bool is_agreed = audit_ends_agree(&v->ends, w, origin, &ledger, &seq);
	if (!ledger.is_there && is_agreed)
		return 0;
	audit_verify(&ledger, &finding);
	const bool is_sound = finding.flaw == LEDGER_SOUND && is_agreed;
	if (v->items)
		add_verdict(v->items, w, origin, &finding, is_agreed ? 0 : seq);
	else
		print_verdict(w, origin, &finding, is_agreed ? 0 : seq);
	v->count++;
	v->bad_count += !is_sound;
	if (is_sound)
		audit_ends_set(&v->ends, w, origin, &finding);
	return 0;
}

static int verify_all(struct verification *v, const struct strv *names, struct error *err)
{
	for (size_t i = 0; i < v->facts->count; i++) {
		const struct workspace_facts *w = &v->facts->workspaces[i];

		for (enum audit_origin o = 0; o < AUDIT_ORIGIN_COUNT; o++)
			if (find_is_chosen(names, w->name) && verify_one(v, w, o, err) < 0)
				return -1;
	}
	return audit_ends_save(&v->ends, err);
}

static int verify(struct app *app, const struct facts *facts, const struct strv *names,
		  struct error *err)
{
	struct json *root = app->global.is_json ? json_new_object() : NULL;
	struct verification v = {
		.app = app,
		.facts = facts,
		.items = root ? json_add_array(root, "ledgers") : NULL,
	};
	int result = audit_ends_load(&v.ends, err);

	if (result == 0)
		result = verify_all(&v, names, err);
	audit_ends_release(&v.ends);
	if (root)
		app_print_json(app, root);
	else if (result == 0 && v.count == 0)
		log_info("there is no ledger yet");
	fflush(stdout);
	if (result == 0 && v.bad_count > 0)
		return error_set(err, ERROR_PARTIAL, "%zu of %zu ledgers %s not as %s written",
				 v.bad_count, v.count, v.bad_count == 1 ? "is" : "are",
				 v.bad_count == 1 ? "it was" : "they were");
	return result;
}

static int run_audit(struct app *app, const void *options, const struct strv *args,
		     struct error *err)
{
	const struct audit_flags *flags = options;
	DEFER(facts_release) struct facts facts = { 0 };
	int64_t since_s;

	if (flags->is_verify && flags->since)
		return error_set(err, ERROR_USAGE,
				 "--verify and --since exclude each other: a chain is checked "
				 "whole");
	if (parse_since(flags->since, &since_s, err) < 0 ||
	    find_facts(app, args, OBSERVE_STATE, &facts, err) < 0)
		return -1;
	return flags->is_verify ? verify(app, &facts, args, err)
				: audit_show(app, &facts, args, since_s, err);
}

const struct command cmd_audit = {
	.name = "audit",
	.summary = "Show who came in and who did not, and check that nothing was taken out",
	.args = "[NAME…]",
	.details =
		"Entries, refusals, lockouts, logins, rotations and changes of the files that "
		"decide about entry; with a strict gate every exec as well. The ledgers lie in "
		"volumes that no developer reaches, 4 MiB each at most. --verify finds lines that "
		"were changed, moved or removed, and what has been cut off since its last run. "
		"Lines that begin with 'Podman:' come from Podman's own event log, which has "
		"execs without their program and is no ledger.",
	.max_args = ARGS_ANY,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = audit_option_table,
	.options_size = sizeof(struct audit_flags),
	.run = run_audit,
};
