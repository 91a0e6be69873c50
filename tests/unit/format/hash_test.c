/* SPDX-License-Identifier: MIT */
#include "winalux/format/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"

/* Digest of up to two parts; NULL stands for the NULL that hash_add_text knows. */
static void digest(const char *const *parts, size_t count, char ret_hex[static HASH_HEX_SIZE])
{
	struct hash *h = hash_new();

	for (size_t i = 0; i < count; i++)
		hash_add_text(h, parts[i]);
	hash_end(h, ret_hex);
}

static void different_parts_have_different_digests(void **state)
{
	static const struct {
		const char *parts[2];
		size_t count;
	} cases[] = {
		{ { "ab", "c" }, 2 }, { { "a", "bc" }, 2 },   { { "abc" }, 1 },
		{ { "abc", "" }, 2 }, { { "abc", NULL }, 2 }, { { "" }, 1 },
		{ { NULL }, 1 },      { { "", NULL }, 2 },    { { NULL, "" }, 2 },
		{ { 0 }, 0 },
	};
	char hex[ARRAY_SIZE(cases)][HASH_HEX_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		digest(cases[i].parts, cases[i].count, hex[i]);
		assert_int_equal(strlen(hex[i]), 32);
		assert_int_equal(strspn(hex[i], "0123456789abcdef"), 32);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(hex[i], hex[j]);
	}
}

/* Names of images and digests in labels are made of these: they must never change. */
static void digests_stay_the_same_for_ever(void **state)
{
	char hex[HASH_HEX_SIZE], again[HASH_HEX_SIZE];
	struct hash *h = hash_new();

	(void)state;
	hash_text("winalux", hex);
	assert_string_equal(hex, "72af776fe587de02ece6ec4abb26578b");
	hash_add(h, "winalux", 7);
	hash_end(h, again);
	assert_string_equal(hex, again);
}

static void random_text_is_random(void **state)
{
	char a[HASH_HEX_SIZE], b[HASH_HEX_SIZE];

	(void)state;
	hash_random_hex(a);
	hash_random_hex(b);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_string_not_equal(a, b);
}

static void random_numbers_stay_below_their_bound(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint32_t n = hash_random_below(5);

		assert_true(n < 5);
		seen |= 1U << n;
	}
	assert_int_equal(seen, 0x1f);
	assert_int_equal(hash_random_below(1), 0);
}

static void fingerprints_are_those_of_ssh_keygen(void **state)
{
	char text[HASH_FINGERPRINT_SIZE];

	(void)state;
	hash_ssh_fingerprint("", 0, text);
	assert_string_equal(text, "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
	hash_ssh_fingerprint("abc", 3, text);
	assert_string_equal(text, "SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0");
}

static void base64_is_decoded(void **state)
{
	/* RFC 4648, section 10. */
	static const char *const cases[][2] = {
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, 100);
		assert_true(base64_decode(cases[i][0], strlen(cases[i][0]), &b));
		assert_string_equal(b.data, cases[i][1]);
	}
}

static void what_is_not_strict_base64_is_refused(void **state)
{
	static const char *const cases[] = {
		"Zg",   "Zg=",  "Zg===", "Z",    "Zm8",  "Zm9v=",    "Zm9v Zm9v", "Zm9v\n",
		"Zm-v", "Zm_v", "=",     "Zh==", "Zm9=", "Zg==Zg==", "Zm9*",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, 100);
		if (base64_decode(cases[i], strlen(cases[i]), &b))
			fail_msg("'%s' was accepted", cases[i]);
		assert_int_equal(b.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(different_parts_have_different_digests),
		cmocka_unit_test(digests_stay_the_same_for_ever),
		cmocka_unit_test(random_text_is_random),
		cmocka_unit_test(random_numbers_stay_below_their_bound),
		cmocka_unit_test(fingerprints_are_those_of_ssh_keygen),
		cmocka_unit_test(base64_is_decoded),
		cmocka_unit_test(what_is_not_strict_base64_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
