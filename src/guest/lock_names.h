/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_LOCK_NAMES_H
#define WINALUX_GUEST_LOCK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct strv;

/*
 * Names of packages in requirements files as uv writes them: one a line at its beginning, with
 * hashes and comments in lines that begin with blanks. Names are compared as PyPI does: "A_b.c" is
 * "a-b-c".
 */
void lock_names(const char *text, struct strv *ret);
/* Names of the first text that are not in the second. */
void lock_names_without(const char *text, const char *other, struct strv *ret);
/* The lines of text whose names are in the other; "name==1.0" in each, newline included. */
struct buf;
void lock_lines_within(const char *text, const char *other, struct buf *ret);

/* Does a list ask for anything: a line that is no comment and no option but -r, -c or -e? */
bool requirements_are_empty(const char *text);

#endif
