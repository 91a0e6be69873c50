/* SPDX-License-Identifier: MIT */
#include "guest/library_cache.h"

#include <stdbool.h>
#include <sys/stat.h>

#include "files.h"
#include "winalux/base/mem.h"

static void make_part(const char *cache, const char *part, const char *file, mode_t mode)
{
	char path[256], below[256];

	files_path(path, cache, part);
	assert_int_equal(mkdir(path, 0755), 0);
	files_write(files_path(below, path, file), part, mode);
}

static bool is_link(const char *directory, const char *name)
{
	char path[256];
	struct stat st;

	return lstat(files_path(path, directory, name), &st) == 0 && S_ISLNK(st.st_mode);
}

static void what_is_large_is_linked_and_what_is_locked_is_copied(void **state)
{
	char shared[256], own[256], path[256];

	assert_int_equal(mkdir(files_path(shared, *state, "shared"), 0755), 0);
	files_path(own, *state, "home/.cache/winalux");
	make_part(shared, "archive-v0", "a", 0644);
	make_part(shared, "wheels-v8", "w", 0644);
	make_part(shared, "simple-v28", "s", 0644);
	make_part(shared, "interpreter-v5", "i", 0644);
	for (int i = 0; i < 2; i++) { /* the second one takes the first one's place */
		DEFER(freep) char *cache = library_cache_before(shared, own);

		assert_non_null(cache);
		assert_true(is_link(cache, "archive-v0"));
		assert_true(is_link(cache, "simple-v28"));
		assert_false(is_link(cache, "wheels-v8"));
		files_expect(files_path(path, cache, "archive-v0/a"), "archive-v0");
		files_expect(files_path(path, cache, "wheels-v8/w"), "wheels-v8");
		assert_int_equal(access(files_path(path, cache, "interpreter-v5"), F_OK), -1);
		files_write(files_path(path, cache, "wheels-v8/lock"), "mine", 0644);
	}
	assert_int_equal(access(files_path(path, shared, "wheels-v8/lock"), F_OK), -1);
}

static void an_empty_or_missing_cache_is_none(void **state)
{
	char shared[256], own[256];

	files_path(own, *state, "own");
	assert_null(library_cache_before("/nonexistent", own));
	assert_int_equal(mkdir(files_path(shared, *state, "shared"), 0755), 0);
	assert_null(library_cache_before(shared, own));
}

static void files_for_their_owner_alone_become_readable(void **state)
{
	char shared[256], path[256];
	struct stat st;

	assert_int_equal(mkdir(files_path(shared, *state, "shared"), 0700), 0);
	make_part(shared, "wheels-v8", "w", 0600);
	library_cache_open(shared);
	assert_int_equal(stat(files_path(path, shared, "wheels-v8/w"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(stat(shared, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

#define test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_is_large_is_linked_and_what_is_locked_is_copied),
		test(an_empty_or_missing_cache_is_none),
		test(files_for_their_owner_alone_become_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
