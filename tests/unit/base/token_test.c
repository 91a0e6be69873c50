/* SPDX-License-Identifier: MIT */
#include "winalux/base/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

static struct token some_token(unsigned seed)
{
	struct token token;

	for (size_t i = 0; i < sizeof(token.bytes); i++) {
		seed = seed * 1103515245 + 12345;
		token.bytes[i] = (uint8_t)(seed >> 16);
	}
	return token;
}

static void every_token_is_read_back(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 2000; seed++) {
		const struct token token = some_token(seed);
		char text[TOKEN_TEXT_SIZE];
		struct token back;

		token_format(&token, text);
		assert_int_equal(strlen(text), TOKEN_TEXT_SIZE - 1);
		assert_int_equal(token_parse(text, &back), TOKEN_FINE);
		assert_memory_equal(&token, &back, sizeof(token));
	}
}

static void the_text_is_as_documented(void **state)
{
	const struct token zeros = { { 0 } };
	const struct token token = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255 } };
	char text[TOKEN_TEXT_SIZE];

	(void)state;
	token_format(&zeros, text);
	assert_string_equal(text, "0000-0000-0000-0000-0000-0000-0000");
	token_format(&token, text);
	assert_memory_equal(text, "000G-40R4-", 10);
}

static void people_may_type_it_as_they_like(void **state)
{
	const struct token token = some_token(7);
	char text[TOKEN_TEXT_SIZE], typed[100] = " ";
	struct token back;

	(void)state;
	token_format(&token, text);
	for (const char *at = text; *at; at++) {
		char c = *at;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		c = c == '0' ? 'o' : c == '1' ? 'l' : c == '-' ? ' ' : c;
		snprintf(typed + strlen(typed), 2, "%c", c);
	}
	assert_int_equal(token_parse(typed, &back), TOKEN_FINE);
	assert_memory_equal(&token, &back, sizeof(token));
}

static void a_wrong_character_and_a_swap_are_typos(void **state)
{
	const struct token token = some_token(3);
	char text[TOKEN_TEXT_SIZE], wrong[TOKEN_TEXT_SIZE];
	struct token back;

	(void)state;
	token_format(&token, text);
	for (size_t i = 0; text[i]; i++) {
		if (text[i] == '-')
			continue;
		memcpy(wrong, text, sizeof(wrong));
		wrong[i] = text[i] == 'Z' ? '0' : 'Z';
		assert_int_equal(token_parse(wrong, &back), TOKEN_TYPO);
		memcpy(wrong, text, sizeof(wrong));
		if (!text[i + 1] || text[i + 1] == '-' || text[i + 1] == text[i])
			continue;
		wrong[i] = text[i + 1];
		wrong[i + 1] = text[i];
		assert_int_equal(token_parse(wrong, &back), TOKEN_TYPO);
	}
}

static void what_is_no_token_is_malformed(void **state)
{
	static const char *const texts[] = { "",
					     "0",
					     "0000-0000-0000-0000-0000-0000-000",
					     "0000-0000-0000-0000-0000-0000-00000",
					     "U000-0000-0000-0000-0000-0000-0000",
					     "0000_0000-0000-0000-0000-0000-0000" };
	struct token token;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(token_parse(texts[i], &token), TOKEN_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_token_is_read_back),
		cmocka_unit_test(the_text_is_as_documented),
		cmocka_unit_test(people_may_type_it_as_they_like),
		cmocka_unit_test(a_wrong_character_and_a_swap_are_typos),
		cmocka_unit_test(what_is_no_token_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
