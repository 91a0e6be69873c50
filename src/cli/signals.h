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

/*
 * Where something has to be put back however the program ends, the terminal: fn is called before a
 * signal ends it, the second Ctrl-C or SIGQUIT, in the handler, where only what signal-safety(7)
 * names is allowed. SIGTSTP is ignored meanwhile. fn NULL: nothing any more.
 */
void signals_set_last_words(void (*fn)(void *context), void *context);

/*
 * poll(2) that misses no signal: a flag above that is set already ends the wait, too, with EINTR.
 */
struct pollfd;
int signals_poll(struct pollfd *fds, unsigned count, int timeout_ms);

/* Back to what programs expect, before execve. */
void signals_reset(void);

#endif
