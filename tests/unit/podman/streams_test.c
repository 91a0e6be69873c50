/* SPDX-License-Identifier: MIT */
/* Logs, image streams and archives against the fake service. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"
#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/strv.h"
#include "winalux/podman/container.h"
#include "winalux/podman/event.h"
#include "winalux/podman/image.h"
#include "winalux/podman/manifest.h"

/* --- logs --- */

struct log_sink {
	struct strv lines; /* "out:…", "err:…" */
	int left;          /* lines until it has enough; < 0: never */
};

static bool on_line(const char *line, size_t len, bool is_stderr, void *context)
{
	struct log_sink *sink = context;

	assert_int_equal(strlen(line), len);
	strv_addf(&sink->lines, "%s:%s", is_stderr ? "err" : "out", line);
	return sink->left < 0 || --sink->left > 0;
}

#define FRAME(stream, len) "\\x0" #stream "\\x00\\x00\\x00\\x00\\x00\\x00\\x" #len
#define LOG_BODY                                                                                   \
	FRAME(1, 04)                                                                               \
	"one\\n" FRAME(1, 04) "part" FRAME(2, 04) "two\\n" FRAME(1, 04) "ial\\n" FRAME(1, 03) "en" \
											      "d"

static void assert_log(const char *options, int left, const char *wanted)
{
	DEFER(freep)
	char *script = xasprintf(
		">>> GET /containers/c/logs*\n<<< 200 escaped %s\n\n" LOG_BODY "\n", options);
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	struct log_sink sink = { .left = left };
	struct log_options log = { .follow = true, .tail = -1, .timeout_ms = -1 };

	assert_success(&f, container_logs(f.podman, "c", &log, on_line, &sink, &f.err));
	DEFER(freep) char *joined = strv_join(&sink.lines, "|");
	assert_string_equal(joined, wanted);
	strv_release(&sink.lines);
}

static void log_lines_are_whole_however_their_frames_arrive(void **state)
{
	(void)state;
	for (int split = 1; split < 60; split++) {
		char options[32];

		snprintf(options, sizeof(options), "chunked split=%d", split);
		assert_log(options, -1, "out:one|err:two|out:partial|out:end");
	}
	assert_log("", -1, "out:one|err:two|out:partial|out:end");
}

static void a_reader_that_has_enough_ends_a_log_that_goes_on(void **state)
{
	(void)state;
	assert_log("stall", 2, "out:one|err:two");
}

static void a_log_that_ends_inside_a_frame_is_an_error(void **state)
{
	DEFER(fixture_release)
	struct fixture f =
		fixture_start(">>> GET /containers/c/logs*\n<<< 200 escaped\n\n"
			      "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x09cut\n"
			      ">>> GET /containers/c/logs*\n<<< 200\n\nno frames here\n");
	struct log_sink sink = { .left = -1 };
	struct log_options log = { .tail = 5, .timeout_ms = -1 };

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_failure(&f, container_logs(f.podman, "c", &log, on_line, &sink, &f.err),
			       ERROR_PODMAN, "stream is broken");
	strv_release(&sink.lines);
}

static void timestamps_are_kept_only_at_the_start_of_a_line(void **state)
{
	static const char script[] =
		">>> GET /containers/c/logs*\n<<< 200 escaped chunked "
		"split=7\n\n" FRAME(1, 19) "2026-11-22T19:18:00Z part" FRAME(
			1, 19) "2026-11-22T19:18:01Z ial\\n" FRAME(1, 17) "2026-11-22T19:"
									  "18:02Z b\\n\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	struct log_sink sink = { .left = -1 };
	struct log_options log = { .tail = -1, .with_timestamps = true, .timeout_ms = -1 };

	(void)state;
	assert_success(&f, container_logs(f.podman, "c", &log, on_line, &sink, &f.err));
	DEFER(freep) char *joined = strv_join(&sink.lines, "|");
	assert_string_equal(joined, "out:2026-11-22T19:18:00Z partial|out:2026-11-22T19:18:02Z b");
	strv_release(&sink.lines);
}

