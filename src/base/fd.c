/* SPDX-License-Identifier: MIT */
#include "winalux/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

enum { FD_CHUNK_BYTES = 64 << 10 };

void fd_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_wait(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t deadline_ms = timeout_ms < 0 ? INT64_MAX : clock_mono_ms() + timeout_ms;

	for (;;) {
		int n = poll(&p, 1, timeout_ms < 0 ? -1 : clock_left_ms(deadline_ms));

		if (n >= 0)
			return n > 0 ? p.revents : 0;
		if (errno != EINTR)
			return -1;
	}
}

/* After a failed read or write: true when the call is to be made again, once the fd is ready. */
static bool is_worth_again(int fd, short events)
{
	if (errno == EINTR)
		return true;
	return (errno == EAGAIN || errno == EWOULDBLOCK) && fd_wait(fd, events, -1) > 0;
}

int fd_write_all(int fd, const void *data, size_t len, struct error *err)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0) {
			if (is_worth_again(fd, POLLOUT))
				continue;
			return error_set_errno(err, ERROR_INTERNAL, errno, "cannot write");
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_read_upto(int fd, void *ret, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, (char *)ret + len, size - len);

		if (n == 0)
			break;
		if (n > 0)
			len += (size_t)n;
		else if (!is_worth_again(fd, POLLIN))
			return -1;
	}
	return (ssize_t)len;
}

int fd_read_all(int fd, struct buf *b, struct error *err)
{
	DEFER(freep) char *chunk = xmalloc(FD_CHUNK_BYTES);

	for (;;) {
		ssize_t n = read(fd, chunk, FD_CHUNK_BYTES);

		if (n == 0)
			return 0;
		if (n < 0) {
			if (is_worth_again(fd, POLLIN))
				continue;
			return error_set_errno(err, ERROR_INTERNAL, errno, "cannot read");
		}
		buf_add(b, chunk, (size_t)n);
		if (b->is_full)
			return error_set(err, ERROR_INTERNAL, "more than %zu bytes to read",
					 b->max);
	}
}

int fd_set_nonblocking(int fd, bool is_nonblocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	flags = is_nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -1 : 0;
}

/* Opens without waiting for the other end of a FIFO. Returns a descriptor or -1. */
static int open_regular(const char *path, size_t max_bytes, struct error *err)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_HOST, "cannot read '%s': not a regular file", path);
	if ((uintmax_t)st.st_size > max_bytes)
		return error_set(err, ERROR_HOST,
				 "cannot read '%s': it has %jd bytes, the limit is %zu", path,
				 (intmax_t)st.st_size, max_bytes);
	return TAKE_FD(fd);
}

int file_read(const char *path, size_t max_bytes, struct buf *ret_text, struct error *err)
{
	DEFER(fd_closep) int fd = open_regular(path, max_bytes, err);
	DEFER(buf_release) struct buf text = { 0 };

	if (fd < 0)
		return -1;
	buf_init(&text, max_bytes);
	if (fd_read_all(fd, &text, err) < 0) { /* files in /proc have size 0 and content */
		if (err)
			err->kind = ERROR_HOST;
		return error_add(err, "cannot read '%s'", path);
	}
	*ret_text = text;
	text = (struct buf){ 0 };
	return 0;
}

/* Writes, sets the mode and brings it to the disk. Returns 0 or an errno. */
static int fill_file(int fd, const void *data, size_t len, mode_t mode)
{
	struct error err;

	if (fd_write_all(fd, data, len, &err) < 0)
		return err.os_errno;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return errno;
	return 0;
}

int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode,
		      struct error *err)
{
	DEFER(freep) char *temporary = xasprintf("%s.XXXXXX", path);
	DEFER(fd_closep) int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot write '%s'", path);
	int failed = fill_file(fd, data, len, mode);
	if (!failed && rename(temporary, path) < 0)
		failed = errno;
	if (!failed)
		return 0;
	unlink(temporary);
	return error_set_errno(err, ERROR_HOST, failed, "cannot write '%s'", path);
}

/* 0, or an errno. What exists must be a directory (or a link to one). */
static int make_dir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	int failed = errno;
	if (stat(path, &st) < 0)
		return failed;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

void dir_closep(DIR **directory)
{
	if (*directory)
		closedir(*directory);
	*directory = NULL;
}

int dir_make_all(const char *path, mode_t mode, struct error *err)
{
	DEFER(freep) char *part = xstrdup(path);
	char *slash = part;

	while (*slash == '/')
		slash++;
	do {
		slash = strchrnul(slash, '/');
		char kept = *slash;
		*slash = '\0';
		int failed = make_dir(part, mode);
		if (failed)
			return error_set_errno(err, ERROR_HOST, failed,
					       "cannot make directory '%s'", part);
		*slash = kept;
		while (*slash == '/')
			slash++;
	} while (*slash);
	return 0;
}

/* connect(2) on a unix socket waits while the listener's queue is full, as long as a send may. */
int fd_connect_unix(const char *path, int type, int timeout_ms)
{
	const struct timeval limit = { timeout_ms / 1000, (suseconds_t)(timeout_ms % 1000) * 1000 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	DEFER(fd_closep) int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return TAKE_FD(fd);
}
