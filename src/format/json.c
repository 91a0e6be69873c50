/* SPDX-License-Identifier: MIT */
#include "winalux/format/json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"

#include "quote.h"

/*
 * struct json is never defined: a struct json * is a cJSON * in disguise. cJSON reads (it stops at
 * 1000 levels of nesting); printing is ours, as cJSON's own layout is fit for machines only and it
 * passes on broken UTF-8 and DEL, which must not reach a terminal or a strict reader.
 */

/* The largest integer up to which a double holds every integer. */
#define JSON_EXACT_MAX 9007199254740992.0

static cJSON *in(struct json *value)
{
	return (cJSON *)(void *)value;
}

static const cJSON *in_const(const struct json *value)
{
	return (const cJSON *)(const void *)value;
}

static struct json *out(cJSON *value)
{
	if (!value)
		abort(); /* cJSON is out of memory */
	return (struct json *)(void *)value;
}

static const struct json *out_const(const cJSON *value)
{
	return (const struct json *)(const void *)value;
}

/* --- reading --- */

/*
 * cJSON turns the escape of NUL into the end of the string, so that "a\u0000b" would equal "a".
 * Here it becomes U+FFFD. text is changed in place; the length stays.
 */
static void defuse_nul_escapes(char *text)
{
	while ((text = strchr(text, '\\')) && text[1]) {
		if (strncmp(text + 1, "u0000", 5) == 0)
			memcpy(text + 1, "ufffd", 5);
		text += 2; /* over the escaped character: "\\u0000" is a backslash and text */
	}
}

static int check_json_text(const char *text, size_t len, struct error *err)
{
	if (memchr(text, '\0', len))
		return error_set(err, ERROR_PODMAN, "not JSON: it contains a NUL byte");
	if (!utf8_is_valid(text, len))
		return error_set(err, ERROR_PODMAN, "not JSON: it is not UTF-8");
	return 0;
}

int json_parse(const char *text, size_t len, struct json **ret, struct error *err)
{
	DEFER(freep) char *copy = NULL;
	const char *end = NULL;

	if (check_json_text(text, len, err) < 0)
		return -1;
	copy = xstrndup(text, len);
	defuse_nul_escapes(copy);
	cJSON *value = cJSON_ParseWithLengthOpts(copy, len, &end, false);
	size_t at = end ? (size_t)(end - copy) : 0;
	size_t blanks = value ? strspn(copy + at, " \t\r\n") : 0;
	if (value && at + blanks == len) {
		*ret = out(value);
		return 0;
	}
	cJSON_Delete(value);
	if (len == 0)
		return error_set(err, ERROR_PODMAN, "not JSON: it is empty");
	return error_set(err, ERROR_PODMAN, "not JSON at byte %zu of %zu", at + blanks, len);
}

void json_free(struct json *value)
{
	cJSON_Delete(in(value));
}

void json_freep(struct json **value)
{
	json_free(*value);
	*value = NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	if (!json_is_object(object))
		return NULL;
	return out_const(cJSON_GetObjectItemCaseSensitive(in_const(object), key));
}

const struct json *json_path(const struct json *object, const char *dotted)
{
	while (object && *dotted) {
		size_t len = strcspn(dotted, ".");
		DEFER(freep) char *key = xstrndup(dotted, len);

		object = json_get(object, key);
		dotted += len;
		dotted += *dotted == '.' ? 1 : 0;
	}
	return object;
}

bool json_is_object(const struct json *value)
{
	return cJSON_IsObject(in_const(value));
}

bool json_is_array(const struct json *value)
{
	return cJSON_IsArray(in_const(value));
}

bool json_is_string(const struct json *value)
{
	return cJSON_IsString(in_const(value));
}

static bool has_children(const struct json *value)
{
	return json_is_object(value) || json_is_array(value);
}

size_t json_count(const struct json *array_or_object)
{
	size_t count = 0;

	for (const struct json *c = json_first(array_or_object); c; c = json_next(c))
		count++;
	return count;
}

const struct json *json_first(const struct json *array_or_object)
{
	return has_children(array_or_object) ? out_const(in_const(array_or_object)->child) : NULL;
}

const struct json *json_next(const struct json *child)
{
	return child ? out_const(in_const(child)->next) : NULL;
}

const char *json_key(const struct json *child)
{
	return child ? in_const(child)->string : NULL;
}

const char *json_text(const struct json *value)
{
	return json_is_string(value) ? in_const(value)->valuestring : NULL;
}

const char *json_get_text(const struct json *object, const char *key)
{
	return json_text(json_get(object, key));
}

bool json_to_int(const struct json *value, int64_t *ret)
{
	if (!cJSON_IsNumber(in_const(value)))
		return false;
	double number = in_const(value)->valuedouble;
	/* 2^63 itself does not fit; the comparison is false for NaN. */
	if (!(number >= -0x1p63 && number < 0x1p63) || number != (double)(int64_t)number)
		return false;
	*ret = (int64_t)number;
	return true;
}

int64_t json_get_int(const struct json *object, const char *key, int64_t fallback)
{
	int64_t value;

	return json_to_int(json_get(object, key), &value) ? value : fallback;
}

double json_get_number(const struct json *object, const char *key, double fallback)
{
	const struct json *value = json_get(object, key);

	if (!cJSON_IsNumber(in_const(value)) || !isfinite(in_const(value)->valuedouble))
		return fallback;
	return in_const(value)->valuedouble;
}

bool json_get_bool(const struct json *object, const char *key, bool fallback)
{
	const struct json *value = json_get(object, key);

	return cJSON_IsBool(in_const(value)) ? cJSON_IsTrue(in_const(value)) : fallback;
}

