/* SPDX-License-Identifier: MIT */
#include "guest/known_keys.h"

#include "files.h"

static void keys_outlive_who_knew_them(void **state)
{
	struct known_keys first = { 0 }, second = { 0 };
	char path[256];

	known_keys_open(&first, files_path(path, *state, "known-keys"));
	assert_false(known_keys_have(&first, "SHA256:a"));
	known_keys_add(&first, "SHA256:a");
	known_keys_add(&first, "SHA256:b");
	known_keys_add(&first, "SHA256:a");
	files_expect(path, "SHA256:a\nSHA256:b\n");
	known_keys_open(&second, path);
	assert_true(known_keys_have(&second, "SHA256:a"));
	assert_true(known_keys_have(&second, "SHA256:b"));
	assert_false(known_keys_have(&second, "SHA256:c"));
}

static void no_key_is_none(void **state)
{
	struct known_keys k = { 0 };

	(void)state;
	known_keys_add(&k, "");
	assert_false(known_keys_have(&k, ""));
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
	struct known_keys first = { 0 }, second = { 0 };
	char path[256], key[32];

	known_keys_open(&first, files_path(path, *state, "known-keys"));
	for (int i = 0; i <= KNOWN_KEYS_MAX; i++) {
		snprintf(key, sizeof(key), "SHA256:%d", i);
		known_keys_add(&first, key);
	}
	known_keys_open(&second, path);
	assert_false(known_keys_have(&second, "SHA256:0"));
	assert_true(known_keys_have(&second, "SHA256:1"));
	assert_true(known_keys_have(&second, key));
	known_keys_add(&second, "SHA256:new");
	assert_false(known_keys_have(&second, "SHA256:1"));
	assert_true(known_keys_have(&second, "SHA256:2"));
}

static void nonsense_in_the_file_is_passed_over(void **state)
{
	struct known_keys k = { 0 };
	char path[256], text[2 * KNOWN_KEY_SIZE];

	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 12, "\n\nSHA256:a\n", 12);
	files_write(files_path(path, *state, "known-keys"), text, 0600);
	known_keys_open(&k, path);
	assert_true(known_keys_have(&k, "SHA256:a"));
	assert_int_equal(k.next, 1);
}

int main(void)
{
#define KEYS_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		KEYS_TEST(keys_outlive_who_knew_them),
		KEYS_TEST(no_key_is_none),
		KEYS_TEST(the_oldest_goes_when_there_are_too_many),
		KEYS_TEST(nonsense_in_the_file_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
