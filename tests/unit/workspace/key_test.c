/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/base/scratch.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* A file system without hard links, FAT say, and another user than the one who made the files: this
 * program's functions come before the library's. */
static int link_errno;
static uid_t pretended_uid;

int link(const char *from, const char *to)
{
	if (link_errno) {
		errno = link_errno;
		return -1;
	}
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

uid_t geteuid(void)
{
	return pretended_uid;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	struct error err;

	if (file_write_atomic(path, text, strlen(text), mode, &err) < 0)
		fail_msg("%s", err.text);
}

static size_t count_files(const char *directory)
{
	DIR *d = opendir(directory);
	size_t count = 0;

	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		count += e->d_name[0] != '.';
	closedir(d);
	return count;
}

static void what_was_saved_is_loaded(void **state)
{
	DEFER(freep) char *path = inside(state, "new/folder/key");
	struct key key, read;
	struct error err = { 0 };
	struct stat st;

	key_random(&key);
	if (key_save(&key, path, &err) < 0 || key_load(path, &read, &err) < 0)
		fail_msg("%s", err.text);
	assert_memory_equal(&key, &read, sizeof(key));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
}

static void a_key_file_is_never_overwritten(void **state)
{
	DEFER(freep) char *path = inside(state, "key");
	struct key first, second, read;
	struct error err = { 0 };

	key_random(&first);
	key_random(&second);
	assert_int_equal(key_save(&first, path, &err), 0);
	assert_int_equal(key_save(&second, path, &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	assert_int_equal(key_load(path, &read, &err), 0);
	assert_memory_equal(&first, &read, sizeof(first));
}

static void a_file_system_without_hard_links_takes_a_key_too(void **state)
{
	static const int reasons[] = { EPERM, EOPNOTSUPP, ENOSYS, EXDEV, EMLINK };

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		DEFER(freep) char *name = xasprintf("key.%zu", i);
		DEFER(freep) char *path = inside(state, name);
		struct key first, second, read;
		struct error err = { 0 };
		struct stat st;

		key_random(&first);
		key_random(&second);
		link_errno = reasons[i];
		const int saved = key_save(&first, path, &err);
		const int again = key_save(&second, path, NULL);
		link_errno = 0;
		if (saved < 0 || key_load(path, &read, &err) < 0)
			fail_msg("%s: %s", strerror(reasons[i]), err.text);
		assert_int_equal(again, -1);
		assert_memory_equal(&first, &read, sizeof(first));
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	assert_int_equal(count_files(*state), ARRAY_SIZE(reasons));
}

static void a_key_file_of_somebody_else_is_refused(void **state)
{
	DEFER(freep) char *path = inside(state, "key");
	struct key key;
	struct error err = { 0 };

	write_file(path, "winalux-key-1 " ZEROS "\n", 0600);
	if (getuid() == 0 && chown(path, 12345, 0) < 0)
		skip();
	pretended_uid = 54321;
	assert_int_equal(key_load(path, &key, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_non_null(strstr(err.text, "belongs to another user"));
	pretended_uid = getuid() == 0 ? 12345 : getuid();
	assert_int_equal(key_load(path, &key, &err), 0);
	if (getuid() == 0) { /* root's are fine for everybody who may read them */
		assert_int_equal(chown(path, 0, 0), 0);
		assert_int_equal(key_load(path, &key, &err), 0);
	}
	pretended_uid = getuid();
}

static void only_one_at_a_time_replaces_a_key(void **state)
{
	DEFER(freep) char *path = inside(state, "key");
	struct error err = { 0 };
	int first = key_lock(path, &err), second;

	assert_true(first >= 0);
	assert_int_equal(key_lock(path, &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	assert_non_null(strstr(err.text, "another winalux"));
	close(first);
	second = key_lock(path, &err);
	assert_true(second >= 0);
	close(second);
}

static void a_replaced_key_is_kept_beside_the_file_that_a_link_leads_to(void **state)
{
	DEFER(freep) char *link_path = inside(state, "key");
	DEFER(freep) char *path = inside(state, "vault/mine");
	DEFER(freep) char *vault = inside(state, "vault");
	struct key old, fresh, read;
	struct error err = { 0 };

	key_random(&old);
	key_random(&fresh);
	assert_int_equal(key_save(&old, path, &err), 0);
	assert_int_equal(symlink("vault/mine", link_path), 0);
	DEFER(freep) char *behind = key_file_behind(link_path);
	if (key_replace(behind, &old, &fresh, &err) < 0 || key_load(link_path, &read, &err) < 0)
		fail_msg("%s", err.text);
	assert_memory_equal(&fresh, &read, sizeof(read));
	assert_string_equal(behind, path);
	assert_int_equal(count_files(vault), 2);
}

static void a_missing_file_is_told_apart_from_a_bad_one(void **state)
{
	DEFER(freep) char *path = inside(state, "none");
	struct key key;
	struct error err = { 0 };

	assert_int_equal(key_load(path, &key, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_int_equal(key_load(*state, &key, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
}

static void a_file_that_others_may_read_is_refused_with_the_remedy(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0644, 0666 };
	DEFER(freep) char *path = inside(state, "key");
	struct key key;
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		write_file(path, "winalux-key-1 " ZEROS "\n", modes[i]);
		assert_int_equal(key_load(path, &key, &err), -1);
		assert_int_equal(err.kind, ERROR_HOST);
		assert_non_null(strstr(err.text, "`chmod 600 "));
	}
	write_file(path, "winalux-key-1 " ZEROS "\n", 0400);
	assert_int_equal(key_load(path, &key, &err), 0);
}

static void only_one_line_of_the_right_form_is_a_key(void **state)
{
	static const struct {
		const char *text;
		bool is_key;
	} cases[] = {
		{ "winalux-key-1 " ZEROS "\n", true },
		{ "winalux-key-1 " ZEROS, true },
		{ "winalux-key-1 " ZEROS "\r\n", true },
		{ "", false },
		{ "\n", false },
		{ ZEROS "\n", false },
		{ "winalux-key-2 " ZEROS "\n", false },
		{ "winalux-key-1 " ZEROS "0\n", false },
		{ "winalux-key-1 " ZEROS "\n\n", false },
		{ "winalux-key-1 " ZEROS " # mine\n", false },
		{ "winalux-key-1  " ZEROS "\n", false },
		{ "winalux-key-1 x" ZEROS "\n", false },
		{ "winalux-key-1 " ZEROS "\n" ZEROS ZEROS ZEROS ZEROS ZEROS, false },
	};
	DEFER(freep) char *path = inside(state, "key");
	struct key key;
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_file(path, cases[i].text, 0600);
		if ((key_load(path, &key, &err) == 0) != cases[i].is_key)
			fail_msg("case %zu: '%s'", i, cases[i].text);
	}
}

/* No error may carry what stands in the file. */
static void an_error_says_nothing_of_the_content(void **state)
{
	DEFER(freep) char *path = inside(state, "key");
	struct key key;
	struct error err = { 0 };

	write_file(path, "winalux-key-1 deadbeef\n", 0600);
	assert_int_equal(key_load(path, &key, &err), -1);
	assert_null(strstr(err.text, "deadbeef"));
}

/* Values that must never change: tokens in use depend on them. */
static void tokens_and_fingerprints_stay_what_they_are(void **state)
{
	static const uint8_t salt[16] = { 1, 2, 3 };
	const struct key key = { .bytes = { 7 } };
	struct token token, other;
	char fingerprint[KEY_FINGERPRINT_SIZE], text[TOKEN_TEXT_SIZE];

	(void)state;
	key_fingerprint(&key, fingerprint);
	key_derive_token(&key, "0123", salt, &token);
	token_format(&token, text);
	assert_string_equal(fingerprint, "35fc66d9512480d8");
	assert_string_equal(text, "2KBD-8H1D-GRS4-JZKY-F9ZZ-E9GQ-P85W");
	key_derive_token(&key, "0124", salt, &other);
	assert_memory_not_equal(&token, &other, sizeof(token));
	key_derive_token(&key, "0123", (const uint8_t[16]){ 1, 2, 4 }, &other);
	assert_memory_not_equal(&token, &other, sizeof(token));
	key_derive_token(&(struct key){ .bytes = { 8 } }, "0123", salt, &other);
	assert_memory_not_equal(&token, &other, sizeof(token));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(what_was_saved_is_loaded),
		SCRATCH_TEST(a_key_file_is_never_overwritten),
		SCRATCH_TEST(a_file_system_without_hard_links_takes_a_key_too),
		SCRATCH_TEST(a_key_file_of_somebody_else_is_refused),
		SCRATCH_TEST(only_one_at_a_time_replaces_a_key),
		SCRATCH_TEST(a_replaced_key_is_kept_beside_the_file_that_a_link_leads_to),
		SCRATCH_TEST(a_missing_file_is_told_apart_from_a_bad_one),
		SCRATCH_TEST(a_file_that_others_may_read_is_refused_with_the_remedy),
		SCRATCH_TEST(only_one_line_of_the_right_form_is_a_key),
		SCRATCH_TEST(an_error_says_nothing_of_the_content),
		cmocka_unit_test(tokens_and_fingerprints_stay_what_they_are),
	};

	pretended_uid = getuid();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
