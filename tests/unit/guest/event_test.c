/* SPDX-License-Identifier: MIT */
#include "guest/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

static const char *text_of(struct event *e)
{
	event_end(e);
	e->text[e->len] = '\0';
	return e->text;
}

static void an_event_is_one_json_line(void **state)
{
	struct event e;

	(void)state;
	event_start(&e, "login");
	event_text(&e, "user", "developer");
	event_number(&e, "port", 40002);
	event_number(&e, "low", INT64_MIN);
	assert_string_equal(text_of(&e),
			    "{\"event\":\"login\",\"user\":\"developer\",\"port\":40002,"
			    "\"low\":-9223372036854775808}\n");
}

static void texts_are_escaped(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "", "" },
		{ "a\"b\\c", "a\\\"b\\\\c" },
		{ "\b\f\n\r\t", "\\b\\f\\n\\r\\t" },
		{ "\x01\x1f\x7f", "\\u0001\\u001f\\u007f" },
		{ "\xc2\x9b"
		  "31m\xc2\x9f\xc2\xa0",
		  "\\u009b31m\\u009f\xc2\xa0" }, /* C1 */
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "a\xff\xc0\x80z", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz" },
		{ "cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct event e;
		char wanted[256];

		snprintf(wanted, sizeof(wanted), "{\"event\":\"x\",\"t\":\"%s\"}\n", cases[i].json);
		event_start(&e, "x");
		event_text(&e, "t", cases[i].text);
		assert_string_equal(text_of(&e), wanted);
	}
}

static void a_nul_byte_in_a_line_is_escaped(void **state)
{
	struct event e;

	(void)state;
	event_start(&e, "x");
	event_bytes(&e, "t", "a\0b", 3);
	assert_string_equal(text_of(&e), "{\"event\":\"x\",\"t\":\"a\\u0000b\"}\n");
}

/* Whatever the length and the characters, the line fits and ends as an object does. */
static void a_long_text_is_cut_between_characters(void **state)
{
	static const char *const units[] = { "a", "\xc3\xa4", "\xf0\x9f\x98\x80", "\"", "\x01" };
	static char text[4 * EVENT_SIZE];

	(void)state;
	for (size_t u = 0; u < ARRAY_SIZE(units); u++) {
		for (size_t count = 600; count < EVENT_SIZE; count += 1) {
			struct event e;
			size_t unit = strlen(units[u]);

			for (size_t i = 0; i < count; i++)
				memcpy(text + i * unit, units[u], unit);
			event_start(&e, "output");
			event_bytes(&e, "line", text, count * unit);
			event_end(&e);
			assert_true(e.len <= EVENT_SIZE);
			if (e.is_cut) {
				static const char end[] = "\",\"cut\":true}\n";

				assert_memory_equal(e.text + e.len - strlen(end), end, strlen(end));
				assert_true(e.len > EVENT_SIZE - 32);
			} else {
				assert_memory_equal(e.text + e.len - 3, "\"}\n", 3);
			}
		}
	}
}

static void what_comes_after_a_cut_is_left_out(void **state)
{
	static char text[2 * EVENT_SIZE];
	struct event e;

	(void)state;
	memset(text, 'a', sizeof(text));
	event_start(&e, "x");
	event_bytes(&e, "t", text, sizeof(text));
	event_text(&e, "more", "1");
	event_number(&e, "number", 2);
	event_end(&e);
	assert_int_equal(e.len, strnlen(e.text, e.len));
	assert_null(memmem(e.text, e.len, "more", 4));
	assert_null(memmem(e.text, e.len, "number", 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_json_line),
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(a_nul_byte_in_a_line_is_escaped),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(what_comes_after_a_cut_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
