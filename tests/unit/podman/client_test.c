/* SPDX-License-Identifier: MIT */
/* The transport against faults: what is tried again, what is not, and how failures are named. */
#include <unistd.h>

#include "fixture.h"
#include "podman/client.h"
#include "winalux/base/clock.h"
#include "winalux/format/json.h"
#include "winalux/podman/container.h"
#include "winalux/podman/pod.h"
#include "winalux/podman/volume.h"

static void the_version_is_asked_for_once(void **state)
{
	DEFER(fixture_release)
	struct fixture f =
		fixture_start(">>> GET /_ping\n<<< 200\nLibpod-API-Version: 5.4.2\n\nOK\n");
	struct podman_version v;

	(void)state;
	assert_success(&f, podman_get_version(f.podman, &v, &f.err));
	assert_success(&f, podman_get_version(f.podman, &v, &f.err));
	assert_int_equal(v.major, 5);
	assert_int_equal(v.minor, 4);
	assert_int_equal(v.patch, 2);
	assert_true(podman_version_at_least(&v, 5, 4));
	assert_true(podman_version_at_least(&v, 4, 9));
	assert_false(podman_version_at_least(&v, 5, 5));
	assert_false(podman_version_at_least(&v, 6, 0));
	assert_int_equal(podman_request_count(f.podman), 1);
	assert_no_problems(&f);
}

static void what_deletes_files_may_take_longer(void **state)
{
	const struct podman_options plain = { 0 }, hurried = { .timeout_ms = 500 };
	const struct request look = { .method = "GET" };
	const struct request removal = { .method = "DELETE", .flags = REQUEST_DELETES_FILES };
	const struct request stream = { .method = "GET", .timeout_ms = -1 };

	(void)state;
	assert_int_equal(request_limit_ms(&look, &plain), 60000);
	assert_true(request_limit_ms(&removal, &plain) > 10 * request_limit_ms(&look, &plain));
	assert_int_equal(request_limit_ms(&removal, &hurried), 500);
	assert_int_equal(request_limit_ms(&stream, &hurried), -1);
}

static void any_answer_tells_the_version(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /volumes/json\n<<< 200\n"
					 "Libpod-API-Version: 5.0.0-dev\n\n[]\n");
	struct podman_version v;
	struct volumes list;

	(void)state;
	assert_success(&f, volume_list(f.podman, NULL, &list, &f.err));
	assert_success(&f, podman_get_version(f.podman, &v, &f.err));
	assert_int_equal(v.major, 5);
	assert_int_equal(podman_request_count(f.podman), 1);
}

static void a_version_below_4_3_is_refused(void **state)
{
	static const char *const old[] = { "4.2.9", "3.4.4", "1.0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		DEFER(freep)
		char *script = xasprintf(">>> GET /_ping\n<<< 200\nLibpod-API-Version: %s\n\nOK\n",
					 old[i]);
		DEFER(fixture_release) struct fixture f = fixture_start(script);
		struct podman_version v;

		assert_failure(&f, podman_get_version(f.podman, &v, &f.err), ERROR_HOST, old[i]);
		assert_non_null(strstr(f.err.text, "4.3"));
	}
}

static void a_server_that_is_not_podman_is_refused(void **state)
{
	DEFER(fixture_release)
	struct fixture f =
		fixture_start(">>> GET /_ping\n<<< 200\nLibpod-API-Version: none\n\nOK\n");
	struct podman_version v;

	(void)state;
	assert_failure(&f, podman_get_version(f.podman, &v, &f.err), ERROR_HOST, "is not Podman");
}

static void no_service_is_a_matter_of_the_host(void **state)
{
	struct podman_options options = { .socket_path = "/nonexistent/podman.sock" };
	struct fixture f = { .podman = podman_new(&options) };
	struct json *info;

	(void)state;
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_HOST,
		       "cannot reach Podman's service at '/nonexistent/podman.sock': No such file");
	assert_int_equal(f.err.http_status, 0);
	podman_free(f.podman);
}

/* Not with 304 for the POST: after one, libcurl 8.14 was seen to open a second connection. */
static void calls_share_one_connection(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /info\n<<< 200 repeat\n\n{}\n"
					 ">>> POST /containers/x/start\n<<< 204\n\n\n"
					 ">>> DELETE /volumes/v\n<<< 204\n\n\n");
	struct json *info;

	(void)state;
	assert_success(&f, podman_info(f.podman, &info, &f.err));
	json_free(info);
	assert_success(&f, container_start(f.podman, "x", &f.err));
	assert_success(&f, volume_remove(f.podman, "v", &f.err));
	assert_success(&f, podman_info(f.podman, &info, &f.err));
	json_free(info);
	assert_int_equal(fake_connection_count(f.server), 1);
	assert_int_equal(podman_request_count(f.podman), 4);
	assert_no_problems(&f);
}

