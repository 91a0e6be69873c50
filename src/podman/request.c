/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"

enum {
	REQUEST_MAX_TARGET = 1 << 20,
	STOP_SLACK_S = 60,
	STOP_MAX_S = 3600,
	DEFAULT_LIMIT_MS = 60 * 1000,
	DELETE_LIMIT_MS = 15 * 60 * 1000
};

void request_init(struct request *rq, const char *method, const char *what, const char *subject)
{
	*rq = (struct request){ .method = method, .what = what, .subject = subject, .body_fd = -1 };
	buf_init(&rq->target, REQUEST_MAX_TARGET);
}

void request_release(struct request *rq)
{
	if (!rq)
		return;
	buf_release(&rq->target);
	free(rq->json);
	rq->json = NULL;
}

void request_path(struct request *rq, ...)
{
	va_list ap;
	const char *segment;

	va_start(ap, rq);
	while ((segment = va_arg(ap, const char *))) {
		buf_add_char(&rq->target, '/');
		buf_add_escaped(&rq->target, segment);
	}
	va_end(ap);
}

void request_query(struct request *rq, const char *key, const char *value)
{
	buf_add_char(&rq->target, memchr(rq->target.data, '?', rq->target.len) ? '&' : '?');
	buf_add_escaped(&rq->target, key);
	buf_add_char(&rq->target, '=');
	buf_add_escaped(&rq->target, value);
}

void request_query_int(struct request *rq, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	request_query(rq, key, text);
}

void request_query_filter(struct request *rq, const char *key, const struct strv *values)
{
	DEFER(json_freep) struct json *filters = json_new_object();
	struct json *array = json_add_array(filters, key);

	for (size_t i = 0; i < values->count; i++)
		json_append_text(array, values->items[i]);
	DEFER(freep) char *text = json_print(filters, false);
	request_query(rq, "filters", text);
}

void request_query_label(struct request *rq, const char *label)
{
	DEFER(strv_release) struct strv labels = { 0 };

	if (!label)
		return;
	strv_add(&labels, label);
	request_query_filter(rq, "label", &labels);
}

int request_stop_timeout_ms(uint32_t timeout_s)
{
	return (int)((timeout_s < STOP_MAX_S ? timeout_s : STOP_MAX_S) + STOP_SLACK_S) * 1000;
}

int request_limit_ms(const struct request *rq, const struct podman_options *options)
{
	if (rq->timeout_ms)
		return rq->timeout_ms;
	if (options->timeout_ms)
		return options->timeout_ms;
	return rq->flags & REQUEST_DELETES_FILES ? DELETE_LIMIT_MS : DEFAULT_LIMIT_MS;
}

void request_json(struct request *rq, struct json *body)
{
	free(rq->json);
	rq->json = json_print(body, false);
	json_free(body);
}

void request_describe(const struct request *rq, struct buf *b)
{
	buf_addf(b, "cannot %s", rq->what);
	if (rq->subject)
		buf_addf(b, " '%s'", rq->subject);
}
