/* SPDX-License-Identifier: MIT */
/* The values are of another implementation: Python's hashlib.blake2b. */
#include "winalux/format/token_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"
#include "winalux/base/token.h"

static const char wanted_hash[] =
	"06d77e0cce60b8543707bb17d79238b27a0e271a93205715ba73cf888e65b432";
static const char wanted_ticket[] = "1800000000.202122232425262728292a2b2c2d2e2f."
				    "9e572f1156da23df7b5e92140d77ad92";

static void make_hash(uint8_t ret[static TOKEN_HASH_SIZE])
{
	uint8_t salt[TOKEN_SALT_SIZE];
	struct token token;

	for (unsigned i = 0; i < 16; i++) {
		token.bytes[i] = (uint8_t)i;
		salt[i] = (uint8_t)(16 + i);
	}
	token_hash(&token, salt, ret);
}

static void the_hash_is_keyed_blake2b(void **state)
{
	uint8_t hash[TOKEN_HASH_SIZE], other[TOKEN_HASH_SIZE];
	char text[2 * TOKEN_HASH_SIZE + 1];

	(void)state;
	make_hash(hash);
	hex_format(hash, sizeof(hash), text);
	assert_string_equal(text, wanted_hash);
	memcpy(other, hash, sizeof(other));
	assert_true(token_hash_equal(hash, other));
	other[TOKEN_HASH_SIZE - 1] ^= 1;
	assert_false(token_hash_equal(hash, other));
}

static void a_ticket_is_read_as_it_was_written(void **state)
{
	struct ticket ticket = { .expiry_s = 1800000000 }, back;
	uint8_t hash[TOKEN_HASH_SIZE];
	char text[TICKET_TEXT_SIZE];

	(void)state;
	make_hash(hash);
	for (unsigned i = 0; i < sizeof(ticket.nonce); i++)
		ticket.nonce[i] = (uint8_t)(32 + i);
	ticket_format(&ticket, hash, text);
	assert_string_equal(text, wanted_ticket);
	assert_true(ticket_parse(text, hash, &back));
	assert_int_equal(back.expiry_s, ticket.expiry_s);
	assert_memory_equal(back.nonce, ticket.nonce, sizeof(back.nonce));
}

static void any_other_character_spoils_a_ticket(void **state)
{
	uint8_t hash[TOKEN_HASH_SIZE];
	struct ticket ticket;

	(void)state;
	make_hash(hash);
	for (size_t i = 0; i < sizeof(wanted_ticket); i++) {
		char text[sizeof(wanted_ticket) + 1] = { 0 };

		memcpy(text, wanted_ticket, sizeof(wanted_ticket));
		text[i] = text[i] == '1' ? '2' : '1';
		assert_false(ticket_parse(text, hash, &ticket));
		text[i] = '\0';
		assert_int_equal(ticket_parse(text, hash, &ticket), i == sizeof(wanted_ticket) - 1);
	}
}

static void a_ticket_of_another_token_is_none(void **state)
{
	uint8_t hash[TOKEN_HASH_SIZE];
	struct ticket ticket;

	(void)state;
	make_hash(hash);
	hash[0] ^= 0x80;
	assert_false(ticket_parse(wanted_ticket, hash, &ticket));
}

static void what_is_no_ticket_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		".",
		"..",
		"1800000000",
		"1800000000.",
		"-1.00.00",
		"99999999999999999999999.00.00",
		"0.202122232425262728292a2b2c2d2e2f.9e572f1156da23df7b5e92140d77ad92",
		"01800000000.202122232425262728292a2b2c2d2e2f.9e572f1156da23df7b5e92140d77ad92",
		"1800000000.202122232425262728292A2B2C2D2E2F.9e572f1156da23df7b5e92140d77ad92",
	};
	uint8_t hash[TOKEN_HASH_SIZE];
	struct ticket ticket;

	(void)state;
	make_hash(hash);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(ticket_parse(texts[i], hash, &ticket));
}

static void hex_is_read_exactly(void **state)
{
	const char *at = "00ff7g", *start = at;
	uint8_t bytes[3] = { 1, 1, 1 };

	(void)state;
	assert_false(hex_parse(&at, bytes, 3));
	assert_ptr_equal(at, start);
	assert_int_equal(bytes[0], 1);
	assert_true(hex_parse(&at, bytes, 2));
	assert_string_equal(at, "7g");
	assert_int_equal(bytes[1], 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_keyed_blake2b),
		cmocka_unit_test(a_ticket_is_read_as_it_was_written),
		cmocka_unit_test(any_other_character_spoils_a_ticket),
		cmocka_unit_test(a_ticket_of_another_token_is_none),
		cmocka_unit_test(what_is_no_ticket_is_refused),
		cmocka_unit_test(hex_is_read_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
