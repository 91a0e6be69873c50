/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "warden/payload.h"
#include "winalux/base/mem.h"

#define STATE(inner)                                                                               \
	"{\"ociVersion\":\"0.2.0\",\"fds\":[\"seccompFd\"],\"pid\":0,\"state\":{" inner "}}"

/* As crun 1.8.1 under Podman 4.3.1 sends it. */
static const char crun_exec[] =
	"{\n    \"ociVersion\": \"0.2.0\",\n    \"fds\": [\n        \"seccompFd\"\n    ],\n"
	"    \"pid\": 0,\n    \"state\": {\n        \"ociVersion\": \"0.2.0\",\n"
	"        \"id\": \"d519bb4d38e14e27717a816c3e88a1e2cac82ad3c35b008445b60b12ac7064d7\",\n"
	"        \"status\": \"running\",\n        \"pid\": 0,\n        \"bundle\": \".\",\n"
	"        \"annotations\": {\n            \"io.container.manager\": \"libpod\",\n"
	"            \"io.winalux.workspace\": \"alice\",\n"
	"            \"org.opencontainers.image.stopSignal\": \"15\"\n        }\n    }\n}\n";

static void what_crun_sends_is_read(void **state)
{
	struct payload p;

	(void)state;
	assert_true(payload_parse(crun_exec, strlen(crun_exec), &p));
	assert_int_equal(p.kind, PAYLOAD_EXEC);
	assert_string_equal(p.workspace, "alice");
	assert_string_equal(p.container,
			    "d519bb4d38e14e27717a816c3e88a1e2cac82ad3c35b008445b60b12ac7064d7");
}

static void no_beginning_of_it_is_a_whole_state(void **state)
{
	struct payload p;

	(void)state;
	for (size_t len = 0; len < strlen(crun_exec) - 1; len++)
		assert_false(payload_parse(crun_exec, len, &p));
}

static void a_start_is_told_from_an_exec(void **state)
{
	static const struct {
		const char *text;
		enum payload_kind kind;
	} cases[] = {
		{ STATE("\"id\":\"a1\",\"status\":\"creating\""), PAYLOAD_START },
		{ STATE("\"id\":\"a1\",\"status\":\"created\""), PAYLOAD_START },
		{ STATE("\"status\":\"running\",\"id\":\"a1\""), PAYLOAD_EXEC },
	};
	struct payload p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(payload_parse(cases[i].text, strlen(cases[i].text), &p));
		assert_int_equal(p.kind, cases[i].kind);
		assert_string_equal(p.workspace, "");
	}
}

static void what_is_no_state_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"state\":null}",
		"{\"state\":[]}",
		STATE(""),
		STATE("\"id\":\"a1\""),
		STATE("\"status\":\"running\""),
		STATE("\"id\":\"a1\",\"status\":\"stopped\""),
		STATE("\"id\":\"a1\",\"status\":1"),
		STATE("\"id\":\"\",\"status\":\"running\""),
		STATE("\"id\":\"../a\",\"status\":\"running\""),
		STATE("\"id\":\"..\",\"status\":\"running\""),
		STATE("\"id\":\"A1\",\"status\":\"running\""),
		STATE("\"id\":\"a\\u0031\",\"status\":\"running\""),
		STATE("\"id\":\"a\nb\",\"status\":\"running\""),
		STATE("\"id\":\"a1\",\"status\":\"running\",\"annotations\":{"
		      "\"io.winalux.workspace\":\"../../etc\"}"),
		STATE("\"id\":\"a1\",\"status\":\"running\",\"annotations\":{"
		      "\"io.winalux.workspace\":\"\"}"),
		STATE("\"id\":\"a1\",\"status\":\"running\",\"annotations\":[]"),
		STATE("\"id\":\"a1\",\"status\":\"running\"") "x",
		STATE("\"id\":\"a1\",\"status\":\"running\"") "{}",
		STATE("\"id\":"
		      "\"00000000000000000000000000000000000000000000000000000000000000000\","
		      "\"status\":\"running\""),
		STATE("\"id\":\"a1\",\"status\":\"running\",\"annotations\":{\"io.winalux."
		      "workspace\":"
		      "\"0000000000000000000000000000000000000000000000000000000000000000\"}"),
	};
	struct payload p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (payload_parse(cases[i], strlen(cases[i]), &p))
			fail_msg("taken: %s", cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_crun_sends_is_read),
		cmocka_unit_test(no_beginning_of_it_is_a_whole_state),
		cmocka_unit_test(a_start_is_told_from_an_exec),
		cmocka_unit_test(what_is_no_state_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
