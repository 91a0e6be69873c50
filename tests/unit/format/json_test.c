/* SPDX-License-Identifier: MIT */
#include "winalux/format/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

/* Parses what must parse. The caller frees it. */
static struct json *parse(const char *text)
{
	struct json *value = NULL;
	struct error err = { 0 };

	if (json_parse(text, strlen(text), &value, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return value;
}

static void members_are_found_by_exact_name(void **state)
{
	DEFER(json_freep) struct json *root = parse("{\"Id\":\"a\",\"id\":\"b\",\"n\":null}");

	(void)state;
	assert_string_equal(json_get_text(root, "Id"), "a");
	assert_string_equal(json_get_text(root, "id"), "b");
	assert_non_null(json_get(root, "n"));
	assert_null(json_get_text(root, "n"));
	assert_null(json_get(root, "ID"));
	assert_null(json_get(root, ""));
}

static void getters_are_tolerant(void **state)
{
	DEFER(json_freep)
	struct json *root = parse("{\"s\":\"5\",\"n\":5,\"f\":1.5,\"b\":true,\"a\":[1]}");

	(void)state;
	assert_int_equal(json_get_int(root, "n", -1), 5);
	assert_int_equal(json_get_int(root, "s", -1), -1);
	assert_int_equal(json_get_int(root, "f", -1), -1);
	assert_int_equal(json_get_int(root, "missing", -1), -1);
	assert_true(json_get_number(root, "f", 0) == 1.5);
	assert_true(json_get_number(root, "b", 7) == 7);
	assert_true(json_get_bool(root, "b", false));
	assert_true(json_get_bool(root, "n", true));
	assert_false(json_get_bool(root, "n", false));
	assert_null(json_get_text(root, "n"));
	assert_null(json_get(json_get(root, "a"), "x"));
	assert_null(json_get(NULL, "x"));
	assert_null(json_text(NULL));
	assert_null(json_key(NULL));
	assert_null(json_first(NULL));
	assert_null(json_next(NULL));
	assert_int_equal(json_count(NULL), 0);
	assert_int_equal(json_count(json_get(root, "s")), 0);
	assert_false(json_is_object(NULL) || json_is_array(NULL) || json_is_string(NULL));
}

static void paths_lead_through_objects(void **state)
{
	DEFER(json_freep) struct json *root = parse("{\"a\":{\"b\":{\"c\":\"x\"}},\"d\":[]}");

	(void)state;
	assert_string_equal(json_text(json_path(root, "a.b.c")), "x");
	assert_true(json_is_object(json_path(root, "a.b")));
	assert_ptr_equal(json_path(root, ""), root);
	assert_null(json_path(root, "a.x.c"));
	assert_null(json_path(root, "a.b.c.d"));
	assert_null(json_path(root, "d.0"));
	assert_null(json_path(NULL, "a"));
}

static void children_come_in_order(void **state)
{
	DEFER(json_freep) struct json *root = parse("{\"z\":1,\"a\":2,\"m\":[3,4]}");
	DEFER(buf_release) struct buf seen = { 0 };

	(void)state;
	buf_init(&seen, 100);
	for (const struct json *c = json_first(root); c; c = json_next(c))
		buf_addf(&seen, "%s(%zu)", json_key(c), json_count(c));
	assert_string_equal(seen.data, "z(0)a(0)m(2)");
	assert_int_equal(json_count(root), 3);
	const struct json *third = json_first(json_get(root, "m"));
	assert_null(json_key(third));
	int64_t number = 0;
	assert_true(json_to_int(third, &number));
	assert_int_equal(number, 3);
}

static void integers_are_taken_only_where_they_are_whole_and_fit(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
		int64_t wanted;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "-17", true, -17 },
		{ "1e3", true, 1000 },
		{ "5.0", true, 5 },
		{ "5.5", false, 0 },
		{ "9007199254740992", true, INT64_C(9007199254740992) },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775807", false, 0 }, /* as a double it is 2^63 */
		{ "18446744073709551615", false, 0 },
		{ "1e999", false, 0 },
		{ "-1e999", false, 0 },
		{ "\"5\"", false, 0 },
		{ "true", false, 0 },
		{ "[5]", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(json_freep) struct json *value = parse(cases[i].text);
		int64_t number = 77;

		if (json_to_int(value, &number) != cases[i].is_good)
			fail_msg("%s", cases[i].text);
		assert_true(number == (cases[i].is_good ? cases[i].wanted : 77));
	}
	DEFER(json_freep) struct json *huge = parse("{\"n\":1e999}");
	assert_true(json_get_number(huge, "n", 7) == 7);
	assert_int_equal(json_get_int(huge, "n", 7), 7);
}

static void text_that_is_no_json_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *wanted;
	} cases[] = {
		{ "", 0, "not JSON: it is empty" },
		{ "{} x", 4, "not JSON at byte 3 of 4" },
		{ "{}{}", 4, "not JSON at byte 2 of 4" },
		{ "1 2", 3, "not JSON at byte 2 of 3" },
		{ "{\"a\":1", 6, NULL },
		{ "{\"a\" 1}", 7, NULL },
		{ "{a:1}", 5, NULL },
		{ "{'a':1}", 7, NULL },
		{ "[1,]", 4, NULL },
		{ "[1 2]", 5, NULL },
		{ "\"open", 5, NULL },
		{ "\"\\q\"", 4, NULL },
		{ "\"\\u12\"", 6, NULL },
		{ "\"\\ud800\"", 8, NULL },
		{ "\"\\udc00\"", 8, NULL },
		{ "\"\\ud800\\u0041\"", 14, NULL },
		{ "\"\\", 2, NULL },
		{ "-", 1, NULL },
		{ "nul", 3, NULL },
		{ "NaN", 3, NULL },
		{ "<html>", 6, NULL },
		{ "\"a\0b\"", 5, "not JSON: it contains a NUL byte" },
		{ "{}\0", 3, "not JSON: it contains a NUL byte" },
		{ "\"\xff\"", 3, "not JSON: it is not UTF-8" },
		{ "\"\xed\xa0\x80\"", 5, "not JSON: it is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json *value = NULL;
		struct error err = { 0 };

		if (json_parse(cases[i].text, cases[i].len, &value, &err) == 0)
			fail_msg("case %zu was accepted: %s", i, cases[i].text);
		assert_null(value);
		assert_int_equal(err.kind, ERROR_PODMAN);
		assert_memory_equal(err.text, "not JSON", 8);
		if (cases[i].wanted)
			assert_string_equal(err.text, cases[i].wanted);
	}
}

