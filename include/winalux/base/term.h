/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_TERM_H
#define WINALUX_BASE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>

bool term_is_terminal(int fd);
int term_width(int fd, int fallback_columns);
int term_height(int fd, int fallback_rows);

/* Columns a UTF-8 text takes (wcwidth; control and broken bytes count as 1). */
size_t term_text_width(const char *text);

/* False for NO_COLOR, TERM=dumb, or where fd is no terminal. */
bool term_wants_color(int fd);

/* Whether the environment's locale, locale(7), has signs beyond ASCII. */
bool term_speaks_utf8(void);

/*
 * Raw mode for an interactive exec; the old state is kept in an opaque struct on the heap.
 * term_restore accepts NULL and frees it. Restored at exit by signals too (the caller's business).
 */
struct term_state;
struct term_state *term_set_raw(int fd); /* NULL where fd is no terminal */
/* Keys as they are pressed, unseen. Ctrl-C stays a signal, Ctrl-Z and Ctrl-\ are keys. */
struct term_state *term_set_keys(int fd);
/* Puts the old mode back and keeps state: what a signal handler may do. */
void term_reset(const struct term_state *state);
void term_restore(struct term_state *state);

#endif
