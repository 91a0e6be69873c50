/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_SIGNALS_H
#define WINALUX_CLI_SIGNALS_H

#include <stdbool.h>

/*
 * SIGINT, SIGTERM and SIGHUP set a flag that the layers below look at; the second of a kind ends
 * the program at once. SIGPIPE is ignored, so that a write error is reported like any other.
 */
void signals_install(void);
const volatile bool *signals_cancelled(void);

/* From now on SIGWINCH sets a flag, which who reacts clears. */
const volatile bool *signals_watch_resize(void);

/* Back to what programs expect, before execve. */
void signals_reset(void);

#endif