static void the_length_counts_not_a_nul(void **state)
{
	struct json *value = NULL;

	(void)state;
	assert_int_equal(json_parse("[1]garbage", 3, &value, NULL), 0);
	json_free(value);
	assert_int_equal(json_parse("[1]garbage", 2, &value, NULL), -1);
}

static void an_escaped_nul_does_not_end_a_string(void **state)
{
	DEFER(json_freep)
	struct json *root = parse("{\"a\":\"x\\u0000y\",\"b\":\"x\\\\u0000\",\"c\\u0000d\":1}");

	(void)state;
	assert_string_equal(json_get_text(root, "a"), "x\xef\xbf\xbdy");
	assert_string_equal(json_get_text(root, "b"), "x\\u0000");
	assert_null(json_get(root, "c"));
}

static void nesting_has_a_limit(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	struct json *value = NULL;
	struct error err = { 0 };

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 500; i++)
		buf_add_char(&b, '[');
	for (int i = 0; i < 500; i++)
		buf_add_char(&b, ']');
	assert_int_equal(json_parse(b.data, b.len, &value, &err), 0);
	DEFER(freep) char *printed = json_print(value, false);
	assert_string_equal(printed, b.data);
	json_freep(&value);
	buf_clear(&b);
	for (int i = 0; i < 200000; i++)
		buf_add_str(&b, "[{\"a\":");
	assert_int_equal(json_parse(b.data, b.len, &value, &err), -1);
}

