/* SPDX-License-Identifier: MIT */
#include "winalux/podman/exec.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "fixture.h"
#include "winalux/base/buf.h"
#include "winalux/base/fd.h"

#define CREATE ">>> POST /containers/c/exec\n<<< 201\n\n{\"Id\":\"e1\"}\n"
#define STATUS(running, code)                                                                      \
	">>> GET /exec/e1/json\n<<< 200\n\n{\"Running\":" running ",\"ExitCode\":" code "}\n"

struct run {
	struct exec_options options;
	int input[2];
	int output[2];
	int errors[2];
	int status;
};

static void run_prepare(struct run *r, const char *input)
{
	*r = (struct run){ .status = -1 };
	assert_int_equal(pipe2(r->input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(r->output, O_CLOEXEC), 0);
	assert_int_equal(pipe2(r->errors, O_CLOEXEC), 0);
	r->options.stdin_fd = input ? r->input[0] : -1;
	r->options.stdout_fd = r->output[1];
	r->options.stderr_fd = r->errors[1];
	if (input)
		assert_int_equal(write(r->input[1], input, strlen(input)), strlen(input));
	close(r->input[1]);
	strv_add(&r->options.command, "true");
}

static void run_release(struct run *r)
{
	close(r->input[0]);
	fd_closep(&r->output[0]);
	fd_closep(&r->output[1]);
	fd_closep(&r->errors[0]);
	fd_closep(&r->errors[1]);
	strv_release(&r->options.command);
	strv_release(&r->options.environment);
}

static void assert_text(int *write_end, int read_end, const char *wanted)
{
	DEFER(buf_release) struct buf text = { 0 };

	buf_init(&text, 1 << 20);
	fd_closep(write_end);
	assert_int_equal(fd_read_all(read_end, &text, NULL), 0);
	assert_string_equal(text.data, wanted);
}

static void outputs_and_status_are_kept_apart(void **state)
{
	static const char script[] =
		">>> POST /containers/c/exec\n~ \"Cmd\":[\"printf\",\"a b\",\"\\n'$\"]\n"
		"~ \"Env\":[\"K=V\"]\n~ \"AttachStdin\":false\n~ \"DetachKeys\":\"ctrl-\n"
		"~ \"User\":\"developer\"\n<<< 201\n\n{\"Id\":\"e1\"}\n"
		">>> POST /exec/e1/start\n~ {\"Detach\":false,\"Tty\":false}\n"
		"<<< 101 raw escaped split=1\n\n"
		"\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x03out"
		"\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x03err\n" STATUS("false", "3");
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	DEFER(run_release) struct run r;

	(void)state;
	run_prepare(&r, NULL);
	strv_release(&r.options.command);
	strv_add(&r.options.command, "printf");
	strv_add(&r.options.command, "a b");
	strv_add(&r.options.command, "\n'$");
	strv_add(&r.options.environment, "K=V");
	r.options.user = "developer";
	assert_success(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err));
	assert_int_equal(r.status, 3);
	assert_text(&r.output[1], r.output[0], "out");
	assert_text(&r.errors[1], r.errors[0], "err");
	assert_int_equal(podman_request_count(f.podman), 3);
	assert_no_problems(&f);
}

static void input_comes_through_to_its_end(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		CREATE ">>> POST /exec/e1/start\n<<< 101 echo\n\n\n" STATUS("true", "0")
			STATUS("true", "0") STATUS("false", "0"));
	DEFER(run_release) struct run r;

	(void)state;
	run_prepare(&r, "from stdin");
	assert_success(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err));
	assert_int_equal(r.status, 0);
	assert_text(&r.output[1], r.output[0], "from stdin");
	assert_no_problems(&f);
}

static void a_200_without_upgrade_is_a_stream_too(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		CREATE ">>> POST /exec/e1/start\n<<< 200 raw escaped\n\n"
		       "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x02hi\n" STATUS("false", "0"));
	DEFER(run_release) struct run r;

	(void)state;
	run_prepare(&r, NULL);
	assert_success(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err));
	assert_text(&r.output[1], r.output[0], "hi");
}

static void what_libpod_adds_about_its_sockets_is_left_out(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		CREATE ">>> POST /exec/e1/start\n<<< 101 raw escaped\n\n"
		       "\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x11Error: not found\\n"
		       "\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x2dError: read unixpacket "
		       "@->/proc/self/fd/15/x\\n\n" STATUS("false", "127"));
	DEFER(run_release) struct run r;

	(void)state;
	run_prepare(&r, NULL);
	assert_success(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err));
	assert_int_equal(r.status, 127);
	assert_text(&r.errors[1], r.errors[0], "Error: not found\n");
}

struct failure {
	const char *script;
	enum error_kind kind;
	const char *text;
};