static void log_options_reach_the_server(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> GET /containers/c/logs?stdout=true&stderr=false&follow=false&timestamps=true"
		"&since=1700000000&tail=0\n<<< 200\n\n\n"
		">>> GET /containers/c/logs?stdout=true&stderr=true&follow=true&timestamps=false\n"
		"<<< 200 hang\n\n\n");
	struct log_options some = { .with_stdout = true,
				    .with_timestamps = true,
				    .since_s = 1700000000,
				    .timeout_ms = -1 };
	struct log_options all = { .follow = true, .tail = -1, .timeout_ms = 80 };
	struct log_sink sink = { .left = -1 };

	(void)state;
	assert_success(&f, container_logs(f.podman, "c", &some, on_line, &sink, &f.err));
	assert_failure(&f, container_logs(f.podman, "c", &all, on_line, &sink, &f.err),
		       ERROR_TIMEOUT, "within 0.080 s");
	assert_no_problems(&f);
}

/* --- events --- */

#define EVENT(action, id, ns)                                                                      \
	"{\"Type\":\"container\",\"Action\":\"" action "\",\"Actor\":{\"ID\":\"" id                \
	"\",\"Attributes\":{\"name\":\"x\",\"a.b\":\"c\"}},\"time\":1,\"timeNano\":" ns "}\n"

static bool on_event(const struct podman_event *e, void *context)
{
	struct log_sink *sink = context;

	strv_addf(&sink->lines, "%s %s %s %s %" PRId64, e->action, e->id,
		  labels_get(&e->attributes, "name"), labels_get(&e->attributes, "a.b"),
		  e->time_ns);
	return sink->left-- != 1;
}

static int list_events(struct fixture *f, struct log_sink *sink)
{
	DEFER(strv_release) struct strv actions = { 0 };

	strv_add(&actions, "exec");
	strv_add(&actions, "commit");
	return event_list(f->podman, &actions, 1700000000, on_event, sink, &f->err);
}

static void events_are_read_one_by_one(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> GET /events?stream=false&since=1700000000&filters=%7B%22type%22%3A%5B%22"
		"container%22%5D%2C%22event%22%3A%5B%22exec%22%2C%22commit%22%5D%7D\n"
		"<<< 200 chunked split=9\n\n" EVENT("exec", "1", "1700000001000000002")
			EVENT("commit", "2", "1700000003000000000"));
	struct log_sink sink = { .left = -1 };

	(void)state;
	assert_success(&f, list_events(&f, &sink));
	DEFER(freep) char *joined = strv_join(&sink.lines, "|");
	assert_string_equal(joined,
			    "exec 1 x c 1700000001000000002|commit 2 x c 1700000003000000000");
	strv_release(&sink.lines);
	assert_no_problems(&f);
}

static void events_that_cannot_be_read_are_an_error(void **state)
{
	static const char *const answers[] = {
		"<<< 500\n\n{\"cause\":\"no journal\",\"message\":\"no journal\"}\n",
		"<<< 200\n\n" EVENT("exec", "1", "5") "{\"cause\":\"no journal\"}\n",
		"<<< 200\n\n" EVENT("exec", "1", "5") "no JSON\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		DEFER(freep) char *script = xasprintf(">>> GET /events*\n%s", answers[i]);
		DEFER(fixture_release) struct fixture f = fixture_start(script);
		struct log_sink sink = { .left = -1 };

		assert_failure(&f, list_events(&f, &sink), ERROR_PODMAN,
			       i < 2 ? "no journal" : "nonsense");
		strv_release(&sink.lines);
	}
}

static void a_reader_of_events_can_have_enough(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /events*\n<<< 200 stall\n\n" EVENT(
		"exec", "1", "5") EVENT("exec", "2", "6"));
	struct log_sink sink = { .left = 1 };

	(void)state;
	assert_success(&f, list_events(&f, &sink));
	assert_int_equal(sink.lines.count, 1);
	strv_release(&sink.lines);
}

