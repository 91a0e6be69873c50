/* SPDX-License-Identifier: MIT */
#include "guest/restart_door.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

/* Abstract names are the network namespace's: tests that run side by side need their own. */
static const char *own_name(char ret[static 64])
{
	snprintf(ret, 64, "test-%d", (int)getpid());
	return ret;
}

static void only_the_developer_and_root_may_ask(void **state)
{
	(void)state;
	assert_true(restart_door_is_for(1000));
	assert_true(restart_door_is_for(0));
	assert_false(restart_door_is_for(999));
	assert_false(restart_door_is_for(65534));
}

static void *serve_one(void *context)
{
	const int door = *(const int *)context;
	int asker;

	if (fd_wait(door, POLLIN, 20000) <= 0)
		return NULL;
	asker = restart_door_accept(door);
	restart_door_answer(&asker, "restarted");
	return NULL;
}

static void who_asks_gets_one_line(void **state)
{
	char name[64], line[RESTART_LINE_SIZE] = "";
	struct error err = { 0 };
	DEFER(fd_closep) int door = restart_door_open(own_name(name), &err);
	pthread_t thread;

	(void)state;
	assert_true(door >= 0);
	assert_int_equal(pthread_create(&thread, NULL, serve_one, &door), 0);
	assert_int_equal(restart_door_ask(name, 20000, line, &err), 0);
	pthread_join(thread, NULL);
	assert_string_equal(line, restart_door_is_for(getuid()) ? "restarted"
								: "only the developer may ask");
}

static void a_name_that_nobody_listens_on_is_told(void **state)
{
	char line[RESTART_LINE_SIZE];
	struct error err = { 0 };

	(void)state;
	assert_int_equal(restart_door_ask("nobody-at-all", 100, line, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_non_null(strstr(err.text, "'nobody-at-all' does not take restarts"));
}

static void a_guest_that_ends_without_an_answer_is_told(void **state)
{
	char name[64], line[RESTART_LINE_SIZE];
	struct error err = { 0 };
	DEFER(fd_closep) int door = restart_door_open(own_name(name), &err);

	(void)state;
	assert_true(door >= 0);
	assert_int_equal(restart_door_ask(name, 1, line, &err), -1);
	assert_non_null(strstr(err.text, "has not answered"));
}

static void who_has_gone_wants_no_restart(void **state)
{
	char name[64], line[RESTART_LINE_SIZE];
	struct error err = { 0 };
	DEFER(fd_closep) int door = restart_door_open(own_name(name), &err);

	(void)state;
	assert_int_equal(restart_door_ask(name, 1, line, &err), -1);
	assert_int_equal(restart_door_accept(door), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_developer_and_root_may_ask),
		cmocka_unit_test(who_asks_gets_one_line),
		cmocka_unit_test(who_has_gone_wants_no_restart),
		cmocka_unit_test(a_name_that_nobody_listens_on_is_told),
		cmocka_unit_test(a_guest_that_ends_without_an_answer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
