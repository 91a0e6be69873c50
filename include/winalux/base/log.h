/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_LOG_H
#define WINALUX_BASE_LOG_H

#include <stdbool.h>

/*
 * Talk goes to stderr, one line per call, control characters of outside text escaped. Only cli/
 * (and the guest) may log above LOG_DEBUG; layers below return errors. A live display (progress)
 * installs a hook so that log lines and redrawn lines do not overwrite each other.
 */
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
void log_set_color(bool is_on);

/* Runs with true before and false after each line is written; NULL takes it away. */
void log_set_hook(void (*hook)(bool is_before, void *context), void *context);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define log_debug(...) log_debug_at(__FILE__, __LINE__, __VA_ARGS__)
void log_debug_at(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
