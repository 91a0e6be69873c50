/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_CLI_LOG_MERGE_H
#define WINALUX_SRC_CLI_LOG_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/buf.h"

/* The lines of one log, each with its time, kept until those of other logs are there. */
struct log_entry {
	int64_t time_s; /* since the epoch */
	uint32_t time_ns;
	size_t at; /* in text */
	size_t len;
};

struct log_lines {
	struct buf text;
	struct log_entry *entries;
	size_t count;
	size_t cap;
	size_t next; /* to be printed */
};

/* max_bytes: what more a log has is left out, and text.is_full says so. */
void log_lines_init(struct log_lines *l, size_t max_bytes);
void log_lines_release(struct log_lines *l);

/*
 * stamp is what stands before the line in Podman's log: RFC 3339 with nanoseconds and the offset of
 * the host. A line without a time comes right after the one before it.
 */
void log_lines_add(struct log_lines *l, const char *stamp, size_t stamp_len,
		   const struct buf *line);

/*
 * The next line of all logs by time; of equal ones that of the earlier log. False at the end. The
 * text belongs to its log.
 */
bool log_merge_next(struct log_lines *const *logs, size_t count, const char **ret_line,
		    size_t *ret_len);

/* "2026-01-31T23:59:59.123456789+01:00" to seconds and nanoseconds; false where it is no time. */
bool log_stamp_parse(const char *stamp, size_t len, int64_t *ret_s, uint32_t *ret_ns);

#endif
