/* SPDX-License-Identifier: MIT */
#include "proc_parent.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

pid_t proc_parent_parse(const char *stat)
{
	const char *at = strrchr(stat, ')');
	uint64_t parent;

	if (!at || strlen(at) < sizeof(") S "))
		return -1;
	at += strlen(") S ");
	return parse_u64(&at, 0, INT_MAX, &parent) ? (pid_t)parent : -1;
}

pid_t proc_parent(pid_t pid)
{
	char path[32], text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : fd_read_upto(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -1;
	text[n] = '\0';
	return proc_parent_parse(text);
}
