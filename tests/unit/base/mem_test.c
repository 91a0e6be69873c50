/* SPDX-License-Identifier: MIT */
#include "winalux/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void copies_are_equal_and_apart(void **state)
{
	DEFER(freep) char *copy = xstrdup("text");
	DEFER(freep) char *part = xstrndup("text", 2);
	DEFER(freep) char *whole = xstrndup("text", 9);

	(void)state;
	assert_string_equal(copy, "text");
	assert_string_equal(part, "te");
	assert_string_equal(whole, "text");
	assert_null(xstrdup_or_null(NULL));
	DEFER(freep) char *maybe = xstrdup_or_null("x");
	assert_string_equal(maybe, "x");
}

static void asking_for_nothing_gives_something(void **state)
{
	void *pointers[] = { xmalloc(0), xcalloc(0, 8), xcalloc(8, 0), xreallocarray(NULL, 0, 8) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
		assert_non_null(pointers[i]);
		free(pointers[i]);
	}
}

static void formatting_allocates_what_it_needs(void **state)
{
	DEFER(freep) char *text = xasprintf("%s-%05000d", "x", 7);

	(void)state;
	assert_int_equal(strlen(text), 5002);
}

static void growing_keeps_elements_and_zeroes_the_new_one(void **state)
{
	struct pair {
		int a, b;
	} *pairs = NULL;
	size_t cap = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		struct pair *pair = xgrow(&pairs, &cap, i, sizeof(*pair));

		assert_ptr_equal(pair, &pairs[i]);
		assert_int_equal(pair->a, 0);
		assert_int_equal(pair->b, 0);
		pair->a = (int)i;
		pair->b = -1; /* must not show up in the next one */
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(pairs[i].a, (int)i);
	assert_true(cap >= 1000 && cap <= 2048);
	free(pairs);
}

static void taking_leaves_null_behind(void **state)
{
	char *text = xstrdup("x");
	DEFER(freep) char *taken = TAKE(text);

	(void)state;
	assert_null(text);
	assert_string_equal(taken, "x");
}

static void freeing_leaves_null_behind(void **state)
{
	char *text = xstrdup("x");

	(void)state;
	freep(&text);
	assert_null(text);
	freep(&text);
}

/* AddressSanitizer would end the program on its own terms. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* In a child, as it aborts. A product that overflows is an allocation that fails. */
static void running_out_of_memory_ends_with_one_message(void **state)
{
	char said[4096] = "";
	size_t len = 0;
	int ends[2], status;
	volatile size_t much = SIZE_MAX / 4;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		xreallocarray(NULL, much, 16);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	for (ssize_t n = 1; n > 0 && len < sizeof(said) - 1; len += (size_t)(n > 0 ? n : 0))
		n = read(ends[0], said + len, sizeof(said) - 1 - len);
	assert_non_null(strstr(said, "winalux: out of memory\n"));
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_equal_and_apart),
		cmocka_unit_test(asking_for_nothing_gives_something),
		cmocka_unit_test(formatting_allocates_what_it_needs),
		cmocka_unit_test(growing_keeps_elements_and_zeroes_the_new_one),
		cmocka_unit_test(taking_leaves_null_behind),
		cmocka_unit_test(freeing_leaves_null_behind),
		cmocka_unit_test(running_out_of_memory_ends_with_one_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
