/* SPDX-License-Identifier: MIT */
#include "podman/items.h"

#include "fixture.h"
#include "winalux/base/strv.h"

struct items_case {
	const char *text;
	const char *items; /* joined with | */
	bool is_whole;
	bool is_bad;
};

static const struct items_case cases[] = {
	{ "[]", "", true, false },
	{ " [ ]\n", " ", true, false },
	{ "null\n", "", true, false },
	{ "[{\"a\":1},{\"b\":[1,2,{}]}]", "{\"a\":1}|{\"b\":[1,2,{}]}", true, false },
	{ "[{\"a\":\"],}\\\"[\"}]", "{\"a\":\"],}\\\"[\"}", true, false },
	{ "[{\"a\":\"\\\\\"},{}]", "{\"a\":\"\\\\\"}|{}", true, false },
	{ "[1,\"two\"]", "1|\"two\"", true, false },
	{ "[{\"a\":1},{\"b\"", "{\"a\":1}", false, false },
	{ "[{\"a\":1}", "", false, false },
	{ "", "", false, false },
	{ "nul", "", false, false },
	{ "nill", "", false, true },
	{ "{\"cause\":\"x\"}", "", false, true },
	{ "[] x", "", true, true },
	{ "<html>", "", false, true },
};

static bool on_item(const char *text, size_t len, void *context)
{
	DEFER(freep) char *copy = xstrndup(text, len);

	assert_int_equal(strlen(copy), len);
	strv_add(context, copy);
	return true;
}

/* Reads an object where it lies, if all of it is there. */
static const char *read_whole(struct json_span item, void *context)
{
	struct json_cursor c = json_cursor_open(item);
	struct json_span key, value;

	while (json_cursor_member(&c, &key, &value))
		continue;
	if (c.is_bad)
		return NULL;
	on_item(item.data, (size_t)(c.at - item.data), context);
	return c.at;
}

/* Only an object is an element of a list of objects. */
static bool on_object(const char *text, size_t len, void *context)
{
	const struct json_span item = json_span_of(text, len);
	const char *end = read_whole(item, context);

	return end == item.data + item.len;
}

static void find_elements(item_fn whole)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct items_case *c = &cases[i];

		for (size_t split = 1; split <= strlen(c->text) + 1; split++) {
			DEFER(strv_release) struct strv got = { 0 };
			struct items items = { .whole = whole, .context = &got };
			bool goes_on = true;

			buf_init(&items.text, 1000);
			for (size_t at = 0; goes_on && at < strlen(c->text); at += split) {
				size_t len = strlen(c->text) - at;

				goes_on = items_feed(&items, c->text + at,
						     len < split ? len : split, on_item, &got);
			}
			DEFER(freep) char *joined = strv_join(&got, "|");
			/* What is read where it lies is read before its comma has come. */
			assert_string_equal(joined, whole && !*c->items && got.count ? c->text + 1
										     : c->items);
			assert_int_equal(items.is_whole, c->is_whole);
			assert_int_equal(items.is_bad, c->is_bad);
			buf_release(&items.text);
		}
	}
}

static void elements_are_found_however_they_are_split(void **state)
{
	(void)state;
	find_elements(NULL);
	find_elements(read_whole);
}

static bool is_refused(const char *text, size_t split)
{
	DEFER(strv_release) struct strv got = { 0 };
	struct items items = { .whole = read_whole, .context = &got };
	bool goes_on = true;

	buf_init(&items.text, 1000);
	for (size_t at = 0; goes_on && at < strlen(text); at += split) {
		const size_t left = strlen(text) - at;

		goes_on =
			items_feed(&items, text + at, left < split ? left : split, on_object, &got);
	}
	buf_release(&items.text);
	return items.is_bad || !goes_on;
}

static void what_stands_beside_an_element_is_noticed(void **state)
{
	static const char *const texts[] = { "[{}x,{}]", "[{} x]", "[x{}]", "[{}{}]", "[{} {}]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t split = 1; split <= strlen(texts[i]); split++)
			if (!is_refused(texts[i], split))
				fail_msg("'%s' in pieces of %zu", texts[i], split);
}

static void an_element_beyond_the_limit_is_refused(void **state)
{
	DEFER(strv_release) struct strv got = { 0 };
	struct items items = { 0 };

	(void)state;
	buf_init(&items.text, 4);
	assert_false(items_feed(&items, "[1,12345]", 9, on_item, &got));
	assert_true(items.is_bad);
	assert_int_equal(got.count, 1);
	buf_release(&items.text);
}

static void nesting_without_end_is_refused(void **state)
{
	DEFER(strv_release) struct strv got = { 0 };
	struct items items = { 0 };
	char brackets[2000];

	(void)state;
	memset(brackets, '[', sizeof(brackets));
	buf_init(&items.text, 10000);
	assert_false(items_feed(&items, brackets, sizeof(brackets), on_item, &got));
	assert_true(items.is_bad);
	buf_release(&items.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_found_however_they_are_split),
		cmocka_unit_test(what_stands_beside_an_element_is_noticed),
		cmocka_unit_test(an_element_beyond_the_limit_is_refused),
		cmocka_unit_test(nesting_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
