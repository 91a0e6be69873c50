/* SPDX-License-Identifier: MIT */
#include "winalux/base/fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

#include "unit/base/scratch.h"

static void assert_is_closed(int fd)
{
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void closing_keeps_errno_and_marks_the_variable(void **state)
{
	int ends[2], kept;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	kept = ends[0];
	errno = ERANGE;
	fd_closep(&ends[0]);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(ends[0], -1);
	assert_is_closed(kept);
	fd_closep(&ends[0]);
	kept = TAKE_FD(ends[1]);
	assert_int_equal(ends[1], -1);
	close(kept);
}

struct filler {
	int fd;
	size_t len;
	int result;
};

static void *fill(void *context)
{
	struct filler *filler = context;
	DEFER(freep) char *data = xmalloc(filler->len);

	memset(data, 'x', filler->len);
	filler->result = fd_write_all(filler->fd, data, filler->len, NULL);
	close(filler->fd);
	return NULL;
}

static void everything_passes_through_a_small_non_blocking_pipe(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	struct filler filler = { .len = 3 << 20 };
	pthread_t thread;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	filler.fd = ends[1];
	assert_int_equal(pthread_create(&thread, NULL, fill, &filler), 0);
	buf_init(&b, filler.len);
	assert_int_equal(fd_read_all(ends[0], &b, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(filler.result, 0);
	assert_int_equal(b.len, filler.len);
	close(ends[0]);
}

static void reading_more_than_the_buffer_takes_is_an_error(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	struct error err = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "12345", 5), 5);
	close(ends[1]);
	buf_init(&b, 4);
	assert_int_equal(fd_read_all(ends[0], &b, &err), -1);
	assert_string_equal(err.text, "more than 4 bytes to read");
	close(ends[0]);
}

static void writing_to_nobody_is_an_error(void **state)
{
	struct error err = { 0 };
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	assert_int_equal(fd_write_all(ends[1], "x", 1, &err), -1);
	assert_int_equal(err.os_errno, EPIPE);
	close(ends[1]);
	assert_int_equal(fd_write_all(-1, "x", 1, &err), -1);
	assert_int_equal(err.os_errno, EBADF);
}

static void waiting_tells_events_from_the_time_limit(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fd_wait(ends[0], POLLIN, 1), 0);
	assert_int_equal(fd_wait(ends[1], POLLOUT, -1), POLLOUT);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(fd_wait(ends[0], POLLIN, -1), POLLIN);
	close(ends[1]);
	assert_true(fd_wait(ends[0], POLLIN, 0) & POLLIN);
	close(ends[0]);
}

static void non_blocking_can_be_switched(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fd_set_nonblocking(ends[0], true), 0);
	assert_true(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_set_nonblocking(ends[0], false), 0);
	assert_false(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(fd_set_nonblocking(-1, true), -1);
}