/* --- images --- */

static bool on_text(const char *line, void *context)
{
	strv_add(context, line);
	return strcmp(line, "stop") != 0;
}

#define BUILT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void a_build_gives_its_lines_and_its_id(void **state)
{
	static const char script[] =
		">>> POST /build?dockerfile=%5B%22x%2FContainerfile%22%5D&t=localhost%2Ft%3A1&*"
		"layers=true*platform=linux%2Farm64*buildargs=%7B%22A%22%3A%22b%22%7D*"
		"secrets=%5B%22id%3Dx%2Csrc%3Dy%22%5D\n~ context\n"
		"<<< 200 chunked split=9\n\n"
		"{\"stream\":\"STEP 1/2\\nno new\"}\n{\"stream\":\"line\\n\"}\n\n"
		"{\"stream\":\"--\\u003e 0123456789a\\n" BUILT "\\n\"}\n\n"
		">>> GET /images/localhost%2Ft%3A1/json\n<<< 200\n\n{\"Id\":\"sha256:" BUILT
		"\"}\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	DEFER(strv_release) struct strv lines = { 0 };
	DEFER(freep) char *id = NULL;
	struct build_options options = { .tag = "localhost/t:1",
					 .containerfile = "x/Containerfile",
					 .platform = "linux/arm64" };

	(void)state;
	labels_add(&options.build_args, "A", "b");
	strv_add(&options.secrets, "id=x,src=y");
	assert_success(&f,
		       image_build(f.podman, "context", 7, &options, on_text, &lines, &id, &f.err));
	assert_string_equal(id, BUILT);
	DEFER(freep) char *joined = strv_join(&lines, "|");
	assert_string_equal(joined, "STEP 1/2|no newline|--> 0123456789a|" BUILT);
	labels_release(&options.build_args);
	strv_release(&options.secrets);
	assert_no_problems(&f);
}

struct build_case {
	const char *reply; /* from the status on */
	enum error_kind kind;
	const char *text;
};

static const struct build_case failing_builds[] = {
	{ "200\n\n{\"stream\":\"STEP 1\\n\"}\n{\"stream\":\"make: no rule\\n\"}\n"
	  "{\"errorDetail\":{\"message\":\"exit status 2\\n\"},\"error\":\"exit status 2\\n\"}\n",
	  ERROR_BUILD, "exit status 2; the output ended with: STEP 1 | make: no rule" },
	{ "200\n\n{\"stream\":\"STEP 1\\n\"}\n", ERROR_BUILD, "ended before its last step" },
	{ "200 chunked short=20 split=20\n\n{\"stream\":\"STEP 1\\n\"}\n{\"stream\":\"x\"}\n",
	  ERROR_PODMAN, "in the middle of its answer" },
	{ "200\n\n{\"stream\":\"STEP 1\\n\"}\nnot json\n", ERROR_PODMAN, "is not JSON" },
	{ "200\n\n[1]\n", ERROR_PODMAN, "is not JSON" },
	{ "500\n\n{\"cause\":\"no context\",\"message\":\"no context\"}\n", ERROR_PODMAN,
	  "no context" },
	{ "200\n\n{\"stream\":\"stop\\n\"}\n{\"stream\":\"more\\n\"}\n", ERROR_INTERRUPTED,
	  "interrupted" },
	{ "200 stall\n\n{\"stream\":\"STEP 1\\n\"}\n", ERROR_TIMEOUT,
	  "nothing came from Podman for 0.090 s" },
};

static void a_build_fails_for_what_its_stream_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failing_builds); i++) {
		DEFER(freep)
		char *script =
			xasprintf(">>> POST /build*\n<<< %s"
				  ">>> GET /images/*\n<<< 200 repeat\n\n{\"Id\":\"" BUILT "\"}\n",
				  failing_builds[i].reply);
		DEFER(fixture_release) struct fixture f = fixture_start(script);
		DEFER(strv_release) struct strv lines = { 0 };
		struct build_options options = { .tag = "t:1",
						 .containerfile = "Containerfile",
						 .idle_timeout_ms = 90 };

		assert_failure(
			&f, image_build(f.podman, "x", 1, &options, on_text, &lines, NULL, &f.err),
			failing_builds[i].kind, failing_builds[i].text);
	}
}

