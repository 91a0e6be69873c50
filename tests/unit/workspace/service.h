/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_WORKSPACE_SERVICE_H
#define WINALUX_TESTS_UNIT_WORKSPACE_SERVICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/fake.h"
#include "winalux/base/error.h"

struct podman;

/* A fake libpod with its script, a client of it, and the last error. DEFER(service_release). */
struct service_fake {
	struct fake_server *server;
	struct podman *podman;
	struct error err;
};

struct service_fake service_start(const char *script);
void service_release(struct service_fake *s);

/* Prints the error before it fails. */
void assert_ok(const struct service_fake *s, int result);
/* -1, that kind, and all of text in the error. */
void assert_error(const struct error *err, int result, enum error_kind kind, const char *text);
/* "METHOD /path" of all requests so far, one a line, without their queries. */
void assert_requests(const struct service_fake *s, const char *expected);
/* Each case was asked for, and nothing else. */
void assert_all_asked(const struct service_fake *s);

#endif
