/* SPDX-License-Identifier: MIT */
#include "winalux/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

/*
 * The one piece of state of the process that lies outside of any object. A line is put together
 * without the lock; the lock keeps hook, write and hook of one line together.
 */
static struct {
	pthread_mutex_t lock;
	_Atomic int level;
	_Atomic bool is_colored;
	void (*hook)(bool is_before, void *context);
	void *context;
} log_state = { .lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_INFO };

struct log_style {
	const char *prefix;
	const char *color; /* or NULL */
};

static const struct log_style log_styles[] = {
	[LOG_ERROR] = { "winalux: ", "\033[31m" },
	[LOG_WARN] = { "winalux: warning: ", "\033[33m" },
	[LOG_INFO] = { "", NULL },
	[LOG_DEBUG] = { "", NULL },
};

void log_set_level(enum log_level level)
{
	log_state.level = (int)level;
}

enum log_level log_get_level(void)
{
	return (enum log_level)log_state.level;
}

void log_set_color(bool is_on)
{
	log_state.is_colored = is_on;
}

void log_set_hook(void (*hook)(bool is_before, void *context), void *context)
{
	pthread_mutex_lock(&log_state.lock);
	log_state.hook = hook;
	log_state.context = context;
	pthread_mutex_unlock(&log_state.lock);
}

static void write_line(const struct buf *line)
{
	pthread_mutex_lock(&log_state.lock);
	if (log_state.hook)
		log_state.hook(true, log_state.context);
	fd_write_all(STDERR_FILENO, line->data, line->len, NULL); /* nowhere to report it */
	if (log_state.hook)
		log_state.hook(false, log_state.context);
	pthread_mutex_unlock(&log_state.lock);
}

static void log_text(enum log_level level, const char *text)
{
	const struct log_style *style = &log_styles[level];
	bool is_colored = style->color && log_state.is_colored;
	DEFER(buf_release) struct buf line = { 0 };

	buf_init(&line, SIZE_MAX);
	buf_add_str(&line, is_colored ? style->color : "");
	buf_add_str(&line, style->prefix);
	buf_add_str(&line, is_colored ? "\033[0m" : "");
	buf_add_printable(&line, text, strlen(text), false);
	buf_add_char(&line, '\n');
	write_line(&line);
}

static void __attribute__((format(printf, 2, 0)))
log_format(enum log_level level, const char *fmt, va_list ap)
{
	if ((int)level > log_state.level)
		return;
	DEFER(freep) char *text = xvasprintf(fmt, ap);
	log_text(level, text);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_format(LOG_ERROR, fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_format(LOG_WARN, fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_format(LOG_INFO, fmt, ap);
	va_end(ap);
}

void log_debug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (log_state.level < (int)LOG_DEBUG)
		return;
	va_start(ap, fmt);
	DEFER(freep) char *text = xvasprintf(fmt, ap);
	va_end(ap);
	DEFER(freep) char *placed = xasprintf("%s:%d: %s", file, line, text);
	log_text(LOG_DEBUG, placed);
}