static void a_build_without_an_image_is_a_failure(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> POST /build*\n<<< 200\n\n{\"stream\":\"" BUILT "\\n\"}\n"
		">>> GET /images/t%3A1/json\n<<< 404\n\n{\"cause\":\"image not known\"}\n");
	struct build_options options = { .tag = "t:1", .containerfile = "Containerfile" };

	(void)state;
	assert_failure(&f, image_build(f.podman, "x", 1, &options, NULL, NULL, NULL, &f.err),
		       ERROR_BUILD, "ended without an image");
}

static const struct image_transfer quick = { .timeout_ms = 5000 };

static void a_pull_fails_inside_its_200(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> POST /images/pull?reference=x%3A1&policy=missing\n<<< 200\n\n"
		"{\"stream\":\"Trying to pull x:1...\\n\"}\n{\"error\":\"connection refused\"}\n"
		">>> POST /images/pull*\n<<< 200\n\n{\"images\":[\"0123\"],\"id\":\"0123\"}\n");

	(void)state;
	assert_failure(&f, image_pull(f.podman, "x:1", PULL_MISSING, &quick, NULL, &f.err),
		       ERROR_PODMAN, "cannot pull image 'x:1': connection refused");
	assert_success(&f, image_pull(f.podman, "x:1", PULL_MISSING, &quick, NULL, &f.err));
	assert_no_problems(&f);
}

static void an_import_takes_memory_files_and_pipes(void **state)
{
	static const char script[] =
		">>> POST /images/import?reference=x%3A1&changes=CMD%20a&changes=ENV%20A%3D1\n"
		"~ tarball\n<<< 200 repeat\n\n{\"Id\":\"sha256:" BUILT "\"}\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	struct import_options options = { .reference = "x:1" };
	char path[] = "/tmp/winalux-test-XXXXXX";
	DEFER(fd_closep) int file = mkostemp(path, O_CLOEXEC);
	int pipe_fds[2];

	(void)state;
	strv_add(&options.changes, "CMD a");
	strv_add(&options.changes, "ENV A=1");
	unlink(path);
	assert_int_equal(write(file, "skip tarball", 12), 12);
	assert_int_equal(lseek(file, 5, SEEK_SET), 5);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(write(pipe_fds[1], "tarball", 7), 7);
	close(pipe_fds[1]);

	DEFER(freep) char *id = NULL;
	assert_success(&f, image_import(f.podman, "tarball", 7, &options, &id, &f.err));
	assert_string_equal(id, BUILT);
	assert_success(&f, image_import_fd(f.podman, file, &options, NULL, &f.err));
	DEFER(freep) char *from_file = fake_last_body(f.server);
	assert_string_equal(from_file, "tarball");
	assert_success(&f, image_import_fd(f.podman, pipe_fds[0], &options, NULL, &f.err));
	DEFER(freep) char *from_pipe = fake_last_body(f.server);
	assert_string_equal(from_pipe, "tarball");
	close(pipe_fds[0]);
	strv_release(&options.changes);
}

/* --- archives --- */

static void an_archive_is_put_with_its_owners(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> PUT /containers/c/archive?path=%2Fa%20b&copyUIDGID=false\n~ tarball\n"
		"<<< 200\n\n\n"
		">>> PUT /containers/c/archive*\n<<< 500\n\n{\"cause\":\"copier: put: full\"}\n");

	(void)state;
	assert_success(&f, container_put_archive(f.podman, "c", "/a b", "tarball", 7, &f.err));
	assert_failure(&f, container_put_archive(f.podman, "c", "/", "tarball", 7, &f.err),
		       ERROR_PODMAN, "cannot copy into container 'c': copier: put: full");
	assert_no_problems(&f);
}

