/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "winalux/base/mem.h"

static volatile bool signal_cancelled;
static volatile bool signal_resized;
static void (*last_words)(void *context);
static void *last_words_context;

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };
/* Those that end a program that does not care, and that something sends. */
static const int fatal_signals[] = { SIGQUIT, SIGABRT, SIGALRM, SIGUSR1, SIGUSR2 };

static void on_ending(int number)
{
	(void)number;
	signal_cancelled = true;
}

static void on_fatal(int number)
{
	last_words(last_words_context);
	signal(number, SIG_DFL);
	raise(number); /* blocked until this handler returns */
}

static void on_ending_guarded(int number)
{
	if (signal_cancelled)
		on_fatal(number);
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
	for (size_t i = 0; i < ARRAY_SIZE(ending_signals); i++)
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

static void set_handlers(const int *numbers, size_t count, void (*handler)(int), int flags)
{
	for (size_t i = 0; i < count; i++)
		set_handler(numbers[i], handler, flags);
}

void signals_set_last_words(void (*fn)(void *context), void *context)
{
	if (fn) {
		last_words_context = context;
		last_words = fn;
		set_handlers(fatal_signals, ARRAY_SIZE(fatal_signals), on_fatal, 0);
		set_handlers(ending_signals, ARRAY_SIZE(ending_signals), on_ending_guarded, 0);
		set_handler(SIGTSTP, SIG_IGN, 0);
	} else {
		set_handlers(fatal_signals, ARRAY_SIZE(fatal_signals), SIG_DFL, 0);
		set_handlers(ending_signals, ARRAY_SIZE(ending_signals), on_ending, SA_RESETHAND);
		set_handler(SIGTSTP, SIG_DFL, 0);
	}
}

int signals_poll(struct pollfd *fds, unsigned count, int timeout_ms)
{
	const struct timespec limit = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	sigset_t blocked, before;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGWINCH);
	for (size_t i = 0; i < ARRAY_SIZE(ending_signals); i++)
		sigaddset(&blocked, ending_signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	int result = -1, why = EINTR;
	if (!signal_cancelled && !signal_resized) {
		result = ppoll(fds, count, timeout_ms < 0 ? NULL : &limit, &before);
		why = errno;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = why;
	return result;
}

void signals_reset(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ending_signals); i++)
		set_handler(ending_signals[i], SIG_DFL, 0);
	set_handler(SIGPIPE, SIG_DFL, 0);
}