static void a_get_that_was_reset_is_tried_once_more(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /info\n<<< 200 reset\n\n\n"
					 ">>> GET /info\n<<< 200\n\n{\"a\":1}\n");
	struct json *info;

	(void)state;
	assert_success(&f, podman_info(f.podman, &info, &f.err));
	assert_int_equal(json_get_int(info, "a", 0), 1);
	json_free(info);
	assert_no_problems(&f);
}

static void a_get_that_is_always_reset_fails(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /info\n<<< 200 reset repeat\n\n\n");
	struct json *info;

	(void)state;
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_PODMAN,
		       "closed the connection without an answer");
	assert_in_range(fake_request_count(f.server), 2, 3);
}

static void a_post_is_never_sent_twice(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /_ping\n<<< 200\n\nOK\n"
					 ">>> POST /volumes/create\n<<< 201 reset repeat\n\n\n");
	struct podman_version v;

	(void)state;
	/* on a kept connection, where libcurl by itself would send it again */
	assert_success(&f, podman_get_version(f.podman, &v, &f.err));
	assert_failure(&f, volume_create(f.podman, "v", NULL, NULL, &f.err), ERROR_PODMAN,
		       "cannot create volume 'v': Podman's service closed the connection");
	assert_int_equal(fake_request_count(f.server), 2);
}

static void a_locked_database_is_waited_for(void **state)
{
	static const char script[] =
		">>> POST /volumes/create\n<<< 500\n\n"
		"{\"cause\":\"database is locked\",\"message\":\"adding volume: database is "
		"locked\"}\n"
		">>> POST /volumes/create\n<<< 500\n\n"
		"{\"cause\":\"database is locked\",\"message\":\"adding volume: database is "
		"locked\"}\n"
		">>> POST /volumes/create\n~ \"Name\":\"v\"\n<<< 201\n\n{\"Name\":\"v\"}\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);

	(void)state;
	assert_success(&f, volume_create(f.podman, "v", NULL, NULL, &f.err));
	assert_no_problems(&f);
}

static void a_database_that_stays_locked_is_an_error(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> POST /containers/c/start\n<<< 500 repeat\n\n"
					 "{\"cause\":\"database is locked\"}\n");

	(void)state;
	assert_failure(&f, container_start(f.podman, "c", &f.err), ERROR_PODMAN,
		       "database is locked");
	assert_int_equal(f.err.http_status, 500);
}

static void silence_is_named_with_its_limit(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start_with(">>> POST /containers/c/start\n<<< 204 hang\n\n\n"
					      ">>> GET /info\n<<< 200 stall\n\n{\"a\":\n",
					      120, NULL);
	struct json *info;

	(void)state;
	assert_failure(&f, container_start(f.podman, "c", &f.err), ERROR_TIMEOUT,
		       "cannot start container 'c': Podman did not finish within 0.120 s");
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_TIMEOUT, "0.120 s");
}

static void a_signal_ends_a_call(void **state)
{
	volatile bool cancelled = true;
	DEFER(fixture_release)
	struct fixture f =
		fixture_start_with(">>> GET /info\n<<< 200 hang repeat\n\n\n", 0, &cancelled);
	struct json *info;

	(void)state;
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_INTERRUPTED, "interrupted");
	assert_int_equal(fake_request_count(f.server), 0);
}

static bool raise_flag(const char *line, size_t len, bool is_stderr, void *context)
{
	(void)line;
	(void)len;
	(void)is_stderr;
	*(volatile bool *)context = true;
	return true;
}

static void a_signal_ends_a_stream_in_the_middle(void **state)
{
	volatile bool cancelled = false;
	DEFER(fixture_release)
	struct fixture f =
		fixture_start_with(">>> GET /containers/c/logs*\n<<< 200 stall escaped\n\n"
				   "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x03hi\\n\n",
				   0, &cancelled);
	struct log_options options = { .follow = true, .tail = -1, .timeout_ms = -1 };

	(void)state;
	assert_failure(&f,
		       container_logs(f.podman, "c", &options, raise_flag,
				      (void *)(uintptr_t)&cancelled, &f.err),
		       ERROR_INTERRUPTED, "interrupted");
}

static void an_answer_that_is_cut_is_no_answer(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /info\n<<< 200 short=5\n\n{\"a\":12345}\n"
					 ">>> GET /info\n<<< 200 chunked split=4 short=8\n\n"
					 "{\"a\":12345}\n"
					 ">>> GET /info\n<<< 200\n\n{\"a\":3}\n");
	struct json *info;

	(void)state;
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_PODMAN,
		       "in the middle of its answer");
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_PODMAN,
		       "in the middle of its answer");
	assert_success(&f, podman_info(f.podman, &info, &f.err));
	json_free(info);
	assert_no_problems(&f);
}

