/* SPDX-License-Identifier: MIT */
/* What PID 1 does with processes that write, with children of this test instead of them. */
#include "guest/freeze.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "files.h"
#include "guest/event.h"
#include "guest/report.h"
#include "guest/sessions.h"
#include "telemetry/proc_file.h"
#include "telemetry/process_stat.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"

enum { NOBODY = 65534, PATIENCE = 500 };

struct fixture {
	struct loop loop;
	struct report report;
	struct freeze freeze;
	struct wire_config config;
	struct metrics page;
	unsigned changes;
	char events[8192];
	char path[256];
};

static void on_change(void *context)
{
	((struct fixture *)context)->changes++;
}

static void on_event(void *context, const struct event *e)
{
	struct fixture *f = context;

	strncat(f->events, e->text, e->len);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *directory;

	assert_int_equal(files_setup(&directory), 0);
	files_path(f->path, directory, "metrics");
	free(directory);
	assert_int_equal(loop_init(&f->loop, NULL), 0);
	report_init(&f->report, &f->loop, open("/dev/null", O_WRONLY | O_CLOEXEC));
	f->report.on_event = on_event;
	f->report.context = f;
	freeze_init(&f->freeze, &f->loop, &f->report, f->path);
	f->freeze.on_change = on_change;
	f->freeze.context = f;
	f->config.limits[WIRE_LIMIT_DISK] = (struct wire_limit){ .number = 1000, .freezes = true };
	freeze_set(&f->freeze, &f->config);
	f->page = (struct metrics){ .interval_ms = 10000,
				    .storage_is_over = true,
				    .storage_used_bytes = UINT64_C(11) << 27,
				    .storage_total_bytes = UINT64_C(1) << 30 };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	*strrchr(f->path, '/') = '\0';
	rmdir(f->path);
	close(f->report.out.fd);
	close(f->loop.fd);
	free(f);
	return 0;
}

static struct process_stat stat_of(pid_t pid)
{
	struct process_stat stat = { 0 };
	char text[1024];

	assert_true(proc_file_read("/proc", pid, "stat", text, sizeof(text)));
	assert_true(process_stat_parse(text, &stat));
	return stat;
}

static bool is_stopped(pid_t pid)
{
	return stat_of(pid).state == 'T';
}

static void expect_stopped(pid_t pid, bool is_wanted)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	for (unsigned i = 0; i < PATIENCE && is_stopped(pid) != is_wanted; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(is_stopped(pid), is_wanted);
}

