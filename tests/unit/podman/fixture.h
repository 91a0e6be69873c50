/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_PODMAN_FIXTURE_H
#define WINALUX_TESTS_UNIT_PODMAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake/fake.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/podman/podman.h"

/* A fake service and a client of it. Declare with DEFER(fixture_release). */
struct fixture {
	struct fake_server *server;
	struct podman *podman;
	struct error err;
};

static inline void fixture_release(struct fixture *f)
{
	podman_freep(&f->podman);
	fake_stopp(&f->server);
}

static inline struct fixture fixture_start_with(const char *script, int timeout_ms,
						const volatile bool *cancelled)
{
	struct fixture f = { .server = fake_start(script) };
	struct podman_options options = { .socket_path = fake_socket(f.server),
					  .timeout_ms = timeout_ms,
					  .cancelled = cancelled };

	f.podman = podman_new(&options);
	return f;
}

static inline struct fixture fixture_start(const char *script)
{
	return fixture_start_with(script, 0, NULL);
}

/* Each case was asked for, and nothing else. */
static inline void assert_no_problems(struct fixture *f)
{
	DEFER(freep) char *problems = fake_problems(f->server);

	assert_string_equal(problems, "");
}

static inline void assert_success(struct fixture *f, int result)
{
	if (result != 0)
		print_error("unexpected error: %s\n", f->err.text);
	assert_int_equal(result, 0);
}

static inline void assert_failure(struct fixture *f, int result, enum error_kind kind,
				  const char *text)
{
	assert_int_equal(result, -1);
	if (f->err.kind != kind || !strstr(f->err.text, text))
		print_error("error is %s: '%s', wanted '%s'\n", error_kind_name(f->err.kind),
			    f->err.text, text);
	assert_int_equal(f->err.kind, kind);
	assert_non_null(strstr(f->err.text, text));
}

#endif
