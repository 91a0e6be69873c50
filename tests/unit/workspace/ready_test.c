/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/ready.h"

#include <stdlib.h>
#include <string.h>

#include "banner.h"
#include "guest_log.h"
#include "service.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

#define START "{\"event\":\"start\"}\n"
#define RELOADED "{\"event\":\"reloaded\"}\n"
#define KEY "{\"event\":\"host-key\",\"key\":\"ssh-ed25519 AAAA\"}\n"
#define READY(nonce) "{\"event\":\"ready\",\"nonce\":\"" nonce "\"}\n"
#define CHECK(name, state) "{\"event\":\"check\",\"name\":\"" name "\",\"state\":\"" state "\"}\n"
#define STATE(status, code)                                                                        \
	">>> GET /containers/dev/json\n<<< 200 repeat\n\n"                                         \
	"{\"State\":{\"Status\":\"" status "\",\"ExitCode\":" code "}}\n"

/* A workspace that is waited for: logs of the first look and of following, and its banner. */
struct stage {
	struct service_fake service;
	struct banner *banner;
	struct strv checks;
	struct ready_options options;
	char *host_key;
};

static void stage_release(struct stage *t)
{
	service_release(&t->service);
	banner_stop(t->banner);
	strv_release(&t->checks);
	free(t->host_key);
}

static struct stage stage_start(const char *script, const char *banner)
{
	struct stage t = { .service = service_start(script), .banner = banner_start(banner) };

	t.options = (struct ready_options){ .container_id = "dev",
					    .address = "",
					    .port = banner_port(t.banner),
					    .nonce = "n1",
					    .timeout_ms = 20000 };
	return t;
}

static int wait_for(struct stage *t)
{
	return ready_wait(t->service.podman, &t->options, &t->host_key, &t->service.err);
}

static void the_banner_and_one_look_at_the_log_are_enough(void **state)
{
	DEFER(freep) char *script = guest_log("false", "", START KEY READY("n1"));
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	assert_ok(&t.service, wait_for(&t));
	assert_string_equal(t.host_key, "ssh-ed25519 AAAA");
	assert_int_equal(banner_client_count(t.banner), 1);
	assert_requests(&t.service, "GET /containers/dev/logs\n");
}

static void a_log_that_is_not_complete_yet_is_followed(void **state)
{
	DEFER(freep) char *look = guest_log("false", "", START KEY);
	DEFER(freep) char *follow = guest_log("true", "stall", START KEY READY("n1"));
	DEFER(freep) char *script = xasprintf("%s%s", look, follow);
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	assert_ok(&t.service, wait_for(&t));
	assert_all_asked(&t.service);
}

/* The container has been up before: that "ready" is history. */
static void an_earlier_life_does_not_count(void **state)
{
	DEFER(freep) char *look = guest_log("false", "", START KEY READY("n1") START);
	DEFER(freep)
	char *follow = guest_log("true", "stall", START KEY READY("n1") START READY("n1"));
	DEFER(freep) char *script = xasprintf("%s%s", look, follow);
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	t.options.nonce = NULL;
	assert_ok(&t.service, wait_for(&t));
	assert_all_asked(&t.service);
}

static void ready_with_the_nonce_of_older_files_does_not_count(void **state)
{
	DEFER(freep) char *look = guest_log("false", "", START READY("n0"));
	DEFER(freep)
	char *follow = guest_log("true", "stall", START READY("n0") RELOADED READY("n1"));
	DEFER(freep) char *script = xasprintf("%s%s", look, follow);
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	assert_ok(&t.service, wait_for(&t));
	assert_all_asked(&t.service);
}

static void ready_before_a_reload_does_not_count(void **state)
{
	DEFER(freep) char *look = guest_log("false", "", START READY("n0") RELOADED);
	DEFER(freep)
	char *follow = guest_log("true", "stall", START READY("n0") RELOADED READY("n0"));
	DEFER(freep) char *script = xasprintf("%s%s", look, follow);
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	t.options.nonce = NULL;
	assert_ok(&t.service, wait_for(&t));
	assert_all_asked(&t.service);
}

static void a_sidecar_that_does_not_answer_is_named_with_the_limit(void **state)
{
	static const char log[] = START KEY CHECK("redis", "up") CHECK("redis", "down");
	DEFER(freep) char *look = guest_log("false", "", log);
	DEFER(freep) char *follow = guest_log("true", "stall", log);
	DEFER(freep) char *script = xasprintf("%s%s", look, follow);
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	strv_add(&t.checks, "memcached"); /* never heard of */
	strv_add(&t.checks, "redis");
	t.options.checks = &t.checks;
	t.options.timeout_ms = 1000;
	assert_error(&t.service.err, wait_for(&t), ERROR_TIMEOUT,
		     "no answer from memcached, redis within 1 s");
}

static void the_log_of_a_sidecar_that_does_not_answer_is_shown(void **state)
{
	DEFER(freep) char *look = guest_log("false", "", START KEY);
	DEFER(freep) char *follow = guest_log("true", "stall", START KEY);
	DEFER(freep) char *end = guest_log("false", "", "reading data\nFATAL: no space\n");
	DEFER(freep) char *script = xasprintf("%s%s%s", look, follow, end);
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	strv_add(&t.checks, "db");
	t.options.checks = &t.checks;
	t.options.slug = "alice";
	t.options.timeout_ms = 1000;
	assert_error(&t.service.err, wait_for(&t), ERROR_TIMEOUT,
		     "no answer from db within 1 s; the log of db ends with: reading data | "
		     "FATAL: no space");
}

