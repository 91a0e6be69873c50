/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_FD_H
#define WINALUX_BASE_FD_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct error;

/* Every descriptor of this program is O_CLOEXEC from birth. */

void fd_closep(int *fd); /* for DEFER: closes a descriptor >= 0, keeps errno, sets -1 */
#define TAKE_FD(fd)                                                                                \
	(__extension__({                                                                           \
		int take_fd_ = (fd);                                                               \
		(fd) = -1;                                                                         \
		take_fd_;                                                                          \
	}))

/* Writes all of it, over short writes and EINTR; waits on non-blocking descriptors. */
int fd_write_all(int fd, const void *data, size_t len, struct error *err);

/* Reads to the end into b, which has room by its own maximum; more than that is an error. */
int fd_read_all(int fd, struct buf *b, struct error *err);

/*
 * Reads until the end or until size bytes are there, over short reads and EINTR, for small files
 * and fixed memory. How many, or -1 with errno.
 */
ssize_t fd_read_upto(int fd, void *ret, size_t size);

int fd_set_nonblocking(int fd, bool is_nonblocking);

/*
 * Waits for poll(2) events on one descriptor at most timeout_ms (-1: for ever), over EINTR.
 * Returns the revents, 0 at the time limit, -1 on error (errno).
 */
int fd_wait(int fd, short events, int timeout_ms);

/*
 * Whole small files. Refuses what is not a regular file and what is larger than max_bytes. Errors
 * are ERROR_HOST with os_errno where a call failed. ret_text is initialised here, on success only.
 */
int file_read(const char *path, size_t max_bytes, struct buf *ret_text, struct error *err);

/* Writes beside the target and renames over it, so that a reader sees the old or the new text. */
int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode,
		      struct error *err);

void dir_closep(DIR **directory); /* for DEFER */

/* mkdir -p with the given mode for the missing parts. */
int dir_make_all(const char *path, mode_t mode, struct error *err);

/*
 * A connection (type: SOCK_STREAM, SOCK_SEQPACKET) to the unix socket at path, close-on-exec; -1
 * and errno: EAGAIN when the listener did not take it within timeout_ms, ENAMETOOLONG for a path
 * that no address can hold.
 */
int fd_connect_unix(const char *path, int type, int timeout_ms);

#endif
