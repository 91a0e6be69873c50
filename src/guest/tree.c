/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { COPY_CHUNK = 128 << 10, DEPTH_MAX = 64 };

static int copy_entry(int from, const char *from_name, int to, const char *to_name, int depth);

DIR *tree_open(int fd)
{
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (!directory && fd >= 0)
		close(fd);
	return directory;
}

const char *tree_next(DIR *directory)
{
	const struct dirent *entry;

	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return entry->d_name;
	return NULL;
}

/* copy_file_range(2) shares blocks where the file system can; read and write do everywhere. */
static int copy_bytes(int from, int to)
{
	DEFER(freep) char *chunk = NULL;
	ssize_t n;

	while ((n = copy_file_range(from, NULL, to, NULL, SSIZE_MAX >> 1, 0)) > 0)
		;
	if (n == 0)
		return 0;
	chunk = xmalloc(COPY_CHUNK);
	while ((n = read(from, chunk, COPY_CHUNK)) > 0)
		if (fd_write_all(to, chunk, (size_t)n, NULL) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

static int copy_regular(int from_fd, const struct stat *st, int to, const char *to_name)
{
	DEFER(fd_closep)
	int out = openat(to, to_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (out < 0 || copy_bytes(from_fd, out) < 0)
		return -1;
	/* Times are kept: Python checks them against its compiled files. */
	const struct timespec times[] = { st->st_atim, st->st_mtim };
	if (fchmod(out, st->st_mode & 0777) < 0 || futimens(out, times) < 0)
		return -1;
	return 0;
}

static int copy_link(int from, const char *from_name, int to, const char *to_name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(from, from_name, target, sizeof(target) - 1);

	if (len < 0)
		return -1;
	target[len] = '\0';
	return symlinkat(target, to, to_name);
}

static int copy_directory(int from_fd, const struct stat *st, int to, const char *to_name,
			  int depth)
{
	DEFER(dir_closep) DIR *directory = tree_open(fcntl(from_fd, F_DUPFD_CLOEXEC, 0));
	DEFER(fd_closep) int out = -1;
	const char *name;
	int status = 0;

	if (!directory || depth == DEPTH_MAX || mkdirat(to, to_name, 0700) < 0)
		return -1;
	out = openat(to, to_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (out < 0)
		return -1;
	while ((name = tree_next(directory)))
		if (copy_entry(from_fd, name, out, name, depth + 1) < 0)
			status = -1;
	return fchmod(out, st->st_mode & 0777) < 0 ? -1 : status;
}

static int copy_entry(int from, const char *from_name, int to, const char *to_name, int depth)
{
	DEFER(fd_closep) int fd = -1;
	struct stat st;

	if (fstatat(from, from_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		return copy_link(from, from_name, to, to_name);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	fd = openat(from, from_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	return S_ISREG(st.st_mode) ? copy_regular(fd, &st, to, to_name)
				   : copy_directory(fd, &st, to, to_name, depth);
}

static void remove_below(int at, const char *name, int depth)
{
	DEFER(dir_closep) DIR *directory = NULL;
	const char *entry;

	if (depth == DEPTH_MAX || unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return;
	directory = tree_open(openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	while (directory && (entry = tree_next(directory)))
		remove_below(dirfd(directory), entry, depth + 1);
	unlinkat(at, name, AT_REMOVEDIR);
}

int tree_copy(int from, const char *from_name, int to, const char *to_name)
{
	return copy_entry(from, from_name, to, to_name, 0);
}

void tree_remove(int at, const char *name)
{
	remove_below(at, name, 0);
}
