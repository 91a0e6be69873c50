/* SPDX-License-Identifier: MIT */
#include "image_stream.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/format/json.h"

enum { OBJECT_MAX = 1 << 20, TEXT_LINE_MAX = 8 << 10, TAIL_LINES = 4, TAIL_MAX = 480 };

void image_stream_init(struct image_stream *s, image_line_fn on_line, void *context)
{
	*s = (struct image_stream){ .on_line = on_line, .context = context };
	lines_init(&s->objects, OBJECT_MAX);
	lines_init(&s->text, TEXT_LINE_MAX);
}

void image_stream_release(struct image_stream *s)
{
	if (!s)
		return;
	lines_release(&s->objects);
	lines_release(&s->text);
	strv_release(&s->tail);
	freep(&s->error);
	freep(&s->id);
}

static void keep_in_tail(struct strv *tail, const char *line)
{
	if (!*line)
		return;
	if (tail->count >= TAIL_LINES) {
		free(tail->items[0]);
		memmove(tail->items, tail->items + 1, tail->count * sizeof(*tail->items));
		tail->count--;
	}
	strv_add(tail, line);
}

static bool on_text(const char *line, size_t len, void *context)
{
	struct image_stream *s = context;

	(void)len;
	keep_in_tail(&s->tail, line);
	if (s->on_line && !s->on_line(line, s->context))
		s->is_cancelled = true;
	return !s->is_cancelled;
}

/* "id" of a pull, "Id" of a push, which is empty in all lines but the last. */
static void keep_id(struct image_stream *s, const struct json *object)
{
	const char *id = json_get_text(object, "id");

	if (!id)
		id = json_get_text(object, "Id");
	if (!id || !*id)
		return;
	free(s->id);
	s->id = xstrdup(id);
}

static bool on_object(const char *line, size_t len, void *context)
{
	struct image_stream *s = context;
	DEFER(json_freep) struct json *object = NULL;

	if (len == 0)
		return true;
	if (json_parse(line, len, &object, NULL) < 0 || !json_is_object(object)) {
		s->is_bad = true;
		return false;
	}
	if (!s->error)
		s->error = podman_error_text(line, len);
	keep_id(s, object);
	const char *text = json_get_text(object, "stream");
	return !text || lines_feed(&s->text, text, strlen(text), on_text, s);
}

static bool on_data(const char *data, size_t len, void *context)
{
	struct image_stream *s = context;

	return lines_feed(&s->objects, data, len, on_object, s);
}

static int stream_failure(const struct request *rq, const struct image_stream *s,
			  enum error_kind kind, struct error *err)
{
	DEFER(freep) char *tail = strv_join(&s->tail, " | ");
	DEFER(buf_release) struct buf text = { 0 };

	answer_error(rq, 200, s->error, strlen(s->error), err);
	if (!err)
		return -1;
	if (err->kind == ERROR_PODMAN || kind == ERROR_BUILD)
		err->kind = kind;
	if (!*tail)
		return -1;
	buf_init(&text, sizeof(err->text) * 4);
	buf_add_str(&text, err->text);
	size_t len = strlen(tail);
	if (len > TAIL_MAX)
		buf_addf(&text, "; the output ended with: …%s", tail + len - TAIL_MAX);
	else
		buf_addf(&text, "; the output ended with: %s", tail);
	int http_status = err->http_status;
	error_set(err, err->kind, "%s", text.data);
	err->http_status = http_status;
	return -1;
}

int image_stream_call(struct podman *podman, struct request *rq, struct image_stream *s,
		      enum error_kind kind, struct error *err)
{
	rq->on_data = on_data;
	rq->context = s;
	if (podman_call(podman, rq, NULL, err) < 0)
		return -1;
	if (!s->is_bad && !s->is_cancelled && lines_end(&s->objects, on_object, s))
		lines_end(&s->text, on_text, s);
	if (s->is_cancelled)
		return error_set(err, ERROR_INTERRUPTED, "cannot %s '%s': interrupted", rq->what,
				 rq->subject);
	if (s->error)
		return stream_failure(rq, s, kind, err);
	if (s->is_bad)
		return error_set(err, ERROR_PODMAN, "cannot %s '%s': Podman's stream is not JSON",
				 rq->what, rq->subject);
	return 0;
}
