/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_PASSCODE_H
#define WINALUX_GUEST_PASSCODE_H

#include <stdbool.h>
#include <stddef.h>

/* A person types a token at a terminal: one "*" for each character. */
enum { PASSCODE_SIZE = 128 };

/* The terminal of this session, -1 when there is none. */
int passcode_open(void);

void passcode_greet(int tty);

/*
 * The line without its end. -1 when the person gives up (Ctrl-C, or Ctrl-D on an empty line), the
 * terminal goes away or nothing is typed for two minutes. What was typed behind the line stays for
 * who reads next.
 */
int passcode_ask(int tty, const char *name, char ret[static PASSCODE_SIZE]);

/* The line that is being typed. */
struct passcode {
	char text[PASSCODE_SIZE];
	size_t len;
};

enum passcode_key { PASSCODE_MORE, PASSCODE_DONE, PASSCODE_GIVEN_UP };

/*
 * Takes one byte from the terminal. ret_stars is by how many stars the line grew, or, below 0,
 * shrank.
 */
enum passcode_key passcode_type(struct passcode *p, char c, int *ret_stars);

#endif
