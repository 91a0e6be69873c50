/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_GATE_CLIENT_H
#define WINALUX_GUEST_GATE_CLIENT_H

#include <stdbool.h>

/*
 * The side of an entry that asks PID 1 whether it may go on, and a person for the token. It talks
 * to the person over the terminal alone, and on stderr where there is none; stdin and stdout are
 * for what follows.
 */
enum { EXIT_REFUSED = 126 };

enum gate_way { GATE_WAY_SSH, GATE_WAY_EXEC };

/*
 * Returns when the entry is accepted, and otherwise ends the process with EXIT_REFUSED after having
 * said why. Takes the token and the ticket out of the environment either way. command is what will
 * run, for the log.
 */
void gate_pass(enum gate_way way, const char *command);

#endif
