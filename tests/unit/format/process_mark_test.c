/* SPDX-License-Identifier: MIT */
#include "winalux/format/process_mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void our_own_process_lives(void **state)
{
	char mark[PROCESS_MARK_SIZE];

	(void)state;
	process_mark_make(mark);
	assert_false(process_mark_has_ended(mark));
}

static void two_marks_of_a_process_differ(void **state)
{
	char one[PROCESS_MARK_SIZE], other[PROCESS_MARK_SIZE];

	(void)state;
	process_mark_make(one);
	process_mark_make(other);
	assert_string_not_equal(one, other);
}

/* Its mark, once it has ended; reaped or not. */
static pid_t mark_of_a_child(char ret[static PROCESS_MARK_SIZE])
{
	int ends[2];
	siginfo_t info;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		process_mark_make(ret);
		_exit(write(ends[1], ret, PROCESS_MARK_SIZE) == PROCESS_MARK_SIZE ? 0 : 1);
	}
	assert_int_equal(read(ends[0], ret, PROCESS_MARK_SIZE), PROCESS_MARK_SIZE);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

static void a_process_that_ended_is_known_to_have(void **state)
{
	char mark[PROCESS_MARK_SIZE];
	pid_t pid = mark_of_a_child(mark);

	(void)state;
	assert_true(process_mark_has_ended(mark)); /* nobody has reaped it yet */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(process_mark_has_ended(mark));
}

static void a_pid_that_was_given_again_is_not_the_process(void **state)
{
	char mark[PROCESS_MARK_SIZE], again[PROCESS_MARK_SIZE];
	char boot[64], space[64];
	long pid;

	(void)state;
	process_mark_make(mark);
	assert_int_equal(sscanf(mark, "%63s %63s %ld", boot, space, &pid), 3);
	snprintf(again, sizeof(again), "%s %s %ld 1 0123", boot, space, pid);
	assert_true(process_mark_has_ended(again));
}

static void what_cannot_be_known_lives(void **state)
{
	static const char *const marks[] = {
		"",
		"nonsense",
		"00000000-0000-0000-0000-000000000000 pid:[4026531836] 999999 1 0123",
		"00000000-0000-0000-0000-000000000000 pid:[1] 1 x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		assert_false(process_mark_has_ended(marks[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_process_lives),
		cmocka_unit_test(two_marks_of_a_process_differ),
		cmocka_unit_test(a_process_that_ended_is_known_to_have),
		cmocka_unit_test(a_pid_that_was_given_again_is_not_the_process),
		cmocka_unit_test(what_cannot_be_known_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
