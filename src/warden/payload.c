/* SPDX-License-Identifier: MIT */
/*
 * {"state": {"id": …, "status": …, "annotations": {"io.winalux.workspace": …, …}, …}, …}. crun
 * says "creating" of a container that starts and "running" where it adds a process to one. Nobody
 * vouches for who has sent it, so names are held against the characters that ours have.
 */
#include "payload.h"

#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/format/json_cursor.h"

#define WORKSPACE_ANNOTATION "io.winalux.workspace"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"
#define ID_CHARACTERS NAME_CHARACTERS "."

static bool take_text(struct json_span value, const char *accept, char *ret, size_t size)
{
	if (!json_span_is_plain(value) || value.len - 2 >= size)
		return false;
	memcpy(ret, value.data + 1, value.len - 2);
	ret[value.len - 2] = '\0';
	return *ret && *ret != '.' && strspn(ret, accept) == value.len - 2;
}

static bool take_status(struct json_span value, struct payload *ret)
{
	static const struct {
		const char *name;
		enum payload_kind kind;
	} names[] = { { "creating", PAYLOAD_START },
		      { "created", PAYLOAD_START },
		      { "running", PAYLOAD_EXEC } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (json_span_is_plain(value) &&
		    json_span_is(value, names[i].name, strlen(names[i].name))) {
			ret->kind = names[i].kind;
			return true;
		}
	}
	return false;
}

static bool is_key(struct json_span key, const char *name)
{
	return json_span_is(key, name, strlen(name));
}

static bool take_annotations(struct json_span value, struct payload *ret)
{
	struct json_cursor c = json_cursor_open(value);
	struct json_span key, item;
	bool is_fine = *value.data != '[';

	while (is_fine && json_cursor_member(&c, &key, &item))
		if (is_key(key, WORKSPACE_ANNOTATION))
			is_fine = take_text(item, NAME_CHARACTERS, ret->workspace,
					    sizeof(ret->workspace));
	return is_fine && !c.is_bad;
}

static bool take_state(struct json_span value, struct payload *ret)
{
	struct json_cursor c = json_cursor_open(value);
	struct json_span key, item;
	bool is_fine = *value.data == '{', has_status = false;

	while (is_fine && json_cursor_member(&c, &key, &item)) {
		if (is_key(key, "id"))
			is_fine = take_text(item, ID_CHARACTERS, ret->container,
					    sizeof(ret->container));
		else if (is_key(key, "status"))
			is_fine = has_status = take_status(item, ret);
		else if (is_key(key, "annotations"))
			is_fine = take_annotations(item, ret);
	}
	return is_fine && !c.is_bad && has_status && *ret->container;
}

bool payload_parse(const char *text, size_t len, struct payload *ret)
{
	const struct json_span whole = json_span_of(text, len);
	struct json_cursor c = json_cursor_open(whole);
	struct json_span key, item;
	bool is_fine = whole.len > 0 && *whole.data == '{', has_state = false;

	*ret = (struct payload){ 0 };
	while (is_fine && json_cursor_member(&c, &key, &item))
		if (is_key(key, "state"))
			is_fine = has_state = take_state(item, ret);
	return is_fine && !c.is_bad && has_state && c.at == whole.data + whole.len;
}