static void a_guest_that_says_nothing_is_told_by_its_last_words(void **state)
{
	static const char log[] = START "{\"event\":\"error\",\"text\":\"cannot read it\"}\n";
	DEFER(freep) char *look = guest_log("false", "", log);
	DEFER(freep) char *follow = guest_log("true", "stall", log);
	DEFER(freep) char *script = xasprintf("%s%s", look, follow);
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	t.options.timeout_ms = 1000;
	assert_error(&t.service.err, wait_for(&t), ERROR_TIMEOUT,
		     "the guest did not report within 1 s: cannot read it");
}

static void a_container_that_ended_tells_status_and_last_words(void **state)
{
	DEFER(freep) char *log = guest_log("false", "", START "Segmentation\x1b fault\n");
	DEFER(freep) char *script = xasprintf("%s" STATE("exited", "139"), log);
	DEFER(stage_release) struct stage t = stage_start(script, "");

	(void)state;
	t.options.port = banner_free_port();
	assert_error(&t.service.err, wait_for(&t), ERROR_PODMAN,
		     "the container ended with status 139: Segmentation\\x1b fault");
}

/* The end of a log that is followed is the end of the container. */
static void a_container_that_ends_after_its_banner_is_noticed(void **state)
{
	DEFER(freep) char *look = guest_log("false", "", START);
	DEFER(freep) char *follow = guest_log("true", "chunked", START "no space\n");
	DEFER(freep) char *script = xasprintf("%s%s" STATE("exited", "1"), look, follow);
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	assert_error(&t.service.err, wait_for(&t), ERROR_PODMAN,
		     "the container ended with status 1: no space");
}

static void a_port_without_sshd_names_port_and_limit(void **state)
{
	DEFER(freep) char *log = guest_log("false", "", START);
	DEFER(freep) char *script = xasprintf("%s" STATE("running", "0"), log);
	DEFER(stage_release) struct stage t = stage_start(script, "");
	DEFER(freep) char *text = NULL;

	(void)state;
	t.options.port = banner_free_port();
	t.options.timeout_ms = 1000;
	text = xasprintf("sshd did not answer on port %u within 1 s", t.options.port);
	assert_error(&t.service.err, wait_for(&t), ERROR_TIMEOUT, text);
}

static void silence_and_nonsense_on_the_port_are_no_banner(void **state)
{
	static const char *const texts[] = { NULL, "HTTP/1.1 400\r\n", "SS" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		DEFER(freep) char *log = guest_log("false", "", START);
		DEFER(freep) char *script = xasprintf("%s" STATE("running", "0"), log);
		DEFER(stage_release) struct stage t = stage_start(script, texts[i]);

		t.options.timeout_ms = 300;
		assert_error(&t.service.err, wait_for(&t), ERROR_TIMEOUT, "sshd did not answer");
	}
}

static void ctrl_c_ends_the_wait(void **state)
{
	static const volatile bool cancelled = true;
	DEFER(stage_release) struct stage t = stage_start(">>> GET /_ping\n<<< 200\n\nOK\n", NULL);

	(void)state;
	t.options.cancelled = &cancelled;
	t.options.port = banner_free_port();
	assert_int_equal(wait_for(&t), -1);
	assert_int_equal(t.service.err.kind, ERROR_INTERRUPTED);
}

static void without_a_port_the_log_alone_decides(void **state)
{
	DEFER(freep) char *script = guest_log("false", "", START READY("n1"));
	DEFER(stage_release) struct stage t = stage_start(script, NULL);

	(void)state;
	t.options.address = NULL;
	assert_ok(&t.service, wait_for(&t));
	assert_null(t.host_key);
	assert_int_equal(banner_client_count(t.banner), 0);
}

/* It would become a line of its own in known_hosts. */
static void a_host_key_with_a_newline_is_not_taken(void **state)
{
	DEFER(freep)
	char *script = guest_log(
		"false", "", START "{\"event\":\"host-key\",\"key\":\"a\\u000ab\"}\n" READY("n1"));
	DEFER(stage_release) struct stage t = stage_start(script, "SSH-2.0-x\r\n");

	(void)state;
	assert_ok(&t.service, wait_for(&t));
	assert_null(t.host_key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_banner_and_one_look_at_the_log_are_enough),
		cmocka_unit_test(a_log_that_is_not_complete_yet_is_followed),
		cmocka_unit_test(an_earlier_life_does_not_count),
		cmocka_unit_test(ready_with_the_nonce_of_older_files_does_not_count),
		cmocka_unit_test(ready_before_a_reload_does_not_count),
		cmocka_unit_test(a_sidecar_that_does_not_answer_is_named_with_the_limit),
		cmocka_unit_test(the_log_of_a_sidecar_that_does_not_answer_is_shown),
		cmocka_unit_test(a_guest_that_says_nothing_is_told_by_its_last_words),
		cmocka_unit_test(a_container_that_ended_tells_status_and_last_words),
		cmocka_unit_test(a_container_that_ends_after_its_banner_is_noticed),
		cmocka_unit_test(a_port_without_sshd_names_port_and_limit),
		cmocka_unit_test(silence_and_nonsense_on_the_port_are_no_banner),
		cmocka_unit_test(ctrl_c_ends_the_wait),
		cmocka_unit_test(without_a_port_the_log_alone_decides),
		cmocka_unit_test(a_host_key_with_a_newline_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
