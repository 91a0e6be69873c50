/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SERVICE_LOG_H
#define WINALUX_GUEST_SERVICE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * What services say and what becomes of them, for who is inside: the container's log, which has the
 * same, is only outside. Lines of
 *
 *	2026-11-28T11:00:00Z NAME | what it printed
 *	2026-11-28T11:00:00Z NAME * what it did
 *
 * in a file that everybody inside may read. When it is full it becomes the old one, PATH.1.
 */
#define SERVICE_LOG_PATH "/run/winalux/services.log"

enum { SERVICE_LOG_MAX_BYTES = 128 << 10 };

/* Zeroed memory is a log that goes nowhere. */
struct service_log {
	const char *path; /* stays the caller's; NULL: nowhere */
	int fd;           /* valid where is_open */
	bool is_open;
	off_t len;
};

void service_log_init(struct service_log *log, const char *path);

/* len bytes of text without a newline; mark: '|' or '*'. What cannot be written is lost. */
void service_log_add(struct service_log *log, const char *name, char mark, const char *text,
		     size_t len);

#endif
