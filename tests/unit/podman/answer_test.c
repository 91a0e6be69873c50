/* SPDX-License-Identifier: MIT */
#include "fixture.h"

struct answer_case {
	const char *body;
	const char *text; /* NULL: no error */
};

static const struct answer_case cases[] = {
	{ "{\"cause\":\"no such pod\",\"message\":\"no pod with name x: no such "
	  "pod\",\"response\":404}",
	  "no pod with name x: no such pod" },
	{ "{\"cause\":\"why\",\"message\":\"what\",\"response\":500}", "what: why" },
	{ "{\"cause\":\"why\"}", "why" },
	{ "{\"Errs\":[\"one\",\"two\"],\"Id\":\"0123\"}", "one; two" },
	{ "{\"Errs\":[{\"message\":\"one\"},null,7],\"Id\":\"0123\"}", "one" },
	{ "{\"Errs\":null,\"Id\":\"0123\"}", NULL },
	{ "{\"Err\":null,\"Id\":\"0123\",\"RemovedCtrs\":{\"a\":null}}", NULL },
	{ "[{\"Id\":\"0123\",\"Err\":\"it is stuck\"}]", "it is stuck" },
	{ "[{\"Id\":\"0123\",\"Err\":null}]", NULL },
	{ "[{\"Id\":\"0123\"}]", NULL },
	{ "[]", NULL },
	{ "{\"error\":\"e\",\"errorDetail\":{\"message\":\"e\"}}", "e" },
	{ "{\"error\":\"e\\n\",\"errorDetail\":{\"message\":\"e\\n\"}}", "e" },
	{ "{\"stream\":\"STEP 1\"}", NULL },
	{ "{}", NULL },
	{ "", NULL },
	{ "  \r\n", NULL },
	{ "Not Found\n", "Not Found" },
	{ "\"a text\"", "a text" },
	{ "{\"message\":\"cut", "{\"message\":\"cut" },
	{ "{\"message\":\"\\u001b[31mred\\u0007\"}", "\\x1b[31mred\\x07" },
	{ "{\"message\":7,\"cause\":null}", NULL },
	{ "a\x01z", "a\\x01z" },
	{ "{\"message\":\"\\u003cnone\\u003e\"}", "<none>" },
};

static void every_shape_of_an_error_gives_its_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *text = podman_error_text(cases[i].body, strlen(cases[i].body));

		if (!cases[i].text) {
			assert_null(text);
			continue;
		}
		assert_non_null(text);
		assert_string_equal(text, cases[i].text);
	}
}

static void a_long_page_is_cut(void **state)
{
	DEFER(freep) char *page = xmalloc(100000);
	DEFER(freep) char *text = NULL;

	(void)state;
	memset(page, 'x', 100000);
	text = podman_error_text(page, 100000);
	assert_non_null(text);
	assert_true(strlen(text) <= 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_of_an_error_gives_its_text),
		cmocka_unit_test(a_long_page_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
