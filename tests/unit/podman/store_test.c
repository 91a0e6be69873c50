/* SPDX-License-Identifier: MIT */
#include "winalux/podman/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include "winalux/base/mem.h"
#include "winalux/format/json.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

static struct json *parse(const char *text)
{
	struct json *info = NULL;

	assert_int_equal(json_parse(text, strlen(text), &info, NULL), 0);
	return info;
}

/* Of a store in /, where the service says that this is its size, and nothing of it is used. */
static struct json *info_of_root(uint64_t size, const char *more)
{
	DEFER(freep)
	char *text = xasprintf("{\"store\":{\"graphRoot\":\"/\",\"graphRootAllocated\":%llu,"
			       "\"graphRootUsed\":0%s}}",
			       (unsigned long long)size, more);

	return parse(text);
}

static struct statvfs root_file_system(void)
{
	struct statvfs st;

	assert_int_equal(statvfs("/", &st), 0);
	return st;
}

static void what_only_the_service_sees_is_as_full_as_it_says(void **state)
{
	DEFER(store_space_release) struct store_space space = { 0 };
	DEFER(json_freep)
	struct json *info = parse("{\"store\":{\"graphRoot\":\"/no/store\",\"graphRootAllocated\":"
				  "10737418240,\"graphRootUsed\":10200547328,\"runRoot\":\"/\"}}");

	(void)state;
	assert_true(store_find_tightest(info, 2 * GIB, &space));
	assert_string_equal(space.path, "/no/store");
	assert_int_equal(space.free_bytes, GIB / 2);
	DEFER(freep) char *text = store_space_text(&space);
	assert_string_equal(text, "0.5 GiB free in '/no/store', 2 GiB wanted");
}

static void another_size_is_another_file_system(void **state)
{
	DEFER(store_space_release) struct store_space space = { 0 };
	DEFER(json_freep) struct json *info = info_of_root(3 * GIB, "");

	(void)state;
	assert_true(store_find_tightest(info, GIB, &space));
	assert_int_equal(space.free_bytes, 3 * GIB);
}

/* What is reserved for root is free to the service, and not to this account. */
static void of_the_same_file_system_what_may_be_used_counts(void **state)
{
	const struct statvfs st = root_file_system();
	DEFER(store_space_release) struct store_space space = { 0 };
	DEFER(json_freep) struct json *info = info_of_root((uint64_t)st.f_blocks * st.f_frsize, "");

	(void)state;
	assert_true(store_find_tightest(info, GIB, &space));
	assert_string_equal(space.path, "/");
	assert_true(space.free_bytes <= (uint64_t)st.f_bfree * st.f_frsize + GIB);
	assert_true(space.free_bytes < (uint64_t)st.f_blocks * st.f_frsize);
}

static void the_run_root_needs_little(void **state)
{
	const struct statvfs st = root_file_system();
	DEFER(store_space_release) struct store_space space = { 0 };
	DEFER(json_freep)
	struct json *info = info_of_root((uint64_t)st.f_blocks * st.f_frsize,
					 ",\"runRoot\":\"/sys\",\"volumePath\":\"/no/volumes\"");

	(void)state;
	assert_true(store_find_tightest(info, 2 * GIB, &space));
	assert_string_equal(space.path, "/"); /* /sys has no blocks, which is not "full" */
	space.free_bytes = 3 * MIB;
	space.floor_bytes = 16 * MIB;
	DEFER(freep) char *text = store_space_text(&space);
	assert_string_equal(text, "3.0 MiB free in '/', 16 MiB wanted");
}

static void where_nothing_is_said_nothing_is_known(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"store\":{}}",
		"{\"store\":{\"graphRoot\":\"/\"}}",
		"{\"store\":{\"graphRoot\":\"/\",\"graphRootAllocated\":1}}",
		"{\"store\":{\"graphRoot\":\"/\",\"graphRootAllocated\":-1,\"graphRootUsed\":0}}",
	};
	struct store_space space = { 0 };

	(void)state;
	assert_false(store_find_tightest(NULL, GIB, &space));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		DEFER(json_freep) struct json *info = parse(texts[i]);

		assert_false(store_find_tightest(info, GIB, &space));
	}
	assert_null(space.path);
}

static void a_directory_is_looked_at_where_it_is_here(void **state)
{
	DEFER(store_space_release) struct store_space space = { 0 };

	(void)state;
	assert_false(store_look_at(NULL, GIB, &space));
	assert_false(store_look_at("/no/such", GIB, &space));
	assert_true(store_look_at("/", GIB, &space));
	assert_string_equal(space.path, "/");
	assert_int_equal(space.floor_bytes, GIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_the_service_sees_is_as_full_as_it_says),
		cmocka_unit_test(another_size_is_another_file_system),
		cmocka_unit_test(of_the_same_file_system_what_may_be_used_counts),
		cmocka_unit_test(the_run_root_needs_little),
		cmocka_unit_test(where_nothing_is_said_nothing_is_known),
		cmocka_unit_test(a_directory_is_looked_at_where_it_is_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
