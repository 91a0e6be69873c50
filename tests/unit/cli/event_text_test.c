/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/event_text.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"

static void lines_become_sentences(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{ "{\"event\":\"check\",\"name\":\"redis\",\"state\":\"up\"}", "redis is up" },
		{ "{\"event\":\"service\",\"name\":\"web\",\"state\":\"exited\",\"status\":1}",
		  "service web: exited, status 1" },
		{ "{\"event\":\"logout\",\"user\":\"developer\",\"session\":9,\"seconds\":61}",
		  "developer logged out after 61 s, session 9" },
		{ "{\"event\":\"refused\",\"way\":\"exec\",\"user\":\"root\",\"pid\":7,"
		  "\"reason\":\"no token\"}",
		  "the gate refused root by exec: no token, pid 7" },
		{ "{\"event\":\"entry\",\"way\":\"ssh\",\"user\":\"developer\",\"key\":\"SHA256:"
		  "x\","
		  "\"by\":\"token\"}",
		  "developer passed the gate by ssh, token, key SHA256:x" },
		{ "{\"event\":\"ready\",\"nonce\":\"x\"}", "ready: everything answers" },
		{ "{\"event\":\"error\",\"kind\":\"sshd\",\"text\":\"gone\"}",
		  "error in sshd: gone" },
		{ "{\"event\":\"newer\",\"a\":1,\"b\":\"x\",\"c\":true}", "newer a=1 b=x c=true" },
		{ "{\"event\":\"check\",\"state\":\"up\"}", "check state=up" },
		{ "{\"no\":\"event\"}", "{\"no\":\"event\"}" },
		{ "{\"event\":7}", "{\"event\":7}" },
		{ "{broken", "{broken" },
		{ "", "" },
		{ "plain text", "plain text" },
		{ "\033[31mred", "\\x1b[31mred" },
		{ "{\"event\":\"error\",\"text\":\"a\\u001b[2Jb\"}", "error: a\\x1b[2Jb" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, SIZE_MAX);
		event_text_add(&b, cases[i].line, strlen(cases[i].line));
		assert_string_equal(b.data, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_sentences),
	};

	return cmocka_run_group_tests_name("event_text", tests, NULL, NULL);
}
