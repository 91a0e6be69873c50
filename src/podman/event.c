/* SPDX-License-Identifier: MIT */
#include "winalux/podman/event.h"

#include <stdlib.h>

#include "client.h"
#include "decode.h"
#include "stream.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"

enum { EVENT_MAX = 1 << 20, IDLE_LIMIT_MS = 30 * 1000 };

struct reader {
	struct lines lines;
	podman_event_fn on_event;
	void *context;
	char *error;
	bool is_bad;
};

static void decode_time_ns(struct json_span value, void *field)
{
	int64_t *ns = field;

	json_span_int(value, ns);
}

static const struct decode_field actor_fields[] = {
	DECODE_FIELD("ID", struct podman_event, id, decode_text),
	DECODE_FIELD("Attributes", struct podman_event, attributes, decode_labels),
	{ .name = NULL },
};

/* The members of "Actor" stand in the event itself. */
static void decode_actor(struct json_span value, void *field)
{
	decode_object(value, actor_fields,
		      (char *)field - offsetof(struct podman_event, attributes));
}

static const struct decode_field event_fields[] = {
	DECODE_FIELD("Action", struct podman_event, action, decode_text),
	DECODE_FIELD("timeNano", struct podman_event, time_ns, decode_time_ns),
	DECODE_FIELD("Actor", struct podman_event, attributes, decode_actor),
	{ .name = NULL },
};

static void event_release(struct podman_event *e)
{
	free(e->action);
	free(e->id);
	labels_release(&e->attributes);
}

/* An error in the midst of the answer is an object of its own. */
static bool on_line(const char *line, size_t len, void *context)
{
	struct reader *r = context;
	DEFER(event_release) struct podman_event e = { 0 };

	if (len == 0)
		return true;
	r->is_bad = !decode_object(json_span_of(line, len), event_fields, &e);
	if (r->is_bad)
		return false;
	if (*e.action && e.id)
		return r->on_event(&e, r->context);
	r->error = podman_error_text(line, len);
	return !r->error;
}

static bool on_data(const char *data, size_t len, void *context)
{
	struct reader *r = context;

	return lines_feed(&r->lines, data, len, on_line, r);
}

static void query_filters(struct request *rq, const struct strv *actions)
{
	DEFER(json_freep) struct json *filters = json_new_object();
	struct json *events;

	json_append_text(json_add_array(filters, "type"), "container");
	events = json_add_array(filters, "event");
	for (size_t i = 0; i < actions->count; i++)
		json_append_text(events, actions->items[i]);
	DEFER(freep) char *text = json_print(filters, false);
	request_query(rq, "filters", text);
}

static int read_events(struct podman *podman, struct request *rq, struct reader *r,
		       struct error *err)
{
	struct response response;

	if (podman_call(podman, rq, &response, err) < 0)
		return -1;
	if (!response.is_stopped)
		lines_end(&r->lines, on_line, r);
	if (r->error)
		return error_set(err, ERROR_PODMAN, "cannot list events: %s", r->error);
	if (r->is_bad)
		return error_set(err, ERROR_PODMAN, "cannot list events: Podman answered nonsense");
	return 0;
}

int event_list(struct podman *podman, const struct strv *actions, int64_t since_s,
	       podman_event_fn fn, void *context, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct reader reader = { .on_event = fn, .context = context };

	request_init(&rq, "GET", "list events", NULL);
	request_path(&rq, "events", NULL);
	request_query(&rq, "stream", "false");
	if (since_s > 0)
		request_query_int(&rq, "since", since_s);
	query_filters(&rq, actions);
	rq.timeout_ms = -1;
	rq.idle_timeout_ms = IDLE_LIMIT_MS;
	rq.on_data = on_data;
	rq.context = &reader;
	lines_init(&reader.lines, EVENT_MAX);
	int result = read_events(podman, &rq, &reader, err);
	lines_release(&reader.lines);
	free(reader.error);
	return result;
}