/* Somebody who waits, as a user that is not root; terminal: his, or -1. */
static pid_t start(int terminal)
{
	int ready[2];
	char sign;

	assert_int_equal(pipe(ready), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		setsid();
		if (terminal >= 0 && (ioctl(terminal, TIOCSCTTY, 0) < 0 ||
				      (getuid() == 0 && fchown(terminal, NOBODY, NOBODY) < 0)))
			_exit(1);
		if (getuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
			_exit(1);
		if (write(ready[1], "x", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &sign, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void name(struct fixture *f, pid_t pid)
{
	struct metrics_writer *writer = &f->page.writers[f->page.writer_count++];

	*writer = (struct metrics_writer){ .command = "writ\033er",
					   .pid = (uint32_t)pid,
					   .started_ticks = stat_of(pid).started_ticks };
}

/* The daemon's next sample, and PID 1's look at it. */
static void look(struct fixture *f)
{
	static int64_t counter;

	f->page.sampled_boot_ms = metrics_now_ms() - 10000 + ++counter;
	assert_true(metrics_write(f->path, &f->page));
	f->freeze.timer.run(&f->freeze);
}

static void who_writes_is_stopped_until_there_is_room(void **state)
{
	struct fixture *f = *state;
	const pid_t writer = start(-1), other = start(-1);

	name(f, writer);
	look(f);
	expect_stopped(writer, true);
	assert_false(is_stopped(other));
	assert_int_equal(f->freeze.count, 1);
	assert_int_equal(f->changes, 1);
	assert_non_null(strstr(f->events, "{\"event\":\"frozen\",\"pid\":"));
	assert_non_null(strstr(f->events, "\"used\":1476395008,\"limit\":1073741824}"));
	look(f); /* named again, for what it wrote before */
	assert_int_equal(f->freeze.count, 1);
	assert_int_equal(f->changes, 1);
	f->page.storage_is_over = false;
	look(f);
	expect_stopped(writer, false);
	assert_int_equal(f->freeze.count, 0);
	assert_non_null(
		strstr(f->events, "{\"event\":\"thawed\",\"count\":1,\"reason\":\"room\"}"));
	end(writer);
	end(other);
}

static void figures_that_are_old_or_gone_hold_nobody(void **state)
{
	struct fixture *f = *state;
	const pid_t writer = start(-1);

	name(f, writer);
	for (unsigned i = 0; i < 3; i++) {
		look(f);
		expect_stopped(writer, true);
		f->page.sampled_boot_ms = metrics_now_ms() - 30001;
		if (i == 0)
			assert_true(metrics_write(f->path, &f->page));
		else if (i == 1)
			files_write(f->path, "garbage", 0644);
		else
			unlink(f->path);
		f->freeze.timer.run(&f->freeze);
		expect_stopped(writer, false);
	}
	assert_non_null(strstr(f->events, "\"reason\":\"nothing is measured\""));
	end(writer);
}

static void other_settings_continue_it(void **state)
{
	struct fixture *f = *state;
	const pid_t writer = start(-1);

	name(f, writer);
	look(f);
	expect_stopped(writer, true);
	freeze_set(&f->freeze, &f->config);
	assert_true(is_stopped(writer));
	f->config.limits[WIRE_LIMIT_DISK].number++;
	freeze_set(&f->freeze, &f->config);
	expect_stopped(writer, false);
	look(f);
	expect_stopped(writer, true);
	f->config.limits[WIRE_LIMIT_DISK].freezes = false;
	freeze_set(&f->freeze, &f->config);
	expect_stopped(writer, false);
	assert_int_equal(f->freeze.timer.due_ms, 0);
	end(writer);
}

static void a_stop_of_the_container_continues_it(void **state)
{
	struct fixture *f = *state;
	const pid_t writer = start(-1);

	name(f, writer);
	look(f);
	expect_stopped(writer, true);
	freeze_stop(&f->freeze);
	expect_stopped(writer, false);
	assert_int_equal(f->freeze.timer.due_ms, 0);
	end(writer);
}

static void whom_the_developer_continues_goes_on_until_he_writes_again(void **state)
{
	struct fixture *f = *state;
	const pid_t writer = start(-1);

	name(f, writer);
	look(f);
	expect_stopped(writer, true);
	f->freeze.timer.run(&f->freeze);
	kill(writer, SIGCONT);
	expect_stopped(writer, false);
	f->freeze.timer.run(&f->freeze); /* the same sample */
	assert_false(is_stopped(writer));
	assert_int_equal(f->freeze.count, 0);
	f->page.writer_count = 0;
	look(f);
	assert_false(is_stopped(writer));
	name(f, writer);
	look(f);
	expect_stopped(writer, true);
	freeze_stop(&f->freeze);
	end(writer);
}

static void who_is_told_to_end_can(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct fixture *f = *state;
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		const pid_t writer = start(-1);

		f->page.writer_count = 0;
		name(f, writer);
		look(f);
		expect_stopped(writer, true);
		f->freeze.timer.run(&f->freeze);
		assert_int_equal(f->freeze.count, 1);
		kill(writer, signals[i]);
		f->freeze.timer.run(&f->freeze);
		assert_int_equal(waitpid(writer, &status, 0), writer);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		assert_int_equal(f->freeze.count, 0);
	}
}

static void who_was_stopped_already_is_left_to_who_did_it(void **state)
{
	struct fixture *f = *state;
	const pid_t writer = start(-1);

	kill(writer, SIGSTOP);
	expect_stopped(writer, true);
	name(f, writer);
	look(f);
	assert_int_equal(f->freeze.count, 0);
	f->page.storage_is_over = false;
	look(f);
	assert_true(is_stopped(writer));
	end(writer);
}

static void nobody_else_is_stopped(void **state)
{
	struct fixture *f = *state;
	struct sessions *sessions = xcalloc(1, sizeof(*sessions));
	const pid_t later = start(-1), part_of_sshd = start(-1);

	f->freeze.sessions = sessions;
	name(f, later);
	f->page.writers[0].started_ticks++; /* the pid was another process's */
	name(f, 1);
	name(f, part_of_sshd);
	sessions->items[5].pid = part_of_sshd;
	name(f, later);
	f->page.writers[3].state = METRICS_WRITER_STOPPED;
	look(f);
	sessions->items[5].pid = getpid(); /* its parent */
	look(f);
	assert_int_equal(f->freeze.count, 0);
	assert_false(is_stopped(later));
	assert_false(is_stopped(part_of_sshd));
	if (getuid() == 0) {
		name(f, getpid()); /* root's */
		look(f);
		assert_int_equal(f->freeze.count, 0);
	}
	free(sessions);
	end(later);
	end(part_of_sshd);
}

static void its_terminal_says_why(void **state)
{
	struct fixture *f = *state;
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char wanted[64], text[1024] = "";

	if (getuid() != 0)
		skip(); /* a child has to become another user */
	assert_true(master >= 0);
	assert_int_equal(grantpt(master) | unlockpt(master), 0);
	const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	const pid_t writer = start(terminal);

	name(f, writer);
	look(f);
	assert_true(waitpid(-1, NULL, 0) > 0); /* the child that has said it */
	assert_true(read(master, text, sizeof(text) - 1) > 0);
	snprintf(wanted, sizeof(wanted), "writ?er (PID %d) writes and was stopped.", (int)writer);
	assert_non_null(strstr(text, "winalux: storage is full (1.37GB of 1.00GB): "));
	assert_non_null(strstr(text, wanted));
	assert_non_null(strstr(text, "'task storage'"));
	snprintf(wanted, sizeof(wanted), "'kill -CONT %d'", (int)writer);
	assert_non_null(strstr(text, wanted));
	freeze_stop(&f->freeze);
	end(writer);
	close(terminal);
	close(master);
}

static void a_limit_that_warns_costs_nothing(void **state)
{
	struct fixture *f = *state;

	assert_true(f->freeze.timer.due_ms != 0);
	f->config.limits[WIRE_LIMIT_DISK] = (struct wire_limit){ .freezes = true };
	freeze_set(&f->freeze, &f->config);
	assert_int_equal(f->freeze.timer.due_ms, 0);
}

int main(void)
{
#define FREEZE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FREEZE_TEST(who_writes_is_stopped_until_there_is_room),
		FREEZE_TEST(figures_that_are_old_or_gone_hold_nobody),
		FREEZE_TEST(other_settings_continue_it),
		FREEZE_TEST(a_stop_of_the_container_continues_it),
		FREEZE_TEST(whom_the_developer_continues_goes_on_until_he_writes_again),
		FREEZE_TEST(who_is_told_to_end_can),
		FREEZE_TEST(who_was_stopped_already_is_left_to_who_did_it),
		FREEZE_TEST(nobody_else_is_stopped),
		FREEZE_TEST(its_terminal_says_why),
		FREEZE_TEST(a_limit_that_warns_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
