/* SPDX-License-Identifier: MIT */
/* Which processors a workspace's programs see. */
#include "guest/affinity.h"

#include <sched.h>
#include <string.h>
#include <sys/wait.h>

#include "files.h"
#include "winalux/base/mem.h"

static void allow(struct affinity *a, size_t processor)
{
	a->words[processor / AFFINITY_WORD_BITS] |= 1UL << processor % AFFINITY_WORD_BITS;
}

static struct affinity every_other(size_t count)
{
	struct affinity a = { 0 };

	for (size_t i = 0; i < count; i++)
		allow(&a, 2 * i);
	return a;
}

static size_t count_of(const struct affinity *a)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(a->words); i++)
		n += (size_t)__builtin_popcountl(a->words[i]);
	return n;
}

static void a_share_begins_as_many_processors(void **state)
{
	static const struct {
		uint32_t milli;
		size_t count;
	} cases[] = { { 1, 1 }, { 500, 1 }, { 1000, 1 }, { 1001, 2 }, { 7999, 8 }, { 63000, 63 } };
	const struct affinity all = every_other(100);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct affinity some;

		affinity_choose(&all, cases[i].milli, "alice", &some);
		assert_int_equal(count_of(&some), cases[i].count);
		for (size_t w = 0; w < ARRAY_SIZE(some.words); w++)
			assert_int_equal(some.words[w] & ~all.words[w], 0);
	}
}

static void a_share_that_covers_all_changes_nothing(void **state)
{
	static const uint32_t shares[] = { 0, 7001, 8000, 1024000, UINT32_MAX };
	const struct affinity all = every_other(8);
	struct affinity some;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		affinity_choose(&all, shares[i], "alice", &some);
		assert_memory_equal(&some, &all, sizeof(all));
	}
}

static void workspaces_spread(void **state)
{
	const struct affinity all = every_other(16);
	struct affinity together = { 0 }, first, again;

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		DEFER(freep) char *name = xasprintf("workspace-%u", n);

		affinity_choose(&all, 1000, name, &first);
		affinity_choose(&all, 1000, name, &again);
		assert_memory_equal(&first, &again, sizeof(first));
		for (size_t i = 0; i < ARRAY_SIZE(first.words); i++)
			together.words[i] |= first.words[i];
	}
	assert_memory_equal(&together, &all, sizeof(all));
}

static void the_end_goes_on_at_the_beginning(void **state)
{
	const struct affinity all = every_other(4);
	unsigned wrapped = 0;

	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		DEFER(freep) char *name = xasprintf("%u", n);
		struct affinity some;

		affinity_choose(&all, 2000, name, &some);
		assert_int_equal(count_of(&some), 2);
		wrapped += some.words[0] == (1 | 1 << 6);
	}
	assert_true(wrapped > 0);
}

/* In a child, since a test that runs on one processor alone is slow. */
static int narrow_and_widen(void)
{
	struct affinity allowed, now;

	affinity_init(&allowed);
	if (count_of(&allowed) < 2)
		return 77;
	if (affinity_set(&allowed, 500, "alice") < 0)
		return 1;
	affinity_init(&now);
	if (count_of(&now) != 1)
		return 2;
	const pid_t child = fork();
	if (child == 0) {
		affinity_set(&allowed, 0, "alice");
		affinity_follow(getppid());
		affinity_init(&now);
		_exit(count_of(&now) == 1 ? 0 : 3);
	}
	int status;
	if (waitpid(child, &status, 0) != child || status != 0)
		return 3;
	if (affinity_set(&allowed, 0, "alice") < 0)
		return 4;
	affinity_init(&now);
	return memcmp(&now, &allowed, sizeof(now)) == 0 ? 0 : 5;
}

static void a_process_narrows_follows_and_widens(void **state)
{
	const pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(narrow_and_widen());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip(); /* there is one processor */
	assert_int_equal(status, 0);
}

static void with_nothing_allowed_nothing_is_done(void **state)
{
	const struct affinity none = { 0 };

	(void)state;
	assert_int_equal(affinity_set(&none, 1000, "alice"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_begins_as_many_processors),
		cmocka_unit_test(a_share_that_covers_all_changes_nothing),
		cmocka_unit_test(workspaces_spread),
		cmocka_unit_test(the_end_goes_on_at_the_beginning),
		cmocka_unit_test(a_process_narrows_follows_and_widens),
		cmocka_unit_test(with_nothing_allowed_nothing_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
