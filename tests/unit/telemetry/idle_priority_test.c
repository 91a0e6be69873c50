/* SPDX-License-Identifier: MIT */
#include "telemetry/idle_priority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void a_process_may_stand_back_at_disks(void **state)
{
	enum { WHO_PROCESS = 1, IDLE = 3 << 13 };
	const pid_t pid = fork();
	int status = 0;

	(void)state;
	if (pid == 0)
		_exit(idle_io_priority() && syscall(SYS_ioprio_get, WHO_PROCESS, 0) == IDLE ? 0
											    : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_may_stand_back_at_disks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
