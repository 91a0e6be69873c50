/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

static volatile bool signal_cancelled;
static volatile bool signal_resized;

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };

static void on_ending(int number)
{
	(void)number;
	signal_cancelled = true;
}

static void on_resize(int number)
{
	(void)number;
	signal_resized = true;
}

static void set_handler(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void signals_install(void)
{
	/* No SA_RESTART: a call that waits is to return. SA_RESETHAND: the second one kills. */
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
		set_handler(ending_signals[i], on_ending, SA_RESETHAND);
	set_handler(SIGPIPE, SIG_IGN, 0);
}

const volatile bool *signals_cancelled(void)
{
	return &signal_cancelled;
}

const volatile bool *signals_watch_resize(void)
{
	set_handler(SIGWINCH, on_resize, 0);
	return &signal_resized;
}

void signals_reset(void)
{
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
		set_handler(ending_signals[i], SIG_DFL, 0);
	set_handler(SIGPIPE, SIG_DFL, 0);
}
