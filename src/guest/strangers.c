/* SPDX-License-Identifier: MIT */
#include "strangers.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "report.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

static const char *const keys[] = { "id", "name", "image", "how" };

/* Is it one of the lines of text? */
static bool has_line(const char *text, const char *line, size_t len)
{
	while (*text) {
		const size_t n = strcspn(text, "\n");

		if (n == len && memcmp(text, line, len) == 0)
			return true;
		text += n + (text[n] == '\n');
	}
	return false;
}

static void tell(struct strangers *s, const char *line, size_t len)
{
	const char *end = line + len;
	struct event e;

	event_start(&e, "stranger");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *tab = memchr(line, '\t', (size_t)(end - line));
		const bool is_last = i + 1 == ARRAY_SIZE(keys);

		if (!tab && !is_last)
			return;
		event_bytes(&e, keys[i], line, (size_t)((tab ? tab : end) - line));
		line = tab ? tab + 1 : end;
	}
	report_send(s->report, &e);
}

void strangers_read(struct strangers *s, const char *path)
{
	char text[sizeof(s->told)];
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const ssize_t n = fd < 0 ? 0 : fd_read_upto(fd, text, sizeof(text) - 1);

	if (n < 0)
		return;
	text[n] = '\0';
	for (const char *at = text; *at;) {
		const size_t len = strcspn(at, "\n");

		if (!has_line(s->told, at, len))
			tell(s, at, len);
		at += len + (at[len] == '\n');
	}
	memcpy(s->told, text, (size_t)n + 1);
}
