/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_JSON_CURSOR_H
#define WINALUX_FORMAT_JSON_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Walks over the members of a JSON text without making a tree of it: for lists of hundreds of
 * objects of which a few members are wanted, where a tree costs five times as much (docs/design/
 * podman.md). Values are spans of the text, which must outlive them. What is passed over is not
 * looked at closely: brackets have to balance there and strings to end, no more. RFC 8259.
 */
struct json_span {
	const char *data; /* a whole value with its quotes or brackets, without blanks around it */
	size_t len;
};

struct json_cursor {
	const char *at;
	const char *end;
	bool is_started;
	bool is_closed; /* the closing bracket has been seen */
	bool is_bad;    /* the text is not JSON; the walk has ended there */
};

/* The value that text is, blanks around it left out. */
struct json_span json_span_of(const char *text, size_t len);

/*
 * Into an object or an array. "null" is an empty one; any other value is bad. More text may follow
 * the closing bracket: c.at is behind it once the walk has ended well.
 */
struct json_cursor json_cursor_open(struct json_span value);
/* False at the end, and where is_bad is set. */
bool json_cursor_member(struct json_cursor *c, struct json_span *ret_key,
			struct json_span *ret_value);
bool json_cursor_element(struct json_cursor *c, struct json_span *ret_value);

/* The string that key stands for is name, which has nothing that JSON would escape. */
bool json_span_is(struct json_span key, const char *name, size_t len);

/* A string of valid UTF-8 without escapes: what stands between the quotes is what it says. */
bool json_span_is_plain(struct json_span value);

/* False and nothing changed where the value is of another type. */
bool json_span_text(struct json_span value, char **ret); /* valid UTF-8; the caller frees it */
bool json_span_int(struct json_span value, int64_t *ret);
bool json_span_bool(struct json_span value, bool *ret);

#endif
