/* SPDX-License-Identifier: MIT */
/* The display writes into a pipe (plain) or into a pseudo-terminal (live) and is read back. */
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/progress.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/workspace/apply.h"

/* What is in a descriptor by now, without waiting. */
static void read_now(int fd, struct buf *b)
{
	char chunk[4096];
	ssize_t got;

	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(b, chunk, (size_t)got);
}

static void each_step_is_a_line_before_it_runs(void **state)
{
	int ends[2];
	DEFER(buf_release) struct buf seen = { 0 };
	const struct error err = { .kind = ERROR_PODMAN, .text = "no space left" };

	(void)state;
	buf_init(&seen, SIZE_MAX);
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	struct progress *p = progress_new(ends[1], PROGRESS_PLAIN);
	const struct progress_sink sink = progress_sink(p);
	sink.on_step(sink.context, "alice", "create pod 'winalux-alice-pod'", 1, 3);
	read_now(ends[0], &seen); /* at once, not when the buffer is full */
	assert_string_equal(seen.data, "alice: create pod 'winalux-alice-pod'\n");
	buf_clear(&seen);
	sink.on_step(sink.context, NULL, "waiting for another winalux", 0, 0);
	sink.on_line(sink.context, "image web", "STEP 1/2: \033[1mFROM base");
	sink.on_done(sink.context, "alice", ACTION_CREATE, 1234, NULL);
	sink.on_done(sink.context, "image web", ACTION_CREATE, 1000, NULL);
	sink.on_done(sink.context, "bob", ACTION_CREATE, 1, &err);
	progress_freep(&p);
	read_now(ends[0], &seen);
	assert_string_equal(seen.data, "account: waiting for another winalux\n"
				       "image web: STEP 1/2: \\x1b[1mFROM base\n"
				       "alice: created (1.2 s)\n"
				       "image web: built (1.0 s)\n"
				       "bob: failed: no space left\n");
	close(ends[0]);
	close(ends[1]);
}

static void quiet_writes_nothing(void **state)
{
	int ends[2];
	DEFER(buf_release) struct buf seen = { 0 };

	(void)state;
	buf_init(&seen, SIZE_MAX);
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	struct progress *p = progress_new(ends[1], PROGRESS_QUIET);
	const struct progress_sink sink = progress_sink(p);
	sink.on_step(sink.context, "alice", "create pod", 1, 3);
	sink.on_line(sink.context, "alice", "text");
	sink.on_done(sink.context, "alice", ACTION_CREATE, 1, NULL);
	progress_freep(&p);
	read_now(ends[0], &seen);
	assert_string_equal(seen.data, "");
	close(ends[0]);
	close(ends[1]);
}

/* A live display of some workspaces on a terminal of this size; all that it ever wrote goes to
 * seen. */
static void show_live(unsigned short rows, unsigned short columns, size_t workspaces,
		      struct buf *seen)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };
	int master, slave;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	fd_set_nonblocking(master, true);
	struct progress *p = progress_new(slave, PROGRESS_LIVE);
	const struct progress_sink sink = progress_sink(p);
	for (size_t i = 0; i < workspaces; i++) {
		DEFER(freep) char *name = xasprintf("workspace-%zu", i);
		sink.on_step(sink.context, name, "create a container with a rather long name", 2,
			     9);
	}
	/* The redrawing thread runs on its own; its picture is awaited, not assumed. */
	while (!strstr(seen->data, "create a"))
		if (fd_wait(master, 1, 5000) > 0)
			read_now(master, seen);
		else
			break;
	progress_freep(&p);
	read_now(master, seen);
	close(master);
	close(slave);
}

static size_t longest_line(const char *text)
{
	size_t longest = 0, len = 0;

	for (; *text; text++) {
		if (*text == '\033') { /* a sequence takes no column */
			text += strcspn(text, "AKJ");
			continue;
		}
		len = *text == '\n' || *text == '\r' ? 0 : len + 1;
		longest = len > longest ? len : longest;
	}
	return longest;
}

static void the_block_fits_the_terminal_and_goes_away(void **state)
{
	DEFER(buf_release) struct buf seen = { 0 };

	(void)state;
	buf_init(&seen, SIZE_MAX);
	show_live(6, 40, 20, &seen);
	assert_non_null(strstr(seen.data, "workspace-0"));
	assert_true(longest_line(seen.data) <= 42); /* "…" has three bytes */
	/* Five lines at most: the sixth workspace was never drawn below them. */
	assert_null(strstr(seen.data, "\033[6A"));
	/* The end of all is the block erased. */
	assert_string_equal(seen.data + seen.len - 3, "\033[J");
}

static void without_a_terminal_lines_are_plain(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(progress_mode_for(ends[1], false), PROGRESS_PLAIN);
	assert_int_equal(progress_mode_for(ends[1], true), PROGRESS_QUIET);
	close(ends[0]);
	close(ends[1]);
}

static void a_dumb_terminal_gets_plain_lines(void **state)
{
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	setenv("TERM", "xterm", 1);
	assert_int_equal(progress_mode_for(slave, false), PROGRESS_LIVE);
	setenv("TERM", "dumb", 1);
	assert_int_equal(progress_mode_for(slave, false), PROGRESS_PLAIN);
	close(master);
	close(slave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_is_a_line_before_it_runs),
		cmocka_unit_test(quiet_writes_nothing),
		cmocka_unit_test(the_block_fits_the_terminal_and_goes_away),
		cmocka_unit_test(without_a_terminal_lines_are_plain),
		cmocka_unit_test(a_dumb_terminal_gets_plain_lines),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
