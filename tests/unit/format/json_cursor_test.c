/* SPDX-License-Identifier: MIT */
#include "winalux/format/json_cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"

struct walk_case {
	const char *text;
	const char *walked; /* "key=value|…", and "!" at the end where it is no JSON */
};

static void add(struct buf *b, struct json_span span, const char *end)
{
	buf_add(b, span.data, span.len);
	buf_add_str(b, end);
}

/* From a copy without a NUL, so that the sanitizer sees a step too far. */
static char *walk(const char *text)
{
	struct json_span value = json_span_of(text, strlen(text)), key;
	DEFER(freep) char *exact = xmalloc(value.len);
	struct buf b;

	memcpy(exact, value.data, value.len);
	buf_init(&b, 1000);
	struct json_cursor c = json_cursor_open((struct json_span){ exact, value.len });
	if (*exact == '[') {
		while (json_cursor_element(&c, &value))
			add(&b, value, "|");
	} else {
		while (json_cursor_member(&c, &key, &value)) {
			add(&b, key, "=");
			add(&b, value, "|");
		}
	}
	if (c.is_bad)
		buf_add_char(&b, '!');
	return buf_take(&b);
}

static const struct walk_case cases[] = {
	{ "null", "" },
	{ " {} ", "" },
	{ "[ ]", "" },
	{ "{\"a\":1,\"b\":[1,{\"c\":\"]\"}],\"d\":\"x,y\"}",
	  "\"a\"=1|\"b\"=[1,{\"c\":\"]\"}]|\"d\"=\"x,y\"|" },
	{ "{ \"a\" : true , \"b\" : null }", "\"a\"=true|\"b\"=null|" },
	{ "[\"\\\"\",\"\\\\\",{}]", "\"\\\"\"|\"\\\\\"|{}|" },
	{ "[1,2", "1|2|!" },
	{ "[1,]", "1|!" },
	{ "[1 2]", "1|!" },
	{ "[1]]", "1|" },
	{ "{\"a\"}", "!" },
	{ "{\"a\":}", "!" },
	{ "{a:1}", "!" },
	{ "{\"a\":\"x}", "!" },
	{ "{\"a\":{\"b\":1}", "\"a\"={\"b\":1}|!" },
	{ "{\"a\":{\"b\":1", "!" },
	{ "7", "!" },
	{ "\"text\"", "!" },
};

static void members_and_elements_are_walked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *walked = walk(cases[i].text);

		assert_string_equal(walked, cases[i].walked);
	}
}

struct text_case {
	const char *raw;
	const char *text; /* NULL: not a string */
};

static const struct text_case texts[] = {
	{ "\"\"", "" },
	{ "\"a b\"", "a b" },
	{ "\"\\u00e9\\n\\\"\"", "\303\251\n\"" },
	{ "\"a\\u0000b\"", "a\357\277\275b" }, /* NUL is not the end of a name */
	{ "\"\303\251\"", "\303\251" },
	{ "\"\303\"", NULL },
	{ "\"\\x\"", NULL },
	{ "1", NULL },
	{ "null", NULL },
	{ "[\"a\"]", NULL },
};

static void texts_are_unescaped_and_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct text_case *c = &texts[i];
		DEFER(freep) char *text = NULL;

		assert_int_equal(json_span_text(json_span_of(c->raw, strlen(c->raw)), &text),
				 c->text != NULL);
		if (c->text)
			assert_string_equal(text, c->text);
	}
}

static bool reads_int(const char *raw, int64_t *ret)
{
	return json_span_int(json_span_of(raw, strlen(raw)), ret);
}

static void numbers_are_whole_and_fit(void **state)
{
	int64_t value = 5;

	(void)state;
	assert_true(reads_int("-62135596800", &value));
	assert_int_equal(value, -62135596800);
	assert_true(reads_int("9223372036854775807", &value));
	assert_int_equal(value, INT64_MAX);
	assert_false(reads_int("9223372036854775808", &value));
	assert_false(reads_int("1.5", &value));
	assert_false(reads_int("\"1\"", &value));
	assert_false(reads_int("11111111111111111111111111111", &value));
	assert_int_equal(value, INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_elements_are_walked),
		cmocka_unit_test(texts_are_unescaped_and_valid),
		cmocka_unit_test(numbers_are_whole_and_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
