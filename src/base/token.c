/* SPDX-License-Identifier: MIT */
#include "winalux/base/token.h"

#include <string.h>

enum {
	DATA_CHARS = 26,
	CHECK_CHARS = 2,
	ALL_CHARS = DATA_CHARS + CHECK_CHARS,
	GROUP_CHARS = 4,
	BITS_PER_CHAR = 5,
	CHECK_MODULUS = 1021, /* a prime below 2^10 and above 26 x 31 differences */
};

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* no I, L, O, U */

/* Every value's weight is its place: one wrong value or two that were swapped change the sum. */
static unsigned check_of(const uint8_t values[static DATA_CHARS])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < DATA_CHARS; i++)
		sum += (i + 1) * values[i];
	return sum % CHECK_MODULUS;
}

/* Five bits at bit position at, the highest bit of bytes[0] first; beyond the end zeros. */
static uint8_t five_bits(const struct token *token, unsigned at)
{
	const unsigned byte = at / 8;
	unsigned window = (unsigned)token->bytes[byte] << 8;

	if (byte + 1 < sizeof(token->bytes))
		window |= token->bytes[byte + 1];
	return (uint8_t)(window >> (16 - BITS_PER_CHAR - at % 8) & 31);
}

void token_format(const struct token *token, char ret[static TOKEN_TEXT_SIZE])
{
	uint8_t values[ALL_CHARS];
	char *at = ret;

	for (unsigned i = 0; i < DATA_CHARS; i++)
		values[i] = five_bits(token, i * BITS_PER_CHAR);
	const unsigned check = check_of(values);
	values[DATA_CHARS] = (uint8_t)(check >> BITS_PER_CHAR);
	values[DATA_CHARS + 1] = check & 31;
	for (unsigned i = 0; i < ALL_CHARS; i++) {
		if (i > 0 && i % GROUP_CHARS == 0)
			*at++ = '-';
		*at++ = alphabet[values[i]];
	}
	*at = '\0';
	explicit_bzero(values, sizeof(values));
}

/* -1 for what is in no token. */
static int value_of(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		return 0;
	if (c == 'I' || c == 'L')
		return 1;
	const char *found = c ? strchr(alphabet, c) : NULL;
	return found ? (int)(found - alphabet) : -1;
}

static enum token_fault read_values(const char *text, uint8_t values[static ALL_CHARS])
{
	unsigned count = 0;

	for (; *text; text++) {
		if (strchr("- \t\r\n", *text))
			continue;
		const int value = value_of(*text);
		if (value < 0 || count == ALL_CHARS)
			return TOKEN_MALFORMED;
		values[count++] = (uint8_t)value;
	}
	return count == ALL_CHARS ? TOKEN_FINE : TOKEN_MALFORMED;
}

static void pack(const uint8_t values[static DATA_CHARS], struct token *ret)
{
	*ret = (struct token){ 0 };
	for (unsigned i = 0; i < DATA_CHARS * BITS_PER_CHAR && i / 8 < sizeof(ret->bytes); i++) {
		const unsigned bit = values[i / BITS_PER_CHAR] >> (4 - i % BITS_PER_CHAR) & 1;

		ret->bytes[i / 8] |= (uint8_t)(bit << (7 - i % 8));
	}
}

enum token_fault token_parse(const char *text, struct token *ret)
{
	uint8_t values[ALL_CHARS];
	enum token_fault fault = read_values(text, values);

	if (fault == TOKEN_FINE) {
		const unsigned check =
			(unsigned)values[DATA_CHARS] << BITS_PER_CHAR | values[DATA_CHARS + 1];

		/* The last character has two bits that no token sets. */
		if (check != check_of(values) || (values[DATA_CHARS - 1] & 3))
			fault = TOKEN_TYPO;
		else
			pack(values, ret);
	}
	explicit_bzero(values, sizeof(values));
	return fault;
}