static void an_archive_is_got_into_a_descriptor(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> GET /containers/c/archive?path=%2Fx\n<<< 200 chunked split=3\n\ntarball\n"
		">>> GET /containers/c/archive*\n<<< 404\n\n{\"cause\":\"no such file or "
		"directory\"}\n"
		">>> GET /containers/c/archive*\n<<< 200 stall\n\ntarball\n"
		">>> GET /containers/c/archive*\n<<< 200 size=1000000 stall\n\n\n");
	DEFER(fd_closep) int closed = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int fds[2];
	char got[16] = "";

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_success(&f, container_get_archive_fd(f.podman, "c", "/x", fds[1], 7, &f.err));
	assert_int_equal(read(fds[0], got, sizeof(got) - 1), 7);
	assert_string_equal(got, "tarball");
	assert_failure(&f, container_get_archive_fd(f.podman, "c", "/x", fds[1], 7, &f.err),
		       ERROR_NOT_FOUND, "no such file");
	assert_failure(&f, container_get_archive_fd(f.podman, "c", "/x", closed, 0, &f.err),
		       ERROR_HOST, "No space left");
	assert_failure(&f, container_get_archive_fd(f.podman, "c", "/x", fds[1], 4096, &f.err),
		       ERROR_HOST, "larger than what is read of it");
	close(fds[0]);
	close(fds[1]);
}

static void a_path_is_looked_up_by_its_header(void **state)
{
	/* {"name":"d","mode":2147484141}, {"name":"f","mode":420} */
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> HEAD /containers/c/archive?path=%2Fd\n<<< 200\n"
		"X-Docker-Container-Path-Stat: eyJuYW1lIjoiZCIsIm1vZGUiOjIxNDc0ODQxNDF9\n\n\n"
		">>> HEAD /containers/c/archive?path=%2Ff\n<<< 200\n"
		"X-Docker-Container-Path-Stat: eyJuYW1lIjoiZiIsIm1vZGUiOjQyMH0=\n\n\n"
		">>> HEAD /containers/c/archive?path=%2Fn\n<<< 404\n\n\n"
		">>> HEAD /containers/c/archive?path=%2Fx\n<<< 200\n\n\n");
	bool exists = false, is_dir = false;

	(void)state;
	assert_success(&f, container_stat_path(f.podman, "c", "/d", &exists, &is_dir, &f.err));
	assert_true(exists && is_dir);
	assert_success(&f, container_stat_path(f.podman, "c", "/f", &exists, &is_dir, &f.err));
	assert_true(exists && !is_dir);
	assert_success(&f, container_stat_path(f.podman, "c", "/n", &exists, &is_dir, &f.err));
	assert_false(exists);
	assert_failure(&f, container_stat_path(f.podman, "c", "/x", &exists, &is_dir, &f.err),
		       ERROR_PODMAN, "no stat");
	assert_no_problems(&f);
}

static void a_link_to_a_directory_is_looked_up_as_the_directory(void **state)
{
	/* {"name":"d","mode":134218239,"linkTarget":"/d"}, {"name":"d","mode":2147484141} */
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> HEAD /containers/c/archive?path=%2Fl\n<<< 200\n"
		"X-Docker-Container-Path-Stat: "
		"eyJuYW1lIjoiZCIsIm1vZGUiOjEzNDIxODIzOSwibGlua1RhcmdldCI6Ii9kIn0=\n\n\n"
		">>> HEAD /containers/c/archive?path=%2Fd\n<<< 200\n"
		"X-Docker-Container-Path-Stat: eyJuYW1lIjoiZCIsIm1vZGUiOjIxNDc0ODQxNDF9\n\n\n");
	bool exists = false, is_dir = false;

	(void)state;
	assert_success(&f, container_stat_path(f.podman, "c", "/l", &exists, &is_dir, &f.err));
	assert_true(exists && is_dir);
	assert_no_problems(&f);
}