static void a_file_reads_back_as_written(void **state)
{
	DEFER(freep) char *path = inside(state, "file");
	DEFER(buf_release) struct buf text = { 0 };
	struct stat st;

	assert_int_equal(file_write_atomic(path, "a\0b", 3, 0640, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(file_read(path, 3, &text, NULL), 0);
	assert_int_equal(text.len, 3);
	assert_memory_equal(text.data, "a\0b", 4);
}

static void a_file_is_replaced_and_leaves_no_rest(void **state)
{
	DEFER(freep) char *path = inside(state, "file");
	DEFER(buf_release) struct buf text = { 0 };

	assert_int_equal(file_write_atomic(path, "a long text", 11, 0600, NULL), 0);
	assert_int_equal(file_write_atomic(path, "new", 3, 0600, NULL), 0);
	assert_int_equal(file_read(path, 100, &text, NULL), 0);
	assert_string_equal(text.data, "new");
	assert_int_equal(rmdir(*state), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(*state), 0); /* empty: the temporary file is gone */
}

static void a_failed_write_says_so_and_leaves_no_rest(void **state)
{
	DEFER(freep) char *path = inside(state, "missing/file");
	DEFER(freep) char *directory = inside(state, "directory");
	struct error err = { 0 };

	assert_int_equal(file_write_atomic(path, "x", 1, 0600, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_int_equal(err.os_errno, ENOENT);
	assert_non_null(strstr(err.text, "missing/file'"));
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(file_write_atomic(directory, "x", 1, 0600, &err), -1);
	assert_int_equal(err.os_errno, EISDIR);
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(rmdir(*state), 0);
}

static void what_is_no_small_regular_file_is_refused(void **state)
{
	DEFER(freep) char *fifo = inside(state, "fifo");
	DEFER(freep) char *large = inside(state, "large");
	DEFER(freep) char *missing = inside(state, "missing");
	const struct {
		const char *path, *reason;
		int os_errno;
	} cases[] = {
		{ *state, "not a regular file", 0 },
		{ fifo, "not a regular file", 0 },
		{ "/dev/zero", "not a regular file", 0 },
		{ large, "it has 11 bytes, the limit is 10", 0 },
		{ missing, "No such file or directory", ENOENT },
	};

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(file_write_atomic(large, "01234567890", 11, 0600, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = { 0 };
		struct error err = { 0 };

		assert_int_equal(file_read(cases[i].path, 10, &text, &err), -1);
		assert_int_equal(err.kind, ERROR_HOST);
		assert_int_equal(err.os_errno, cases[i].os_errno);
		assert_non_null(strstr(err.text, cases[i].reason));
		assert_non_null(strstr(err.text, cases[i].path));
		assert_null(text.data);
	}
}

static void a_file_without_a_known_size_is_limited_too(void **state)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(file_read("/proc/self/status", 10, &text, &err), -1);
	assert_string_equal(err.text,
			    "cannot read '/proc/self/status': more than 10 bytes to read");
	assert_int_equal(err.kind, ERROR_HOST);
	assert_int_equal(file_read("/proc/self/status", 1 << 16, &text, &err), 0);
	assert_true(text.len > 10);
}

static void directories_are_made_with_their_parents(void **state)
{
	static const char *const names[] = { "a/b/c", "a/b/c", "a//d/", "e", "./f/../g" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		DEFER(freep) char *path = inside(state, names[i]);
		struct stat st;

		assert_int_equal(dir_make_all(path, 0750, NULL), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_true(S_ISDIR(st.st_mode));
	}
	assert_int_equal(dir_make_all("/", 0700, NULL), 0);
}

static void a_file_in_the_way_of_a_directory_is_named(void **state)
{
	DEFER(freep) char *file = inside(state, "file");
	DEFER(freep) char *below = inside(state, "file/below");
	struct error err = { 0 };

	assert_int_equal(file_write_atomic(file, "", 0, 0600, NULL), 0);
	assert_int_equal(dir_make_all(file, 0700, &err), -1);
	assert_int_equal(err.os_errno, ENOTDIR);
	assert_int_equal(dir_make_all(below, 0700, &err), -1);
	assert_int_equal(err.os_errno, ENOTDIR);
	assert_non_null(strstr(err.text, "/file'"));
	assert_int_equal(dir_make_all("", 0700, &err), -1);
}

static void short_reads_are_put_together_up_to_the_size(void **state)
{
	char text[8] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "abcdef", 6), 6);
	assert_int_equal(fd_read_upto(ends[0], text, 4), 4);
	assert_memory_equal(text, "abcd", 4);
	close(ends[1]);
	assert_int_equal(fd_read_upto(ends[0], text, sizeof(text)), 2);
	assert_memory_equal(text, "ef", 2);
	assert_int_equal(fd_read_upto(ends[0], text, sizeof(text)), 0);
	close(ends[0]);
	assert_int_equal(fd_read_upto(ends[0], text, sizeof(text)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_keeps_errno_and_marks_the_variable),
		cmocka_unit_test(everything_passes_through_a_small_non_blocking_pipe),
		cmocka_unit_test(reading_more_than_the_buffer_takes_is_an_error),
		cmocka_unit_test(writing_to_nobody_is_an_error),
		cmocka_unit_test(waiting_tells_events_from_the_time_limit),
		cmocka_unit_test(non_blocking_can_be_switched),
		SCRATCH_TEST(a_file_reads_back_as_written),
		SCRATCH_TEST(a_file_is_replaced_and_leaves_no_rest),
		SCRATCH_TEST(a_failed_write_says_so_and_leaves_no_rest),
		SCRATCH_TEST(what_is_no_small_regular_file_is_refused),
		cmocka_unit_test(a_file_without_a_known_size_is_limited_too),
		SCRATCH_TEST(directories_are_made_with_their_parents),
		SCRATCH_TEST(a_file_in_the_way_of_a_directory_is_named),
		cmocka_unit_test(short_reads_are_put_together_up_to_the_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
