/* SPDX-License-Identifier: MIT */
#include "state_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

bool state_file_read(const char *path, char *ret, size_t size)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const ssize_t n = fd < 0 ? -1 : fd_read_upto(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	return n > 0;
}

void state_file_write(const char *path, const char *text, size_t len)
{
	char beside[PATH_MAX];

	snprintf(beside, sizeof(beside), "%s.new", path);
	DEFER(fd_closep)
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && write(fd, text, len) == (ssize_t)len)
		rename(beside, path);
}