static const struct failure failures[] = {
	{ ">>> POST /containers/c/exec\n<<< 404\n\n{\"cause\":\"no such container\"}\n",
	  ERROR_NOT_FOUND, "cannot execute in container 'c': no such container" },
	{ ">>> POST /containers/c/exec\n<<< 409\n\n{\"cause\":\"container is not running\"}\n",
	  ERROR_PODMAN, "not running" },
	{ CREATE ">>> POST /exec/e1/start\n<<< 500\n\n{\"message\":\"unable to find user x\"}\n",
	  ERROR_PODMAN, "cannot execute in container 'c': unable to find user x" },
	{ CREATE ">>> POST /exec/e1/start\n<<< 500 chunked split=2\n\n{\"message\":\"broken\"}\n",
	  ERROR_PODMAN, "broken" },
	{ CREATE ">>> POST /exec/e1/start\n<<< 101 reset\n\n\n", ERROR_PODMAN,
	  "closed the connection" },
	{ CREATE ">>> POST /exec/e1/start\n<<< 101 raw\n\nno frame\n", ERROR_PODMAN,
	  "stream is broken" },
	{ CREATE ">>> POST /exec/e1/start\n<<< 101 raw escaped\n\n\\x01\\x00\\x00\n", ERROR_PODMAN,
	  "ended in the middle" },
	{ CREATE ">>> POST /exec/e1/start\n<<< 101 raw\n\n\n"
		 ">>> GET /exec/e1/json\n<<< 200 repeat\n\n{\"Running\":true}\n",
	  ERROR_PODMAN, "does not say how the command did" },
	{ CREATE ">>> POST /exec/e1/start\n<<< 101 raw\n\n\n"
		 ">>> GET /exec/e1/json\n<<< 404\n\n{\"cause\":\"no such exec session\"}\n",
	  ERROR_NOT_FOUND, "no such exec session" },
};

static void failures_say_at_which_container(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		DEFER(fixture_release) struct fixture f = fixture_start(failures[i].script);
		DEFER(run_release) struct run r;

		run_prepare(&r, NULL);
		assert_failure(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err),
			       failures[i].kind, failures[i].text);
		assert_non_null(strstr(f.err.text, "'c'"));
		assert_int_equal(r.status, -1);
	}
}

static void a_closed_output_ends_the_session(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(CREATE ">>> POST /exec/e1/start\n<<< 101 raw escaped\n\n"
						"\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x02hi\n");
	DEFER(run_release) struct run r;

	(void)state;
	run_prepare(&r, NULL);
	fd_closep(&r.output[0]);
	assert_failure(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err), ERROR_HOST,
		       "cannot write the output");
}

static void a_limit_ends_a_session_that_says_nothing(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(CREATE ">>> POST /exec/e1/start\n<<< 101 echo\n\n\n");
	DEFER(run_release) struct run r;

	(void)state;
	run_prepare(&r, NULL);
	r.options.timeout_ms = 50;
	assert_failure(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err), ERROR_TIMEOUT,
		       "cannot execute in container 'c': the command has not ended within");
}

static void a_signal_ends_the_session(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(CREATE ">>> POST /exec/e1/start\n<<< 101 echo\n\n\n");
	DEFER(run_release) struct run r;
	volatile bool cancelled = true;

	(void)state;
	run_prepare(&r, NULL);
	r.options.cancelled = &cancelled;
	assert_failure(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err),
		       ERROR_INTERRUPTED, "interrupted");
}

static void an_answer_that_is_not_http_is_refused(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(CREATE ">>> POST /exec/e1/start\n<<< 1010 raw\n\n\n");
	DEFER(run_release) struct run r;

	(void)state;
	run_prepare(&r, NULL);
	assert_failure(&f, exec_run(f.podman, "c", &r.options, &r.status, &f.err), ERROR_PODMAN,
		       "is not HTTP");
}

static void a_held_command_gives_its_first_line_and_lives_as_long_as_its_connection(void **state)
{
	static const char script[] = ">>> POST /containers/c/exec\n~ \"Cmd\":[\"hold\"]\n"
				     "~ \"AttachStdin\":true\n<<< 201\n\n{\"Id\":\"e1\"}\n"
				     ">>> POST /exec/e1/start\n<<< 101 echo escaped split=3\n\n"
				     "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x03rea"
				     "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x03dy\\x0a\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	DEFER(strv_release) struct strv command = { 0 };
	DEFER(freep) char *line = NULL;
	DEFER(fd_closep) int fd = -1;

	(void)state;
	strv_add(&command, "hold");
	assert_success(&f, exec_hold(f.podman, "c", &command, 10000, &line, &fd, &f.err));
	assert_string_equal(line, "ready");
	assert_true(fd >= 0);
	assert_no_problems(&f);
}

static void a_held_command_that_ends_at_once_is_an_error(void **state)
{
	static const char script[] = CREATE ">>> POST /exec/e1/start\n<<< 101 raw escaped\n\n"
					    "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x02no\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	DEFER(strv_release) struct strv command = { 0 };
	DEFER(freep) char *line = NULL;
	int fd = -1;

	(void)state;
	strv_add(&command, "hold");
	assert_failure(&f, exec_hold(f.podman, "c", &command, 10000, &line, &fd, &f.err),
		       ERROR_PODMAN, "the command ended at once");
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_and_status_are_kept_apart),
		cmocka_unit_test(input_comes_through_to_its_end),
		cmocka_unit_test(a_200_without_upgrade_is_a_stream_too),
		cmocka_unit_test(what_libpod_adds_about_its_sockets_is_left_out),
		cmocka_unit_test(failures_say_at_which_container),
		cmocka_unit_test(a_closed_output_ends_the_session),
		cmocka_unit_test(a_limit_ends_a_session_that_says_nothing),
		cmocka_unit_test(a_signal_ends_the_session),
		cmocka_unit_test(an_answer_that_is_not_http_is_refused),
		cmocka_unit_test(
			a_held_command_gives_its_first_line_and_lives_as_long_as_its_connection),
		cmocka_unit_test(a_held_command_that_ends_at_once_is_an_error),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
