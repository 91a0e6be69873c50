/* SPDX-License-Identifier: MIT */
/*
 * What libpod says when it says no. There are three shapes, and the status is not to be trusted:
 *
 *   {"cause":"…","message":"…","response":500}   most handlers; the message has it too
 *   {"Errs":["…"],"Id":"…"}                      pods start, stop, kill (409; start: 500 from 5.2)
 *   Not Found                                    unknown routes, proxies: plain text
 *
 * and inside streams that began with 200: {"error":"…","errorDetail":{"message":"…"}}. A taken
 * name is 500 for containers and volumes and 409 for pods and networks, a missing image is 500
 * before 4.8 and 404 since (tried on 4.3.1 and 5.4.2), so the kind of an error comes from the text
 * first and from the status second.
 */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/format/json.h"

enum { ANSWER_MAX_TEXT = 4096, ANSWER_MAX_PLAIN = 512 };

struct phrase {
	const char *text;
	enum error_kind kind;
};

static const struct phrase phrases[] = {
	{ "already in use", ERROR_CONFLICT }, /* names, and ports: "address already in use" */
	{ "already exists", ERROR_CONFLICT },      { "already used", ERROR_CONFLICT },
	{ "is being used", ERROR_CONFLICT }, /* networks: 500; volumes: 409 */
	{ "image not known", ERROR_NOT_FOUND },    { "network not found", ERROR_NOT_FOUND },
	{ "no such container", ERROR_NOT_FOUND },  { "no such image", ERROR_NOT_FOUND },
	{ "no such pod", ERROR_NOT_FOUND },        { "no such volume", ERROR_NOT_FOUND },
	{ "no space left on device", ERROR_HOST }, { "disk quota exceeded", ERROR_HOST },
};

static bool is_space(char c)
{
	return c && strchr(" \t\r\n", c);
}

/* Printable and without blanks around it; nothing where the text has it already. */
static void add_text(struct buf *b, const char *text, size_t len, const char *separator)
{
	DEFER(buf_release) struct buf part = { 0 };

	while (len > 0 && is_space(text[len - 1]))
		len--;
	while (len > 0 && is_space(*text)) {
		text++;
		len--;
	}
	buf_init(&part, 4 * len);
	buf_add_printable(&part, text, len, false);
	if (part.len == 0 || strstr(b->data, part.data))
		return;
	if (b->len > 0)
		buf_add_str(b, separator);
	buf_add(b, part.data, part.len);
}

static void add_part(struct buf *b, const char *text)
{
	if (text)
		add_text(b, text, strlen(text), ": ");
}

/* Elements are text; tolerate objects that carry a message. */
static void add_list(struct buf *b, const struct json *list)
{
	for (const struct json *e = json_first(list); e; e = json_next(e)) {
		const char *text = json_text(e) ? json_text(e) : json_get_text(e, "message");

		if (text)
			add_text(b, text, strlen(text), "; ");
	}
}

/* The reports of DELETE /containers and /networks: [{"Id":"…","Err":"…"}]. */
static void add_reports(struct buf *b, const struct json *list)
{
	for (const struct json *e = json_first(list); e; e = json_next(e))
		add_part(b, json_get_text(e, "Err"));
}

static void add_object(struct buf *b, const struct json *object)
{
	add_part(b, json_text(json_path(object, "errorDetail.message")));
	add_part(b, json_get_text(object, "error"));
	add_part(b, json_get_text(object, "message"));
	add_part(b, json_get_text(object, "cause"));
	add_list(b, json_get(object, "Errs"));
	add_part(b, json_get_text(object, "Err"));
}

char *podman_error_text(const char *body, size_t len)
{
	DEFER(json_freep) struct json *value = NULL;
	DEFER(buf_release) struct buf text = { 0 };

	/* Room for each byte of a part as \xNN: a part that would not fit is cut, not dropped. */
	buf_init(&text, ANSWER_MAX_TEXT + 4 * len);
	if (json_parse(body, len, &value, NULL) < 0)
		add_text(&text, body, len < ANSWER_MAX_PLAIN ? len : ANSWER_MAX_PLAIN, "");
	else if (json_is_object(value))
		add_object(&text, value);
	else if (json_is_array(value))
		add_reports(&text, value);
	else if (json_is_string(value))
		add_part(&text, json_text(value));
	return text.len > 0 ? buf_take(&text) : NULL;
}

static enum error_kind kind_of(const struct request *rq, int status, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++)
		if (strstr(text, phrases[i].text))
			return phrases[i].kind;
	if (status == 404)
		return ERROR_NOT_FOUND;
	if (status == 409 && (rq->flags & REQUEST_CONFLICT_409))
		return ERROR_CONFLICT;
	return ERROR_PODMAN;
}

int answer_error(const struct request *rq, int status, const char *body, size_t len,
		 struct error *err)
{
	DEFER(freep) char *text = podman_error_text(body, len);
	DEFER(buf_release) struct buf head = { 0 };

	buf_init(&head, ANSWER_MAX_TEXT);
	request_describe(rq, &head);
	if (text)
		error_set(err, kind_of(rq, status, text), "%s: %s", head.data, text);
	else
		error_set(err, kind_of(rq, status, ""), "%s: Podman answered %d without a reason",
			  head.data, status);
	if (err)
		err->http_status = status;
	return -1;
}
