/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/format/json.h"
#include "winalux/format/json_cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Asks of every value what a reader of libpod's answers asks. */
static void read_value(const struct json *value)
{
	int64_t number;

	json_to_int(value, &number);
	json_get_text(value, "Id");
	json_get_bool(value, "Running", false);
	json_path(value, "Host.Security.rootless");
	for (const struct json *child = json_first(value); child; child = json_next(child))
		read_value(child);
}

static void walk(const struct json *value, struct json_span span);

static void walk_children(const struct json *value, struct json_cursor *c)
{
	const bool is_array = json_is_array(value);
	struct json_span key, child;

	for (const struct json *v = json_first(value); v; v = json_next(v)) {
		char *name = NULL;

		must(is_array ? json_cursor_element(c, &child)
			      : json_cursor_member(c, &key, &child));
		must(is_array || json_span_text(key, &name));
		must(is_array || strcmp(name, json_key(v)) == 0);
		free(name);
		walk(v, child);
	}
	must(!(is_array ? json_cursor_element(c, &child) : json_cursor_member(c, &key, &child)));
	must(!c->is_bad);
}

/* The cursor sees the values that cJSON sees. */
static void walk(const struct json *value, struct json_span span)
{
	struct json_cursor c = json_cursor_open(span);
	char *text = NULL;
	int64_t number, other;

	if (json_is_object(value) || json_is_array(value))
		walk_children(value, &c);
	must(json_is_string(value) == json_span_text(span, &text));
	must(!text || strcmp(text, json_text(value)) == 0);
	if (json_span_int(span, &number) && json_to_int(value, &other) && number < 1LL << 53 &&
	    number > -(1LL << 53))
		must(number == other);
	free(text);
}

/* cJSON takes every control character for a blank, and a byte order mark too. */
static bool is_strict(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((data[i] < ' ' && !memchr("\t\r\n", data[i], 3)) || data[i] == 0xef)
			return false;
	return true;
}

/* What is no JSON for cJSON must not lead the cursor out of the text. */
static void stray(struct json_span span, unsigned depth)
{
	struct json_cursor members = json_cursor_open(span), elements = members;
	struct json_span key, value;

	while (depth < 20 && json_cursor_member(&members, &key, &value))
		stray(value, depth + 1);
	while (depth < 20 && json_cursor_element(&elements, &value))
		stray(value, depth + 1);
}

/* What we print we must be able to read, and to print again in the same way. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err;
	struct json *value = NULL, *again = NULL;
	const struct json_span span = json_span_of((const char *)data, size);

	if (span.len > 0)
		stray(span, 0);
	if (json_parse((const char *)data, size, &value, &err) < 0)
		return 0;
	if (is_strict(data, size))
		walk(value, span);
	read_value(value);
	char *printed = json_print(value, size % 2 == 0);
	must(json_parse(printed, strlen(printed), &again, &err) == 0);
	char *reprinted = json_print(again, size % 2 == 0);
	must(strcmp(printed, reprinted) == 0);
	free(printed);
	free(reprinted);
	json_free(value);
	json_free(again);
	return 0;
}
