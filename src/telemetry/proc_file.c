/* SPDX-License-Identifier: MIT */
#include "proc_file.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum { STATUS_MAX = 4096, LINK_MAX_BYTES = 64 };

bool proc_file_read_path(const char *path, char *ret, size_t size)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const ssize_t n = fd < 0 ? -1 : fd_read_upto(fd, ret, size - 1);
	if (n < 0)
		return false;
	ret[n] = '\0';
	return true;
}

bool proc_file_read(const char *proc, pid_t pid, const char *name, char *ret, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%d/%s", proc, (int)pid, name);
	return proc_file_read_path(path, ret, size);
}

bool proc_file_namespace(const char *proc, pid_t pid, const char *name, uint64_t *ret)
{
	char path[PATH_MAX], text[LINK_MAX_BYTES + 1];

	snprintf(path, sizeof(path), "%s/%d/ns/%s", proc, (int)pid, name);
	const ssize_t n = readlink(path, text, LINK_MAX_BYTES);
	if (n < 0)
		return false;
	text[n] = '\0';
	const char *at = strchr(text, '[');
	return at && parse_char(&at, '[') && parse_u64(&at, 1, UINT64_MAX, ret);
}

bool proc_file_outer_namespace(const char *proc, pid_t pid, unsigned levels, uint64_t *ret)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%d/ns/pid", proc, (int)pid);
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; fd >= 0 && i < levels; i++) {
		const int outer = ioctl(fd, NS_GET_PARENT);

		close(fd);
		fd = outer;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	*ret = st.st_ino;
	return true;
}

int proc_file_open_inside(const char *proc, pid_t pid, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH,
	};
	char root_path[PATH_MAX];

	snprintf(root_path, sizeof(root_path), "%s/%d/root", proc, (int)pid);
	DEFER(fd_closep) int root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	return (int)syscall(SYS_openat2, root, path + 1, &how, sizeof(how));
}

/* Behind key, which begins a line; NULL when there is none. */
static const char *find_line(const char *text, const char *key)
{
	while (text && *text) {
		if (parse_literal(&text, key))
			return text;
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return NULL;
}

bool proc_file_depth(const char *proc, pid_t pid, unsigned *ret_depth, pid_t *ret_innermost)
{
	char text[STATUS_MAX];
	const char *at;
	unsigned depth = 0;
	uint64_t number;

	if (!proc_file_read(proc, pid, "status", text, sizeof(text)))
		return false;
	at = find_line(text, "NSpid:");
	while (at && parse_spaces(&at) && parse_u64(&at, 1, INT_MAX, &number)) {
		*ret_innermost = (pid_t)number;
		depth++;
	}
	*ret_depth = depth;
	return depth > 0;
}

bool proc_file_pid_below(const char *proc, pid_t pid, pid_t *ret)
{
	char text[STATUS_MAX];
	const char *at;
	uint64_t number;

	if (!proc_file_read(proc, pid, "status", text, sizeof(text)))
		return false;
	at = find_line(text, "NSpid:");
	if (!at || !parse_spaces(&at) || !parse_u64(&at, 1, INT_MAX, &number) ||
	    !parse_spaces(&at) || !parse_u64(&at, 1, INT_MAX, &number))
		return false;
	*ret = (pid_t)number;
	return true;
}

bool proc_file_number(const char *text, const char *key, uint64_t *ret)
{
	const char *at = find_line(text, key);

	if (!at)
		return false;
	parse_spaces(&at);
	return parse_u64(&at, 0, UINT64_MAX, ret);
}
