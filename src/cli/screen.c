/* SPDX-License-Identifier: MIT */
/*
 * What was drawn last is remembered line by line. A new picture is compared with it, only lines
 * that differ are written, and all of them by one write, so nothing flickers and a slow line has
 * little to carry. The sequences are those of ECMA-48 and xterm that every terminal of today knows.
 */
#include "screen.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"

#include "signals.h"

/* Alternate screen, no cursor, no wrapping; and the reverse. */
#define BEGIN "\033[?1049h\033[?25l\033[?7l\033[H\033[2J"
#define END "\033[?7h\033[?25h\033[?1049l"

enum { KEYS_SIZE = 64 };

struct screen {
	struct term_state *mode;
	struct strv lines; /* as they stand there */
	volatile bool *is_resized;
	char keys[KEYS_SIZE]; /* typed and not taken yet */
	size_t key_count;
};

static void write_end(void)
{
	/* A handler has nobody to tell of a failure. */
	const ssize_t n = write(STDOUT_FILENO, END, strlen(END));

	(void)n;
}

static void put_back(void *context)
{
	const struct screen *s = context;

	write_end();
	term_reset(s->mode);
}

struct screen *screen_open(void)
{
	const char *term = getenv("TERM");

	if (!term || strcmp(term, "dumb") == 0 || !term_is_terminal(STDOUT_FILENO))
		return NULL;
	struct term_state *mode = term_set_keys(STDIN_FILENO);
	if (!mode)
		return NULL;
	struct screen *s = xcalloc(1, sizeof(*s));
	s->mode = mode;
	s->is_resized = (volatile bool *)(uintptr_t)signals_watch_resize();
	signals_set_last_words(put_back, s);
	fd_write_all(STDOUT_FILENO, BEGIN, strlen(BEGIN), NULL);
	return s;
}

void screen_closep(struct screen **screen)
{
	struct screen *s = *screen;

	if (!s)
		return;
	write_end();
	term_reset(s->mode);
	signals_set_last_words(NULL, NULL);
	term_restore(s->mode);
	strv_release(&s->lines);
	free(s);
	*screen = NULL;
}

int screen_columns(const struct screen *s)
{
	(void)s;
	return term_width(STDOUT_FILENO, 80);
}

int screen_rows(const struct screen *s)
{
	(void)s;
	return term_height(STDOUT_FILENO, 24);
}

static bool stands_there(const struct screen *s, size_t row, const char *line)
{
	return row < s->lines.count && strcmp(s->lines.items[row], line) == 0;
}

void screen_draw(struct screen *s, const char *text)
{
	const size_t rows = (size_t)screen_rows(s);
	struct strv lines = { 0 };
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	while (*text && lines.count < rows) {
		const size_t len = strcspn(text, "\n");
		DEFER(freep) char *line = xstrndup(text, len);

		if (!stands_there(s, lines.count, line))
			buf_addf(&b, "\033[%zu;1H%s\033[K", lines.count + 1, line);
		strv_add(&lines, line);
		text += len + (text[len] == '\n');
	}
	if (lines.count < s->lines.count)
		buf_addf(&b, "\033[%zu;1H\033[J", lines.count + 1);
	if (b.len > 0)
		fd_write_all(STDOUT_FILENO, b.data, b.len, NULL);
	strv_release(&s->lines);
	s->lines = lines;
}

/* A terminal moves what stands on it when its size changes: all of it is drawn anew. */
static int react_to_resize(struct screen *s)
{
	static const char wipe[] = "\033[H\033[2J";

	*s->is_resized = false;
	strv_release(&s->lines);
	fd_write_all(STDOUT_FILENO, wipe, strlen(wipe), NULL);
	return SCREEN_RESIZED;
}

static const struct {
	const char *text;
	int key;
} sequences[] = {
	{ "\033[A", SCREEN_UP },   { "\033OA", SCREEN_UP },       { "\033[B", SCREEN_DOWN },
	{ "\033OB", SCREEN_DOWN }, { "\033[5~", SCREEN_PAGE_UP }, { "\033[6~", SCREEN_PAGE_DOWN },
};

static int take_keys(struct screen *s, size_t len, int key)
{
	s->key_count -= len;
	memmove(s->keys, s->keys + len, s->key_count);
	return key;
}

/* An unknown sequence is swallowed with its last letter, which would be a key of its own. */
static int take_sequence(struct screen *s)
{
	size_t len = 1;

	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		const size_t wanted = strlen(sequences[i].text);

		if (s->key_count >= wanted && memcmp(s->keys, sequences[i].text, wanted) == 0)
			return take_keys(s, wanted, sequences[i].key);
	}
	if (s->key_count > 1 && (s->keys[1] == '[' || s->keys[1] == 'O'))
		for (len = 2; len < s->key_count && (s->keys[len++] & 0xc0) != 0x40;)
			;
	return take_keys(s, len, SCREEN_OTHER);
}

static int take_key(struct screen *s)
{
	const unsigned char first = (unsigned char)s->keys[0];

	if (first == '\033')
		return take_sequence(s);
	return take_keys(s, 1, first);
}

int screen_key(struct screen *s, int timeout_ms)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };

	if (s->key_count > 0)
		return take_key(s);
	const int n = signals_poll(&fd, 1, timeout_ms);
	if (*signals_cancelled())
		return SCREEN_END;
	if (*s->is_resized)
		return react_to_resize(s);
	if (n <= 0)
		return n == 0 ? SCREEN_TIMEOUT : SCREEN_OTHER;
	const ssize_t got = read(STDIN_FILENO, s->keys, sizeof(s->keys));
	if (got <= 0)
		return SCREEN_END;
	s->key_count = (size_t)got;
	return take_key(s);
}
