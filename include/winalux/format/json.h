/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_JSON_H
#define WINALUX_FORMAT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;

/*
 * JSON values (cJSON behind it). Reading is tolerant, as libpod changes shapes between versions:
 * a getter on NULL or on a value of another kind gives the default. Writers return the value they
 * added, owned by its parent; json_free releases a root. Integers are exact up to 2^53.
 */
struct json;

int json_parse(const char *text, size_t len, struct json **ret, struct error *err);
void json_free(struct json *value);
void json_freep(struct json **value);

/* --- reading --- */
const struct json *json_get(const struct json *object, const char *key); /* exact case; or NULL */
const struct json *json_path(const struct json *object,
			     const char *dotted); /* "Host.Security.rootless" */
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_string(const struct json *value);
size_t json_count(const struct json *array_or_object);
const struct json *
json_first(const struct json *array_or_object); /* children in order; NULL at the end */
const struct json *json_next(const struct json *child);
const char *json_key(const struct json *child);  /* name within an object, or NULL */
const char *json_text(const struct json *value); /* string value, or NULL */
const char *json_get_text(const struct json *object, const char *key); /* or NULL */
int64_t json_get_int(const struct json *object, const char *key, int64_t fallback);
double json_get_number(const struct json *object, const char *key, double fallback);
bool json_get_bool(const struct json *object, const char *key, bool fallback);
bool json_to_int(const struct json *value, int64_t *ret);

/* --- writing --- */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_add_object(struct json *object, const char *key);
struct json *json_add_array(struct json *object, const char *key);
void json_add_text(struct json *object, const char *key, const char *text); /* NULL: null */
void json_add_int(struct json *object, const char *key, int64_t value);
void json_add_number(struct json *object, const char *key, double value);
void json_add_bool(struct json *object, const char *key, bool value);
void json_add_null(struct json *object, const char *key);
void json_add(struct json *object, const char *key, struct json *value); /* takes value */
void json_append(struct json *array, struct json *value);                /* takes value */
void json_append_int(struct json *array, int64_t value);
void json_append_text(struct json *array, const char *text);
struct json *json_append_object(struct json *array);

/* One line without blanks, or indented, but for arrays of numbers and nulls, each on one line. The
 * caller frees it. Keys stay in the order they were added. */
char *json_print(const struct json *value, bool is_pretty);

/* Adds text to b as a JSON string, quotes included. */
void json_add_quoted(struct buf *b, const char *text);

#endif