/* --- writing --- */

struct json *json_new_object(void)
{
	return out(cJSON_CreateObject());
}

struct json *json_new_array(void)
{
	return out(cJSON_CreateArray());
}

static struct json *new_text(const char *text)
{
	return out(text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

void json_add(struct json *object, const char *key, struct json *value)
{
	if (!value)
		value = new_text(NULL);
	if (!cJSON_AddItemToObject(in(object), key, in(value)))
		abort(); /* out of memory, or our own mistake */
}

void json_append(struct json *array, struct json *value)
{
	if (!value)
		value = new_text(NULL);
	if (!cJSON_AddItemToArray(in(array), in(value)))
		abort();
}

struct json *json_add_object(struct json *object, const char *key)
{
	struct json *value = json_new_object();

	json_add(object, key, value);
	return value;
}

struct json *json_add_array(struct json *object, const char *key)
{
	struct json *value = json_new_array();

	json_add(object, key, value);
	return value;
}

void json_add_text(struct json *object, const char *key, const char *text)
{
	json_add(object, key, new_text(text));
}

void json_add_int(struct json *object, const char *key, int64_t value)
{
	json_add_number(object, key, (double)value);
}

void json_add_number(struct json *object, const char *key, double value)
{
	json_add(object, key, out(cJSON_CreateNumber(value)));
}

void json_add_bool(struct json *object, const char *key, bool value)
{
	json_add(object, key, out(cJSON_CreateBool(value)));
}

void json_add_null(struct json *object, const char *key)
{
	json_add(object, key, NULL);
}

void json_append_int(struct json *array, int64_t value)
{
	json_append(array, out(cJSON_CreateNumber((double)value)));
}

void json_append_text(struct json *array, const char *text)
{
	json_append(array, new_text(text));
}

struct json *json_append_object(struct json *array)
{
	struct json *value = json_new_object();

	json_append(array, value);
	return value;
}

/* --- printing --- */

/* One character of a string; controls are escaped, C1 and DEL too. */
static void add_character(struct buf *b, const char *text, size_t used, uint32_t code)
{
	static const char shorts[][3] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
		['\n'] = "\\n", ['\r'] = "\\r",  ['\t'] = "\\t",
	};

	if (code < ARRAY_SIZE(shorts) && shorts[code][0])
		buf_add_str(b, shorts[code]);
	else if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		buf_addf(b, "\\u%04x", (unsigned)code);
	else
		buf_add(b, text, used);
}

void json_add_quoted(struct buf *b, const char *text)
{
	quote_add(b, text, add_character);
}

static void print_number(struct buf *b, double number)
{
	char text[32];

	if (!isfinite(number)) {
		buf_add_str(b, "null");
		return;
	}
	if (number >= -JSON_EXACT_MAX && number <= JSON_EXACT_MAX &&
	    number == (double)(long long)number) {
		buf_addf(b, "%lld", (long long)number);
		return;
	}
	snprintf(text, sizeof(text), "%.15g", number);
	if (strtod(text, NULL) != number) /* the shorter form is not the same value */
		snprintf(text, sizeof(text), "%.17g", number);
	buf_add_str(b, text);
}

static void print_break(struct buf *b, bool is_pretty, unsigned depth)
{
	if (!is_pretty)
		return;
	buf_add_char(b, '\n');
	for (unsigned i = 0; i < depth; i++)
		buf_add_str(b, "  ");
}

static void print_value(struct buf *b, const struct json *value, bool is_pretty, unsigned depth);

/* A series of numbers is read as a whole: it stands on one line. */
static bool is_series(const struct json *value)
{
	if (!json_is_array(value))
		return false;
	for (const struct json *child = json_first(value); child; child = json_next(child))
		if (!cJSON_IsNumber(in_const(child)) && !cJSON_IsNull(in_const(child)))
			return false;
	return true;
}

static void print_children(struct buf *b, const struct json *value, bool is_pretty, unsigned depth)
{
	bool is_object = json_is_object(value), is_broken = is_pretty && !is_series(value);
	const struct json *first = json_first(value);

	buf_add_char(b, is_object ? '{' : '[');
	for (const struct json *child = first; child; child = json_next(child)) {
		if (child != first)
			buf_add_str(b, is_pretty && !is_broken ? ", " : ",");
		print_break(b, is_broken, depth + 1);
		if (is_object) {
			json_add_quoted(b, json_key(child));
			buf_add_str(b, is_pretty ? ": " : ":");
		}
		print_value(b, child, is_pretty, depth + 1);
	}
	if (first)
		print_break(b, is_broken, depth);
	buf_add_char(b, is_object ? '}' : ']');
}

/* Recursion is bounded by the reader's limit and by what our own code nests. */
static void print_value(struct buf *b, const struct json *value, bool is_pretty, unsigned depth)
{
	const cJSON *item = in_const(value);

	if (has_children(value))
		print_children(b, value, is_pretty, depth);
	else if (cJSON_IsString(item))
		json_add_quoted(b, item->valuestring);
	else if (cJSON_IsNumber(item))
		print_number(b, item->valuedouble);
	else if (cJSON_IsBool(item))
		buf_add_str(b, cJSON_IsTrue(item) ? "true" : "false");
	else
		buf_add_str(b, "null");
}

char *json_print(const struct json *value, bool is_pretty)
{
	struct buf text;

	buf_init(&text, SIZE_MAX);
	print_value(&text, value, is_pretty, 0);
	return buf_take(&text);
}