static void values_are_written_in_the_order_they_were_added(void **state)
{
	DEFER(json_freep) struct json *root = json_new_object();
	struct json *list = json_add_array(root, "list");
	struct json *inner = json_append_object(list);

	(void)state;
	json_append_text(list, "é\n");
	json_append(list, NULL);
	json_append_text(list, NULL);
	json_add_text(inner, "name", "x");
	json_add_int(inner, "port", 2201);
	json_add_number(root, "ratio", 0.1);
	json_add_bool(root, "yes", true);
	json_add_bool(root, "no", false);
	json_add_null(root, "nothing");
	json_add_text(root, "no text", NULL);
	json_add(root, "taken", json_new_array());
	json_add_object(root, "empty");
	DEFER(freep) char *flat = json_print(root, false);
	assert_string_equal(flat, "{\"list\":[{\"name\":\"x\",\"port\":2201},\"é\\n\",null,null],"
				  "\"ratio\":0.1,\"yes\":true,\"no\":false,\"nothing\":null,"
				  "\"no text\":null,\"taken\":[],\"empty\":{}}");
}

static void pretty_output_is_indented_by_two(void **state)
{
	DEFER(json_freep) struct json *root = parse("{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[]}");
	DEFER(freep) char *pretty = json_print(root, true);

	(void)state;
	assert_string_equal(pretty, "{\n"
				    "  \"a\": [\n"
				    "    1,\n"
				    "    {\n"
				    "      \"b\": null\n"
				    "    }\n"
				    "  ],\n"
				    "  \"c\": {},\n"
				    "  \"d\": []\n"
				    "}");
}

static void numbers_are_written_short_and_read_back_the_same(void **state)
{
	static const struct {
		double value;
		const char *wanted;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 1e15, "1000000000000000" },
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.33333333333333331" },
		{ -2.5, "-2.5" },
		{ 9007199254740992.0, "9007199254740992" },
		{ 1e300, "1e+300" },
		{ 5e-324, "4.94065645841247e-324" },
		{ INFINITY, "null" },
		{ -INFINITY, "null" },
		{ NAN, "null" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(json_freep) struct json *list = json_new_object();

		json_add_number(list, "n", cases[i].value);
		DEFER(freep) char *text = json_print(list, false);
		DEFER(freep) char *wanted = xasprintf("{\"n\":%s}", cases[i].wanted);
		assert_string_equal(text, wanted);
	}
}

static void quoted_text_is_safe_for_readers_and_terminals(void **state)
{
	static const char *const cases[][2] = {
		{ "", "\"\"" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1b\x7f", "\"\\u0001\\u001b\\u007f\"" },
		{ "\xc2\x9b", "\"\\u009b\"" },
		{ "é€😀", "\"é€😀\"" },
		{ "a\xff\xc3", "\"a\\ufffd\\ufffd\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, 100);
		json_add_quoted(&b, cases[i][0]);
		assert_string_equal(b.data, cases[i][1]);
		DEFER(json_freep) struct json *value = parse(b.data);
		assert_true(json_is_string(value));
	}
}

static void a_series_of_numbers_is_one_line(void **state)
{
	DEFER(json_freep) struct json *root = json_new_object();
	struct json *series = json_add_array(root, "series");
	struct json *mixed = json_add_array(root, "mixed");

	(void)state;
	json_append(series, NULL);
	json_append_int(series, 1);
	json_append_int(series, 20);
	json_append_int(mixed, 1);
	json_append_text(mixed, "x");
	DEFER(freep) char *pretty = json_print(root, true);
	assert_string_equal(pretty, "{\n  \"series\": [null, 1, 20],\n"
				    "  \"mixed\": [\n    1,\n    \"x\"\n  ]\n}");
	DEFER(freep) char *flat = json_print(root, false);
	assert_string_equal(flat, "{\"series\":[null,1,20],\"mixed\":[1,\"x\"]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_by_exact_name),
		cmocka_unit_test(getters_are_tolerant),
		cmocka_unit_test(paths_lead_through_objects),
		cmocka_unit_test(children_come_in_order),
		cmocka_unit_test(integers_are_taken_only_where_they_are_whole_and_fit),
		cmocka_unit_test(text_that_is_no_json_is_refused),
		cmocka_unit_test(the_length_counts_not_a_nul),
		cmocka_unit_test(an_escaped_nul_does_not_end_a_string),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(values_are_written_in_the_order_they_were_added),
		cmocka_unit_test(pretty_output_is_indented_by_two),
		cmocka_unit_test(a_series_of_numbers_is_one_line),
		cmocka_unit_test(numbers_are_written_short_and_read_back_the_same),
		cmocka_unit_test(quoted_text_is_safe_for_readers_and_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
