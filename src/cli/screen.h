/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_SCREEN_H
#define WINALUX_CLI_SCREEN_H

/*
 * The whole terminal for one command: drawn on the alternate screen, keys come one by one, and
 * everything is as it was when it is closed or a signal ends the program.
 */
struct screen;

/* NULL where standard input or output is no terminal that can be drawn on. */
struct screen *screen_open(void);
void screen_closep(struct screen **screen);

int screen_columns(const struct screen *s);
int screen_rows(const struct screen *s);

/*
 * Shows lines, one for each row from the top; those that stand there already are not written again.
 * What is wider or lower than the terminal is cut off. Colours have to end with their line.
 */
void screen_draw(struct screen *s, const char *text);

/* What is no letter. */
enum screen_key {
	SCREEN_TIMEOUT = 256,
	SCREEN_RESIZED,
	SCREEN_END, /* a signal, or the terminal is gone */
	SCREEN_UP,
	SCREEN_DOWN,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_OTHER,
};

/* The next key, a letter or one of the above. timeout_ms -1: for ever. */
int screen_key(struct screen *s, int timeout_ms);

#endif
