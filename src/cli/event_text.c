/* SPDX-License-Identifier: MIT */
/*
 * Sentences are templates: "{key}" is replaced by the event's value, and a part in "[…]" is left
 * out when a value in it is missing. Events that have no template, perhaps of a newer guest, are
 * shown as name and key=value pairs, so nothing is hidden.
 */
#include "event_text.h"

#include <stdint.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

struct sentence {
	const char *event;
	const char *text;
};

static const struct sentence sentences[] = {
	{ "start", "started, guest {version}" },
	{ "listening", "ssh answers on port {port}" },
	{ "host-key", "the host key is {key}" },
	{ "check", "{name} is {state}" },
	{ "ready", "ready: everything answers" },
	{ "service",
	  "service {name}: {state}[, pid {pid}][, status {status}][, again in {delay_ms} ms]" },
	{ "output", "{service}: {line}[ ({dropped} lines before it were left out)]" },
	{ "login", "{user} logged in[ with {key}][, session {session}]" },
	{ "logout", "{user} logged out[ after {seconds} s][, session {session}]" },
	{ "entry", "[{user} ][uid {uid} ]passed the gate by {way}, {by}[, key {key}][, pid {pid}]"
		   "[: {command}]" },
	{ "refused", "the gate refused[ {user}][ uid {uid}] by {way}: {reason}[, key {key}]"
		     "[, pid {pid}][: {command}][ ({dropped} refusals before it were left out)]" },
	{ "lockout",
	  "the gate is locked for {seconds} s after too many wrong tokens[, key {key}]" },
	{ "shell", "{path} is {state}" },
	{ "changed", "{path} was {what}[, {size} bytes][, digest {digest}]" },
	{ "stranger", "container {name} ({id}) of image {image} {how}: winalux did not make it" },
	{ "podman", "Podman: {what} of container {container}[, image {image}]" },
	{ "token", "the token was {what}" },
	{ "tampered", "the ledger was tampered with: {what}" },
	{ "gap", "{lost} events could not be written" },
	{ "torn", "a line that was torn, by a crash perhaps, was cut off" },
	{ "rotated", "the ledger goes on in a new file" },
	{ "sshd", "sshd: {line}[ ({dropped} lines before it were left out)]" },
	{ "frozen", "stopped {command}, pid {pid}: storage is full, {used} of {limit} bytes" },
	{ "thawed", "processes continued, {count}: {reason}" },
	{ "reloaded", "read its settings again" },
	{ "stop", "stopping" },
	{ "error", "error[ in {kind}]: {text}" },
	{ "dropped", "{count}[ {of}] events were left out" },
};

static void add_value(struct buf *b, const struct json *value)
{
	const char *text = json_text(value);

	if (text) {
		buf_add_printable(b, text, strlen(text), false);
		return;
	}
	DEFER(freep) char *printed = json_print(value, false);
	buf_add_str(b, printed);
}

/* Adds template[0..len); false where a value is missing. */
static bool add_part(struct buf *b, const char *template, size_t len, const struct json *event)
{
	const char *end = template + len;

	while (template <end) {
		const char *brace = memchr(template, '{', (size_t)(end - template));
		const char *close = brace ? memchr(brace, '}', (size_t)(end - brace)) : NULL;

		if (!close) {
			buf_add(b, template, (size_t)(end - template));
			return true;
		}
		buf_add(b, template, (size_t)(brace - template));
		DEFER(freep) char *key = xstrndup(brace + 1, (size_t)(close - brace - 1));
		const struct json *value = json_get(event, key);
		if (!value)
			return false;
		add_value(b, value);
		template = close + 1;
	}
	return true;
}

static void add_optional(struct buf *b, const char *part, size_t len, const struct json *event)
{
	DEFER(buf_release) struct buf inner = { 0 };

	buf_init(&inner, SIZE_MAX);
	if (add_part(&inner, part, len, event))
		buf_add(b, inner.data, inner.len);
}

static bool add_sentence(struct buf *b, const char *template, const struct json *event)
{
	while (*template) {
		size_t plain = strcspn(template, "[");

		if (!add_part(b, template, plain, event))
			return false;
		template += plain;
		if (*template != '[')
			continue;
		size_t optional = strcspn(template, "]");
		add_optional(b, template + 1, optional - 1, event);
		template += optional + (template[optional] == ']');
	}
	return true;
}

static bool add_known(struct buf *b, const char *name, const struct json *event)
{
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		if (strcmp(sentences[i].event, name) != 0)
			continue;
		DEFER(buf_release) struct buf text = { 0 };
		buf_init(&text, SIZE_MAX);
		if (!add_sentence(&text, sentences[i].text, event))
			return false;
		buf_add(b, text.data, text.len);
		return true;
	}
	return false;
}

static void add_pairs(struct buf *b, const char *name, const struct json *event)
{
	buf_add_printable(b, name, strlen(name), false);
	for (const struct json *v = json_first(event); v; v = json_next(v)) {
		if (strcmp(json_key(v), "event") == 0)
			continue;
		buf_add_char(b, ' ');
		buf_add_printable(b, json_key(v), strlen(json_key(v)), false);
		buf_add_char(b, '=');
		add_value(b, v);
	}
}

void event_text_add(struct buf *b, const char *line, size_t len)
{
	DEFER(json_freep) struct json *event = NULL;
	const char *name = NULL;

	if (len > 0 && *line == '{' && json_parse(line, len, &event, NULL) == 0)
		name = json_get_text(event, "event");
	if (!name)
		buf_add_printable(b, line, len, false);
	else if (!add_known(b, name, event))
		add_pairs(b, name, event);
}
