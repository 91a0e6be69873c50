/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_YAML_CHECK_H
#define WINALUX_FORMAT_YAML_CHECK_H

#include <stddef.h>

/* A place in a text, both counted from 1; columns are characters. */
struct yaml_place {
	size_t line, column;
};

/*
 * Looks for bytes that are not UTF-8 and for control characters that YAML 1.1 forbids. Returns 0,
 * or -1 with their place and, in ret_what, what is wrong there.
 */
enum { YAML_CHECK_SIZE = 64 };
int yaml_check_text(const char *text, size_t len, struct yaml_place *ret_place,
		    char ret_what[static YAML_CHECK_SIZE]);

#endif
