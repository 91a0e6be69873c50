/* SPDX-License-Identifier: MIT */
#include "winalux/base/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

static const struct process_options no_options = { .stdin_fd = -1, .stdout_fd = -1 };

/* Runs a shell script; *ret_status and out as process_run gives them. */
static int run_script(const char *script, const struct process_options *options, struct buf *out,
		      int *ret_status, struct error *err)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return process_run(argv, options, out, ret_status, err);
}

static void output_and_status_come_back(void **state)
{
	DEFER(buf_release) struct buf out = { 0 };
	int status = -1;

	(void)state;
	assert_int_equal(run_script("echo one; echo two; exit 3", NULL, &out, &status, NULL), 0);
	assert_string_equal(out.data, "one\ntwo\n");
	assert_int_equal(status, 3);
}

static void a_signal_is_reported_as_a_shell_does(void **state)
{
	int status = -1;

	(void)state;
	assert_int_equal(run_script("kill -9 $$", NULL, NULL, &status, NULL), 0);
	assert_int_equal(status, 128 + 9);
	assert_int_equal(run_script("exit 0", NULL, NULL, NULL, NULL), 0);
}

static void arguments_pass_no_shell(void **state)
{
	const char *const argv[] = { "printf", "%s|%s", "$HOME `id`", "a  b\n'\"", NULL };
	DEFER(buf_release) struct buf out = { 0 };
	int status = -1;

	(void)state;
	assert_int_equal(process_run(argv, NULL, &out, &status, NULL), 0);
	assert_string_equal(out.data, "$HOME `id`|a  b\n'\"");
}

static void a_missing_program_is_named(void **state)
{
	static const char *const names[] = { "winalux-no-such-program", "/no/such/program" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *const argv[] = { names[i], NULL };
		DEFER(freep) char *wanted = xasprintf("'%s' is not installed", names[i]);
		struct error err = { 0 };
		int status = 77;

		assert_int_equal(process_run(argv, NULL, NULL, &status, &err), -1);
		assert_int_equal(err.kind, ERROR_HOST);
		assert_int_equal(err.os_errno, ENOENT);
		assert_string_equal(err.text, wanted);
		assert_int_equal(status, 77);
	}
}

static void what_cannot_be_executed_is_an_error_not_a_status(void **state)
{
	const char *const argv[] = { "/dev", NULL };
	struct process_options options = no_options;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(process_run(argv, NULL, NULL, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_non_null(strstr(err.text, "cannot start '/dev'"));
	options.directory = "/no/such/directory";
	assert_int_equal(run_script("true", &options, NULL, NULL, &err), -1);
	assert_int_equal(err.os_errno, ENOENT);
}

static void environment_and_directory_are_those_asked_for(void **state)
{
	static const char *const environment[] = { "WINALUX_TEST_B=new", "WINALUX_TEST_C=c=d",
						   NULL };
	struct process_options options = no_options;
	DEFER(buf_release) struct buf out = { 0 };

	(void)state;
	setenv("WINALUX_TEST_A", "kept", 1);
	setenv("WINALUX_TEST_B", "old", 1);
	options.environment = environment;
	options.directory = "/usr";
	assert_int_equal(
		run_script("env | grep ^WINALUX_TEST_ | sort; pwd", &options, &out, NULL, NULL), 0);
	assert_string_equal(out.data, "WINALUX_TEST_A=kept\nWINALUX_TEST_B=new\n"
				      "WINALUX_TEST_C=c=d\n/usr\n");
}

static void stdin_is_empty_unless_given(void **state)
{
	struct process_options options = no_options;
	DEFER(buf_release) struct buf out = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(run_script("cat", NULL, &out, NULL, NULL), 0);
	assert_string_equal(out.data, "");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "given", 5), 5);
	close(ends[1]);
	options.stdin_fd = ends[0];
	assert_int_equal(run_script("cat", &options, &out, NULL, NULL), 0);
	assert_string_equal(out.data, "given");
	close(ends[0]);
}

