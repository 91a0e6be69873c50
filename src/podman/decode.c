/* SPDX-License-Identifier: MIT */
#include "decode.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"

enum { MAX_PORT_RANGE = 65535 };

/* A struct is zero before, and "" is what a missing text becomes. */
static bool is_text(const struct decode_field *f)
{
	return f->read == decode_text || f->read == decode_first_text || f->read == decode_id;
}

static void fill_missing(const struct decode_field *fields, void *object)
{
	for (const struct decode_field *f = fields; f->name; f++) {
		char **text = (void *)((char *)object + f->offset);

		if (is_text(f) && !*text)
			*text = xstrdup("");
	}
}

static const struct decode_field *find_field(const struct decode_field *fields,
					     struct json_span key)
{
	for (const struct decode_field *f = fields; f->name; f++)
		if (f->name[0] == key.data[1] && json_span_is(key, f->name, strlen(f->name)))
			return f;
	return NULL;
}

const char *decode_object(struct json_span text, const struct decode_field *fields, void *object)
{
	struct json_cursor c = json_cursor_open(text);
	struct json_span key, value;

	while (json_cursor_member(&c, &key, &value)) {
		const struct decode_field *f = find_field(fields, key);

		if (f)
			f->read(value, (char *)object + f->offset);
	}
	fill_missing(fields, object);
	return c.is_bad ? NULL : c.at;
}

void decode_text(struct json_span value, void *field)
{
	char **text = field, *read;

	if (!json_span_text(value, &read))
		return;
	free(*text); /* a member that is there twice */
	*text = read;
}

void decode_first_text(struct json_span value, void *field)
{
	struct json_cursor c = json_cursor_open(value);
	struct json_span first;

	if (json_cursor_element(&c, &first))
		decode_text(first, field);
}

void decode_texts(struct json_span value, void *field)
{
	struct json_cursor c = json_cursor_open(value);
	struct json_span element;

	while (json_cursor_element(&c, &element)) {
		DEFER(freep) char *text = NULL;

		if (json_span_text(element, &text))
			strv_add(field, text);
	}
}

void decode_id(struct json_span value, void *field)
{
	static const char algorithm[] = "sha256:";
	const size_t len = strlen(algorithm);
	char **text = field;

	decode_text(value, field);
	if (*text && strncmp(*text, algorithm, len) == 0)
		memmove(*text, *text + len, strlen(*text + len) + 1);
}

void decode_time(struct json_span value, void *field)
{
	DEFER(freep) char *text = NULL;
	int64_t *seconds = field, read = 0;

	if (json_span_text(value, &text) ? parse_rfc3339(text, &read) : json_span_int(value, &read))
		*seconds = read > 0 ? read : 0;
}

void decode_int(struct json_span value, void *field)
{
	int64_t read;

	if (json_span_int(value, &read) && read >= INT_MIN && read <= INT_MAX)
		*(int *)field = (int)read;
}

void decode_count(struct json_span value, void *field)
{
	int64_t read;

	if (json_span_int(value, &read) && read >= 0 && read <= UINT_MAX)
		*(unsigned *)field = (unsigned)read;
}

void decode_size(struct json_span value, void *field)
{
	int64_t read;

	if (json_span_int(value, &read) && read >= 0)
		*(uint64_t *)field = (uint64_t)read;
}

void decode_bool(struct json_span value, void *field)
{
	json_span_bool(value, field);
}

static void decode_label(struct json_span key, struct json_span value, struct labels *labels)
{
	DEFER(freep) char *name = NULL;
	DEFER(freep) char *text = NULL;

	if (json_span_is_plain(key) && json_span_is_plain(value)) {
		labels_append(labels, key.data + 1, key.len - 2, value.data + 1, value.len - 2);
		return;
	}
	if (!json_span_text(key, &name))
		return;
	json_span_text(value, &text);
	labels_append(labels, name, strlen(name), text ? text : "", text ? strlen(text) : 0);
}

/* Without a search for equal keys: libpod made the object from a map. */
void decode_labels(struct json_span value, void *field)
{
	struct json_cursor c = json_cursor_open(value);
	struct json_span key, text;

	while (json_cursor_member(&c, &key, &text))
		decode_label(key, text, field);
}

struct port_entry {
	struct json_span host_ip;
	struct json_span protocol;
	int64_t host;
	int64_t inner;
	int64_t range;
};

static void decode_span(struct json_span value, void *field)
{
	*(struct json_span *)field = value;
}

static void decode_number(struct json_span value, void *field)
{
	json_span_int(value, field);
}

static const struct decode_field port_fields[] = {
	DECODE_FIELD("host_ip", struct port_entry, host_ip, decode_span),
	DECODE_FIELD("protocol", struct port_entry, protocol, decode_span),
	DECODE_FIELD("host_port", struct port_entry, host, decode_number),
	DECODE_FIELD("container_port", struct port_entry, inner, decode_number),
	DECODE_FIELD("range", struct port_entry, range, decode_number),
	{ .name = NULL },
};

static bool is_port(int64_t number)
{
	return number >= 1 && number <= UINT16_MAX;
}

static bool is_tcp(struct json_span protocol)
{
	return protocol.len <= 2 || *protocol.data != '"' ||
	       json_span_is(protocol, "tcp", 3); /* "", null, missing: tcp */
}

/* An address has nothing that would be escaped. What is too long is none. */
static void copy_address(struct json_span value, char *ret, size_t size)
{
	const size_t len = value.len >= 2 && *value.data == '"' ? value.len - 2 : 0;

	*ret = '\0';
	if (len == 0 || len >= size)
		return;
	memcpy(ret, value.data + 1, len);
	ret[len] = '\0';
}

static void decode_port(struct json_span value, struct port_mappings *ret)
{
	char host_ip[sizeof(ret->items[0].host_ip)];
	struct port_entry p = { .range = 1 };

	if (!decode_object(value, port_fields, &p) || !is_tcp(p.protocol))
		return;
	copy_address(p.host_ip, host_ip, sizeof(host_ip));
	for (int64_t i = 0; i == 0 || (i < p.range && i < MAX_PORT_RANGE); i++) {
		if (!is_port(p.host) || !is_port(p.inner) || !is_port(p.host + i) ||
		    !is_port(p.inner + i))
			return;
		port_mappings_add(ret, host_ip, (uint16_t)(p.host + i), (uint16_t)(p.inner + i));
	}
}

void decode_ports(struct json_span value, void *field)
{
	struct json_cursor c = json_cursor_open(value);
	struct json_span element;

	while (json_cursor_element(&c, &element))
		decode_port(element, field);
}
