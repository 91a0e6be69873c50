/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/podman/podman.h"

struct service_fake service_start(const char *script)
{
	struct service_fake s = { .server = fake_start(script) };
	const struct podman_options options = { .socket_path = fake_socket(s.server) };

	s.podman = podman_new(&options);
	return s;
}

void service_release(struct service_fake *s)
{
	podman_freep(&s->podman);
	fake_stopp(&s->server);
}

void assert_ok(const struct service_fake *s, int result)
{
	if (result != 0)
		print_error("unexpected error: %s\n", s->err.text);
	assert_int_equal(result, 0);
}

void assert_error(const struct error *err, int result, enum error_kind kind, const char *text)
{
	assert_int_equal(result, -1);
	if (err->kind != kind || !strstr(err->text, text))
		print_error("error is %s: '%s', wanted %s: '%s'\n", error_kind_name(err->kind),
			    err->text, error_kind_name(kind), text);
	assert_int_equal(err->kind, kind);
	assert_non_null(strstr(err->text, text));
}

void assert_requests(const struct service_fake *s, const char *expected)
{
	DEFER(freep) char *requests = fake_requests(s->server);
	DEFER(buf_release) struct buf plain;

	buf_init(&plain, SIZE_MAX);
	for (const char *line = requests; *line;) {
		const size_t len = strcspn(line, "\n");

		buf_add(&plain, line, strcspn(line, "?\n"));
		buf_add_char(&plain, '\n');
		line += len + (line[len] == '\n');
	}
	assert_string_equal(plain.data, expected);
}

void assert_all_asked(const struct service_fake *s)
{
	DEFER(freep) char *problems = fake_problems(s->server);

	assert_string_equal(problems, "");
}
