/* SPDX-License-Identifier: MIT */
/* PID 1 of a sidecar, as a process of the test: it waits for a port that is opened in the end. */
#include "guest/role.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "guest/restart_door.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/strv.h"

enum { LIMIT_MS = 20000 };

struct fixture {
	char name[32];
	char port[8];
	int awaited; /* bound, and nobody listens yet */
	int output;
	pid_t pid;
};

static void bind_port(struct fixture *f)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->awaited = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->awaited, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(f->awaited, (struct sockaddr *)&address, &size), 0);
	snprintf(f->port, sizeof(f->port), "%u", ntohs(address.sin_port));
}

static void run_child(const struct fixture *f, int output)
{
	const struct passwd *self = getpwuid(getuid());
	struct strv argv = { 0 };

	strv_add_split(&argv, "sidecar --name", " ");
	strv_add(&argv, f->name);
	strv_add(&argv, "--user");
	strv_add(&argv, self ? self->pw_name : "root");
	strv_add(&argv, "--await");
	strv_add(&argv, f->port);
	strv_add_split(&argv, "-- /bin/echo ran", " ");
	dup2(output, STDOUT_FILENO);
	_exit(role_sidecar.run((int)argv.count, argv.items));
}

static void begin(struct fixture *f)
{
	int ends[2];

	snprintf(f->name, sizeof(f->name), "sidecar-%d", (int)getpid());
	bind_port(f);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0)
		run_child(f, ends[1]);
	close(ends[1]);
	f->output = ends[0];
}

static int end(struct fixture *f)
{
	int status = -1;

	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	close(f->awaited);
	close(f->output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ask(const struct fixture *f, char line[static RESTART_LINE_SIZE])
{
	const int64_t deadline_ms = clock_mono_ms() + LIMIT_MS;
	struct error err;

	while (restart_door_ask(f->name, LIMIT_MS, line, &err) < 0)
		assert_true(clock_left_ms(deadline_ms) > 0); /* its door is not open yet */
}

static void who_asks_while_it_waits_is_told_and_nothing_is_restarted(void **state)
{
	char line[RESTART_LINE_SIZE] = "", text[64] = "";
	struct fixture f;

	(void)state;
	begin(&f);
	ask(&f, line);
	assert_non_null(
		strstr(line, restart_door_is_for(getuid()) ? f.port : "only the developer"));
	assert_int_equal(listen(f.awaited, 1), 0);
	assert_true(read(f.output, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "ran\n");
	assert_int_equal(end(&f), 0);
}

static void told_to_end_while_it_waits_it_ends_without_a_start(void **state)
{
	char line[RESTART_LINE_SIZE] = "", text[64] = "";
	struct fixture f;

	(void)state;
	begin(&f);
	ask(&f, line); /* so its signals are watched by now */
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	assert_int_equal(read(f.output, text, sizeof(text)), 0);
	assert_int_equal(end(&f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_while_it_waits_is_told_and_nothing_is_restarted),
		cmocka_unit_test(told_to_end_while_it_waits_it_ends_without_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
