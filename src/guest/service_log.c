/* SPDX-License-Identifier: MIT */
#include "service_log.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"

enum { HEAD_SIZE = WIRE_NAME_SIZE + 64, PATH_SIZE = 256 };

void service_log_init(struct service_log *log, const char *path)
{
	*log = (struct service_log){ .path = path };
}

static void close_file(struct service_log *log)
{
	if (log->is_open)
		close(log->fd);
	log->is_open = false;
}

static void open_file(struct service_log *log)
{
	log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	log->is_open = log->fd >= 0;
	log->len = log->is_open ? lseek(log->fd, 0, SEEK_END) : 0;
}

static void turn_over(struct service_log *log)
{
	char old[PATH_SIZE];

	close_file(log);
	if (snprintf(old, sizeof(old), "%s.1", log->path) < (int)sizeof(old))
		rename(log->path, old);
	open_file(log);
}

void service_log_add(struct service_log *log, const char *name, char mark, const char *text,
		     size_t len)
{
	char head[HEAD_SIZE], time[CLOCK_RFC3339_SIZE];

	if (!log->path)
		return;
	if (!log->is_open)
		open_file(log);
	if (log->is_open && log->len >= SERVICE_LOG_MAX_BYTES)
		turn_over(log);
	if (!log->is_open)
		return;
	clock_format_rfc3339(clock_wall_s(), time);
	snprintf(head, sizeof(head), "%s %s %c ", time, name, mark);
	const struct iovec parts[] = {
		{ head, strlen(head) },
		{ (void *)(uintptr_t)text, len },
		{ (void *)(uintptr_t) "\n", 1 },
	};
	const ssize_t n = writev(log->fd, parts, ARRAY_SIZE(parts));
	if (n > 0)
		log->len += n;
}