static void stdout_can_go_elsewhere(void **state)
{
	struct process_options options = no_options;
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(buf_release) struct buf out = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	options.stdout_fd = ends[1];
	assert_int_equal(run_script("echo there", &options, &out, NULL, NULL), 0);
	close(ends[1]);
	buf_init(&text, 100);
	assert_int_equal(fd_read_all(ends[0], &text, NULL), 0);
	assert_string_equal(text.data, "there\n");
	assert_int_equal(out.len, 0);
	close(ends[0]);
}

static void note_line(const char *line, bool is_stderr, void *context)
{
	buf_addf(context, "%s[%s]", is_stderr ? "err" : "out", line);
}

static void each_line_is_given_once_the_last_without_newline_too(void **state)
{
	struct process_options options = no_options;
	DEFER(buf_release) struct buf lines = { 0 };
	DEFER(buf_release) struct buf out = { 0 };

	(void)state;
	buf_init(&lines, 1000);
	options.on_line = note_line;
	options.context = &lines;
	assert_int_equal(run_script("echo a; echo; printf 'b'", &options, &out, NULL, NULL), 0);
	assert_string_equal(lines.data, "out[a]out[]out[b]");
	assert_string_equal(out.data, "a\n\nb");
	buf_clear(&lines);
	assert_int_equal(run_script("echo e >&2", &options, NULL, NULL, NULL), 0);
	assert_string_equal(lines.data, "err[e]");
}

static void count_bytes(const char *line, bool is_stderr, void *context)
{
	(void)is_stderr;
	*(size_t *)context += strlen(line);
}

static void an_endless_line_comes_in_pieces(void **state)
{
	struct process_options options = no_options;
	size_t bytes = 0;

	(void)state;
	options.on_line = count_bytes;
	options.context = &bytes;
	assert_int_equal(
		run_script("head -c 3000000 /dev/zero | tr '\\0' x", &options, NULL, NULL, NULL),
		0);
	assert_int_equal(bytes, 3000000);
}

