/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_FAKE_SCRIPT_H
#define WINALUX_TESTS_FAKE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "winalux/base/buf.h"
#include "winalux/base/strv.h"

/* The cases of fake.h, read. */

enum fake_flag {
	FAKE_REPEAT = 1 << 0,
	FAKE_ESCAPED = 1 << 1,
	FAKE_CHUNKED = 1 << 2,
	FAKE_CLOSE = 1 << 3,
	FAKE_RESET = 1 << 4,
	FAKE_HANG = 1 << 5,
	FAKE_STALL = 1 << 6,
	FAKE_RAW = 1 << 7,
	FAKE_ECHO = 1 << 8,
	FAKE_DIE = 1 << 9
};

struct fake_case {
	char *method;
	char *pattern;
	struct strv contains; /* of the request's body */
	int status;
	unsigned flags;
	size_t split;     /* 0: whole */
	size_t short_len; /* SIZE_MAX: all of it */
	struct strv headers;
	struct buf body;
	unsigned used;
};

struct fake_script {
	struct fake_case *cases;
	size_t count;
	size_t cap;
};

/* Exits with a message when the script is wrong: that is a mistake in a test. */
void fake_script_read(const char *text_or_path, struct fake_script *ret);
void fake_script_release(struct fake_script *script);
/* The case that answers, marked as used, or NULL. */
const struct fake_case *fake_script_match(struct fake_script *script, const char *method,
					  const char *path, const char *body);

#endif