static void a_link_that_leads_in_a_circle_is_an_error(void **state)
{
	/* {"name":"l","mode":134218239,"linkTarget":"/l"} */
#define CIRCLE                                                                                     \
	">>> HEAD /containers/c/archive?path=%2Fl\n<<< 200\n"                                      \
	"X-Docker-Container-Path-Stat: "                                                           \
	"eyJuYW1lIjoibCIsIm1vZGUiOjEzNDIxODIzOSwibGlua1RhcmdldCI6Ii9sIn0=\n\n\n"
	DEFER(fixture_release)
	struct fixture f =
		fixture_start(CIRCLE CIRCLE CIRCLE CIRCLE CIRCLE CIRCLE CIRCLE CIRCLE CIRCLE);
	bool exists, is_dir;

	(void)state;
	assert_failure(&f, container_stat_path(f.podman, "c", "/l", &exists, &is_dir, &f.err),
		       ERROR_CONFLICT, "leads nowhere");
	assert_no_problems(&f);
}

static void a_manifest_list_takes_the_place_of_the_one_before(void **state)
{
	static const char script[] = ">>> DELETE /manifests/localhost%2Fw%3A1\n<<< 404\n\n"
				     "{\"cause\":\"image not known\"}\n"
				     ">>> POST "
				     "/manifests/"
				     "localhost%2Fw%3A1?images=containers-storage%3Aa%3A1&images="
				     "containers-storage%3Ab%3A1\n"
				     "<<< 200\n\n{\"Id\":\"x\"}\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	DEFER(strv_release) struct strv images = { 0 };

	(void)state;
	strv_add(&images, "a:1");
	strv_add(&images, "b:1");
	assert_success(&f, manifest_create(f.podman, "localhost/w:1", &images, &f.err));
	assert_no_problems(&f);
}

static void a_manifest_list_that_is_not_complete_goes(void **state)
{
	static const char script[] =
		">>> DELETE /manifests/x*\n<<< 404\n\n{}\n"
		">>> POST /manifests/x*\n<<< 500\n\n{\"cause\":\"image not known\"}\n"
		">>> DELETE /manifests/x*\n<<< 200\n\n{}\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	const struct strv images = { 0 };

	(void)state;
	assert_failure(&f, manifest_create(f.podman, "x", &images, &f.err), ERROR_NOT_FOUND,
		       "cannot create manifest list 'x': image not known");
	assert_no_problems(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_lines_are_whole_however_their_frames_arrive),
		cmocka_unit_test(a_reader_that_has_enough_ends_a_log_that_goes_on),
		cmocka_unit_test(a_log_that_ends_inside_a_frame_is_an_error),
		cmocka_unit_test(timestamps_are_kept_only_at_the_start_of_a_line),
		cmocka_unit_test(log_options_reach_the_server),
		cmocka_unit_test(events_are_read_one_by_one),
		cmocka_unit_test(events_that_cannot_be_read_are_an_error),
		cmocka_unit_test(a_reader_of_events_can_have_enough),
		cmocka_unit_test(a_build_gives_its_lines_and_its_id),
		cmocka_unit_test(a_build_fails_for_what_its_stream_says),
		cmocka_unit_test(a_build_without_an_image_is_a_failure),
		cmocka_unit_test(a_pull_fails_inside_its_200),
		cmocka_unit_test(an_import_takes_memory_files_and_pipes),
		cmocka_unit_test(an_archive_is_put_with_its_owners),
		cmocka_unit_test(an_archive_is_got_into_a_descriptor),
		cmocka_unit_test(a_path_is_looked_up_by_its_header),
		cmocka_unit_test(a_link_to_a_directory_is_looked_up_as_the_directory),
		cmocka_unit_test(a_link_that_leads_in_a_circle_is_an_error),
		cmocka_unit_test(a_manifest_list_takes_the_place_of_the_one_before),
		cmocka_unit_test(a_manifest_list_that_is_not_complete_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