static void output_past_the_limit_ends_the_run(void **state)
{
	struct process_options options = no_options;
	DEFER(buf_release) struct buf out = { 0 };
	DEFER(buf_release) struct buf small = { 0 };
	struct error err = { 0 };

	(void)state;
	options.max_output_bytes = 1000;
	assert_int_equal(run_script("yes", &options, &out, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_string_equal(err.text, "'sh' printed more than 1000 bytes");
	buf_init(&small, 4);
	assert_int_equal(run_script("echo 12345", NULL, &small, NULL, &err), -1);
	assert_string_equal(err.text, "'sh' printed more than 4 bytes");
}

static void exactly_the_limit_is_allowed(void **state)
{
	struct process_options options = no_options;
	DEFER(buf_release) struct buf out = { 0 };

	(void)state;
	options.max_output_bytes = 100000;
	assert_int_equal(run_script("head -c 100000 /dev/zero", &options, &out, NULL, NULL), 0);
	assert_int_equal(out.len, 100000);
}

/*
 * True once the process is gone. The test's own children of children become orphans, which
 * whoever is their reaper must collect first; a zombie counts as gone.
 */
static bool is_gone(pid_t pid)
{
	DEFER(freep) char *path = xasprintf("/proc/%d/stat", (int)pid);
	DEFER(buf_release) struct buf stat = { 0 };

	if (file_read(path, 4096, &stat, NULL) < 0)
		return true;
	const char *after_name = strrchr(stat.data, ')');
	return after_name && (after_name[2] == 'Z' || after_name[2] == 'X');
}

static void assert_soon_gone(pid_t pid)
{
	int64_t deadline_ms = clock_mono_ms() + 20000;

	while (!is_gone(pid)) {
		assert_true(clock_left_ms(deadline_ms) > 0);
		clock_sleep_ms(5);
	}
}

static pid_t pid_of(const char *text)
{
	uint64_t pid = 0;

	assert_true(parse_u64(&text, 2, INT32_MAX, &pid));
	return (pid_t)pid;
}

static void the_time_limit_ends_the_whole_group(void **state)
{
	static const char *const scripts[] = {
		"sleep 1000 & echo $!; wait",
		"(trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000) & wait",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct process_options options = no_options;
		DEFER(buf_release) struct buf out = { 0 };
		struct error err = { 0 };

		options.timeout_ms = 300;
		assert_int_equal(run_script(scripts[i], &options, &out, NULL, &err), -1);
		assert_int_equal(err.kind, ERROR_TIMEOUT);
		assert_string_equal(err.text, "'sh' did not end within 0.300 s");
		assert_soon_gone(pid_of(out.data));
	}
}

static void a_child_that_ignores_sigterm_is_killed(void **state)
{
	struct process_options options = no_options;
	struct error err = { 0 };

	(void)state;
	options.timeout_ms = 100;
	assert_int_equal(
		run_script("trap '' TERM; while :; do sleep 1; done", &options, NULL, NULL, &err),
		-1);
	assert_int_equal(err.kind, ERROR_TIMEOUT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to reap */
	assert_int_equal(errno, ECHILD);
}

struct canceller {
	bool is_cancelled;
	pid_t sleeper;
};

static void cancel_at_first_line(const char *line, bool is_stderr, void *context)
{
	struct canceller *canceller = context;

	(void)is_stderr;
	canceller->sleeper = pid_of(line);
	__atomic_store_n(&canceller->is_cancelled, true, __ATOMIC_RELAXED);
}

static void cancelling_ends_the_whole_group(void **state)
{
	struct canceller canceller = { 0 };
	struct process_options options = no_options;
	struct error err = { 0 };

	(void)state;
	options.on_line = cancel_at_first_line;
	options.context = &canceller;
	options.cancelled = &canceller.is_cancelled;
	assert_int_equal(run_script("sleep 1000 & echo $!; wait", &options, NULL, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_INTERRUPTED);
	assert_soon_gone(canceller.sleeper);
}

static void a_daemon_that_keeps_the_pipes_is_not_waited_for(void **state)
{
	DEFER(buf_release) struct buf out = { 0 };
	int status = -1;

	(void)state;
	assert_int_equal(run_script("setsid sleep 1000 & echo $!", NULL, &out, &status, NULL), 0);
	assert_int_equal(status, 0);
	pid_t daemon_pid = pid_of(out.data);
	assert_false(is_gone(daemon_pid));
	kill(daemon_pid, SIGKILL);
}

static void the_last_words_of_a_child_are_not_lost(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		DEFER(buf_release) struct buf out = { 0 };

		assert_int_equal(
			run_script("head -c 60000 /dev/zero; exit 1", NULL, &out, NULL, NULL), 0);
		assert_int_equal(out.len, 60000);
	}
}

static void children_get_signals_as_a_fresh_program(void **state)
{
	DEFER(buf_release) struct buf out = { 0 };
	sigset_t blocked, before;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	assert_int_equal(
		run_script(
			"grep -E '^Sig(Blk|Ign)' /proc/self/status |"
			" while read -r name set; do"
			/* 32 and 33 are the C library's own; whoever started us may ignore them. */
			" echo $name $((0x$set & ~0x180000000)); done",
			NULL, &out, NULL, NULL),
		0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	assert_string_equal(out.data, "SigBlk: 0\nSigIgn: 0\n");
}

static void children_inherit_no_descriptor_of_ours(void **state)
{
	DEFER(buf_release) struct buf out = { 0 };
	DEFER(fd_closep) int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(run_script("readlink /proc/self/fd/*", NULL, &out, NULL, NULL), 0);
	assert_non_null(strstr(out.data, "/dev/null"));
	assert_null(strstr(out.data, "/etc/passwd"));
}

/* In a thread, where a failed assertion could not reach cmocka. Returns NULL when all went well. */
static void *run_some(void *context)
{
	for (int i = 0; i < 20; i++) {
		DEFER(buf_release) struct buf out = { 0 };

		if (run_script("echo here", NULL, &out, NULL, NULL) < 0 ||
		    strcmp(out.data, "here\n") != 0)
			return context;
	}
	return NULL;
}

static void many_threads_can_run_children_at_once(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_some, threads), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *failed = threads;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void a_spawned_child_runs_until_it_is_stopped(void **state)
{
	static const char *const quiet[] = { "sleep", "1000", NULL };
	static const char *const stubborn[] = { "sh", "-c",
						"trap '' TERM; while :; do sleep 1000; done",
						NULL };
	pid_t pid = 0;

	(void)state;
	assert_int_equal(process_spawn(quiet, &pid, NULL), 0);
	assert_false(is_gone(pid));
	assert_int_equal(getpgid(pid), pid);
	process_stop(pid, 20000);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(process_spawn(stubborn, &pid, NULL), 0);
	process_stop(pid, 50);
	assert_int_equal(kill(pid, 0), -1);
}

static void a_spawned_child_dies_with_its_parent(void **state)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	int ends[2];
	pid_t sleeper = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t parent = fork();
	if (parent == 0) {
		if (process_spawn(argv, &sleeper, NULL) < 0 ||
		    write(ends[1], &sleeper, sizeof(sleeper)) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(ends[0], &sleeper, sizeof(sleeper)), sizeof(sleeper));
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_soon_gone(sleeper);
	close(ends[0]);
	close(ends[1]);
}

static void programs_are_found_in_path_only_by_absolute_entries(void **state)
{
	DEFER(freep) char *before = xstrdup(getenv("PATH"));
	DEFER(freep) char *sh = process_find("sh");

	(void)state;
	assert_non_null(sh);
	assert_int_equal(sh[0], '/');
	assert_null(process_find("winalux-no-such-program"));
	DEFER(freep) char *absolute = process_find("/bin/sh");
	assert_non_null(absolute);
	assert_int_equal(chdir("/bin"), 0);
	setenv("PATH", ".:", 1);
	assert_null(process_find("sh"));
	setenv("PATH", before, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_status_come_back),
		cmocka_unit_test(a_signal_is_reported_as_a_shell_does),
		cmocka_unit_test(arguments_pass_no_shell),
		cmocka_unit_test(a_missing_program_is_named),
		cmocka_unit_test(what_cannot_be_executed_is_an_error_not_a_status),
		cmocka_unit_test(environment_and_directory_are_those_asked_for),
		cmocka_unit_test(stdin_is_empty_unless_given),
		cmocka_unit_test(stdout_can_go_elsewhere),
		cmocka_unit_test(each_line_is_given_once_the_last_without_newline_too),
		cmocka_unit_test(an_endless_line_comes_in_pieces),
		cmocka_unit_test(output_past_the_limit_ends_the_run),
		cmocka_unit_test(exactly_the_limit_is_allowed),
		cmocka_unit_test(the_time_limit_ends_the_whole_group),
		cmocka_unit_test(a_child_that_ignores_sigterm_is_killed),
		cmocka_unit_test(cancelling_ends_the_whole_group),
		cmocka_unit_test(a_daemon_that_keeps_the_pipes_is_not_waited_for),
		cmocka_unit_test(the_last_words_of_a_child_are_not_lost),
		cmocka_unit_test(children_get_signals_as_a_fresh_program),
		cmocka_unit_test(children_inherit_no_descriptor_of_ours),
		cmocka_unit_test(many_threads_can_run_children_at_once),
		cmocka_unit_test(a_spawned_child_runs_until_it_is_stopped),
		cmocka_unit_test(a_spawned_child_dies_with_its_parent),
		cmocka_unit_test(programs_are_found_in_path_only_by_absolute_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
