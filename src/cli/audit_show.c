/* SPDX-License-Identifier: MIT */
#include "audit_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/utf8.h"
#include "winalux/format/json.h"
#include "winalux/plan/facts.h"
#include "winalux/workspace/audit.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "event_text.h"
#include "find.h"
#include "log_merge.h"

enum { SOURCE_MAX_BYTES = 32 << 20 }; /* as it is shown */

/* One ledger, or Podman's events, on its way into lines. */
struct source {
	const struct view *view;
	const char *workspace; /* of the line that comes */
	const char *ledger;    /* "workspace", "warden", "podman" */
	struct log_lines lines;
};

struct view {
	struct app *app;
	const struct facts *facts;
	const struct strv *names;
	int64_t since_s;
	size_t name_width;
	struct source *sources;
	size_t count;
	size_t missing_count;
};

/* --- a line --- */

/* Who can write the ledger can write what is no JSON in it, and it may be a terminal that gets it.
 */
static void add_escaped(struct buf *b, const char *text, size_t len)
{
	for (size_t used; len > 0; text += used, len -= used) {
		uint32_t code;

		used = utf8_decode(text, len, &code);
		if (used > 0 && !utf8_is_control(code)) {
			buf_add(b, text, used);
			continue;
		}
		buf_addf(b, "\\u%04x", used > 0 ? code : 0xfffd);
		used = used > 0 ? used : 1;
	}
}

static void add_json(struct buf *b, const struct source *s, const char *object, size_t len)
{
	buf_add_str(b, "{\"workspace\":\"");
	buf_add_str(b, s->workspace); /* names of workspaces need no escapes */
	buf_addf(b, "\",\"ledger\":\"%s\",", s->ledger);
	add_escaped(b, object + 1, len - 1);
}

/* Without what makes it a line of a ledger. */
static void add_text(struct buf *b, const struct source *s, const struct ledger_record *r)
{
	DEFER(freep) char *event = xasprintf("{%.*s}", (int)r->members_len, r->members);

	buf_addf(b, "%.10s %.8s  %-*s  ", r->time, r->time + sizeof("2026-11-23"),
		 (int)s->view->name_width, s->workspace);
	event_text_add(b, event, strlen(event));
}

static bool is_object(const char *text, size_t len)
{
	DEFER(json_freep) struct json *object = NULL;

	return json_parse(text, len, &object, NULL) == 0 && json_is_object(object);
}

/* What is older or no event is passed over; false: there is no more room. */
static bool add_line(struct source *s, const char *object, size_t len,
		     const struct ledger_record *r)
{
	DEFER(buf_release) struct buf b = { 0 };
	int64_t time_s;
	uint32_t time_ns;

	if (!log_stamp_parse(r->time, r->time_len, &time_s, &time_ns) ||
	    time_s < s->view->since_s || !is_object(object, len))
		return true;
	buf_init(&b, SIZE_MAX);
	if (s->view->app->global.is_json)
		add_json(&b, s, object, len);
	else
		add_text(&b, s, r);
	buf_add_char(&b, '\n');
	log_lines_add(&s->lines, r->time, r->time_len, &b);
	return !s->lines.text.is_full;
}

/* --- where they come from --- */

static struct source *new_source(struct view *v, const char *workspace, const char *ledger)
{
	struct source *s = &v->sources[v->count++];

	*s = (struct source){ .view = v, .workspace = workspace, .ledger = ledger };
	log_lines_init(&s->lines, SOURCE_MAX_BYTES);
	return s;
}

static void warn_if_full(const struct source *s, const char *what)
{
	if (s->lines.text.is_full)
		log_warn("%s has more than %d MiB: use --since", what, SOURCE_MAX_BYTES >> 20);
}

/* What is no line of a ledger is --verify's to tell. */
static bool on_ledger_line(unsigned age, unsigned number, const char *line, size_t len,
			   void *context)
{
	struct ledger_record record;

	(void)age, (void)number;
	return !ledger_record_read(line, len, &record) || add_line(context, line, len, &record);
}

/* One that cannot be read, or was made too large by somebody, hides none of the others. */
static int read_ledgers(struct view *v, const struct workspace_facts *w, struct error *err)
{
	for (enum audit_origin o = 0; o < AUDIT_ORIGIN_COUNT; o++) {
		DEFER(audit_ledger_release) struct audit_ledger ledger = { 0 };
		struct source *s = new_source(v, w->name, audit_origin_name(o));

		if (audit_read(host_podman(v->app->host), v->facts, w, o, &ledger, err) == 0) {
			audit_each(&ledger, on_ledger_line, s);
			warn_if_full(s, "the ledger");
		} else if (err->kind == ERROR_INTERRUPTED) {
			return -1;
		} else {
			log_warn("%s", err->text);
			v->missing_count++;
		}
	}
	return 0;
}

static bool on_podman_event(const struct workspace_facts *w, const char *time, const char *event,
			    void *context)
{
	struct source *s = context;
	DEFER(freep) char *line = xasprintf("{\"time\":\"%s\",%s}", time, event);
	const struct ledger_record record = { .time = time,
					      .time_len = strlen(time),
					      .members = event,
					      .members_len = strlen(event) };

	s->workspace = w->name;
	return !find_is_chosen(s->view->names, w->name) || add_line(s, line, strlen(line), &record);
}

/* The ledgers are worth showing without it. */
static void read_engine(struct view *v)
{
	struct source *s = new_source(v, "", "podman");
	struct error err;

	if (audit_engine(host_podman(v->app->host), v->facts, v->since_s, on_podman_event, s,
			 &err) < 0)
		log_warn("what Podman has noted is missing here: %s", err.text);
	warn_if_full(s, "Podman's event log");
}

static int read_all(struct view *v, struct error *err)
{
	for (size_t i = 0; i < v->facts->count; i++) {
		const struct workspace_facts *w = &v->facts->workspaces[i];

		if (find_is_chosen(v->names, w->name) && read_ledgers(v, w, err) < 0)
			return -1;
	}
	read_engine(v);
	return 0;
}

static void print_merged(const struct view *v)
{
	struct log_lines **logs = xcalloc(v->count, sizeof(*logs));
	const char *line;
	size_t len;

	for (size_t i = 0; i < v->count; i++)
		logs[i] = &v->sources[i].lines;
	while (log_merge_next(logs, v->count, &line, &len))
		fwrite(line, 1, len, stdout);
	free(logs);
}

static size_t width_of_names(const struct view *v)
{
	size_t width = 0;

	for (size_t i = 0; i < v->facts->count; i++) {
		const char *name = v->facts->workspaces[i].name;

		if (find_is_chosen(v->names, name) && strlen(name) > width)
			width = strlen(name);
	}
	return width;
}

int audit_show(struct app *app, const struct facts *facts, const struct strv *names,
	       int64_t since_s, struct error *err)
{
	struct view v = { .app = app, .facts = facts, .names = names, .since_s = since_s };

	v.name_width = width_of_names(&v);
	v.sources = xcalloc(facts->count * AUDIT_ORIGIN_COUNT + 1, sizeof(*v.sources));
	int result = read_all(&v, err);
	if (result == 0)
		print_merged(&v);
	for (size_t i = 0; i < v.count; i++)
		log_lines_release(&v.sources[i].lines);
	free(v.sources);
	app->has_result = app->global.is_json;
	if (result == 0 && v.missing_count > 0)
		return error_set(err, ERROR_PARTIAL, "%zu ledger%s could not be read",
				 v.missing_count, v.missing_count == 1 ? "" : "s");
	return result;
}