static void garbage_is_named(void **state)
{
	static const char script[] = ">>> GET /info\n<<< 200\n\n<html>\n"
				     ">>> GET /containers/json*\n<<< 200\n\n{\"cause\":\"x\"}\n"
				     ">>> GET /containers/json*\n<<< 200\n\n[{\"Id\":}]\n"
				     ">>> GET /containers/json*\n<<< 200\n\n[{\"Id\":\"x\"}\n"
				     ">>> POST /pods/create\n<<< 201\n\n{}\n"
				     ">>> POST /containers/c/wait*\n<<< 200\n\nsoon\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	struct pod_spec spec = { .name = xstrdup("p") };
	struct containers list = { 0 };
	struct json *info;
	int code;

	(void)state;
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_PODMAN, "is not JSON");
	for (int i = 0; i < 3; i++)
		assert_failure(&f, container_list(f.podman, NULL, &list, &f.err), ERROR_PODMAN,
			       "cannot list containers: Podman's answer is not");
	assert_null(list.items);
	assert_failure(&f, pod_create(f.podman, &spec, NULL, &f.err), ERROR_PODMAN, "'Id'");
	assert_failure(&f, container_wait(f.podman, "c", 1000, &code, &f.err), ERROR_PODMAN,
		       "nonsense");
	pod_spec_release(&spec);
	assert_no_problems(&f);
}

static void an_answer_without_end_is_cut_off(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /info\n<<< 200 chunked size=70000000\n\n\n"
					 ">>> GET /info\n<<< 200\n\n{}\n");
	struct json *info;

	(void)state;
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_PODMAN, "more than 64 MiB");
	assert_success(&f, podman_info(f.podman, &info, &f.err));
	json_free(info);
}

static void a_service_that_dies_is_named(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> POST /containers/c/start\n<<< 204 reset die\n\n\n");

	(void)state;
	assert_failure(&f, container_start(f.podman, "c", &f.err), ERROR_PODMAN,
		       "closed the connection");
	assert_int_equal(container_start(f.podman, "c", &f.err), -1);
	assert_int_equal(fake_request_count(f.server), 1);
}

static void an_unknown_route_is_told_in_its_own_words(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /info\n<<< 404\n\nNot Found\n"
					 ">>> GET /info\n<<< 500\n\n\n");
	struct json *info;

	(void)state;
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_NOT_FOUND,
		       "cannot read Podman's information: Not Found");
	assert_int_equal(f.err.http_status, 404);
	assert_failure(&f, podman_info(f.podman, &info, &f.err), ERROR_PODMAN,
		       "Podman answered 500 without a reason");
}

static void names_are_escaped_in_paths(void **state)
{
	DEFER(fixture_release)
	struct fixture f =
		fixture_start(">>> POST /containers/a%2Fb%20%3F%25/start\n<<< 204\n\n\n");

	(void)state;
	assert_success(&f, container_start(f.podman, "a/b ?%", &f.err));
	assert_no_problems(&f);
}

static void a_clone_has_its_own_connection(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /info\n<<< 200 repeat\n\n{}\n");
	DEFER(podman_freep) struct podman *other = podman_clone(f.podman);
	struct json *info;

	(void)state;
	assert_success(&f, podman_info(f.podman, &info, &f.err));
	json_free(info);
	assert_success(&f, podman_info(other, &info, &f.err));
	json_free(info);
	assert_int_equal(fake_connection_count(f.server), 2);
	assert_int_equal(podman_request_count(other), 1);
}

static void callers_that_want_no_reason_may_pass_none(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> GET /info\n<<< 500 repeat\n\n{\"cause\":\"x\"}\n");
	struct json *info;

	(void)state;
	assert_int_equal(podman_info(f.podman, &info, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_is_asked_for_once),
		cmocka_unit_test(what_deletes_files_may_take_longer),
		cmocka_unit_test(any_answer_tells_the_version),
		cmocka_unit_test(a_version_below_4_3_is_refused),
		cmocka_unit_test(a_server_that_is_not_podman_is_refused),
		cmocka_unit_test(no_service_is_a_matter_of_the_host),
		cmocka_unit_test(calls_share_one_connection),
		cmocka_unit_test(a_get_that_was_reset_is_tried_once_more),
		cmocka_unit_test(a_get_that_is_always_reset_fails),
		cmocka_unit_test(a_post_is_never_sent_twice),
		cmocka_unit_test(a_locked_database_is_waited_for),
		cmocka_unit_test(a_database_that_stays_locked_is_an_error),
		cmocka_unit_test(silence_is_named_with_its_limit),
		cmocka_unit_test(a_signal_ends_a_call),
		cmocka_unit_test(a_signal_ends_a_stream_in_the_middle),
		cmocka_unit_test(an_answer_that_is_cut_is_no_answer),
		cmocka_unit_test(garbage_is_named),
		cmocka_unit_test(an_answer_without_end_is_cut_off),
		cmocka_unit_test(a_service_that_dies_is_named),
		cmocka_unit_test(an_unknown_route_is_told_in_its_own_words),
		cmocka_unit_test(names_are_escaped_in_paths),
		cmocka_unit_test(a_clone_has_its_own_connection),
		cmocka_unit_test(callers_that_want_no_reason_may_pass_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
