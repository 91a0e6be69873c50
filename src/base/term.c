/* SPDX-License-Identifier: MIT */
#include "winalux/base/term.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"

struct term_state {
	int fd;
	struct termios saved;
};

bool term_is_terminal(int fd)
{
	return isatty(fd) == 1;
}

int term_width(int fd, int fallback_columns)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return fallback_columns;
	return size.ws_col;
}

int term_height(int fd, int fallback_rows)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return fallback_rows;
	return size.ws_row;
}

size_t term_text_width(const char *text)
{
	size_t left = strlen(text), columns = 0;

	while (left > 0) {
		uint32_t code;

		if (*text >= ' ' && *text <= '~') { /* most of what is shown */
			text++, left--, columns++;
			continue;
		}
		size_t used = utf8_decode(text, left, &code);

		columns += used ? utf8_columns(code) : 1;
		used = used ? used : 1;
		text += used;
		left -= used;
	}
	return columns;
}

bool term_wants_color(int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no_color && *no_color) /* https://no-color.org: present and not empty */
		return false;
	return term && strcmp(term, "dumb") != 0 && term_is_terminal(fd);
}

bool term_speaks_utf8(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value) /* the first that is set decides */
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static struct term_state *set_mode(int fd, void (*change)(struct termios *))
{
	struct term_state state = { .fd = fd };

	if (tcgetattr(fd, &state.saved) < 0)
		return NULL;
	struct termios mode = state.saved;
	change(&mode);
	if (tcsetattr(fd, TCSADRAIN, &mode) < 0)
		return NULL;
	struct term_state *kept = xmalloc(sizeof(*kept));
	*kept = state;
	return kept;
}

struct term_state *term_set_raw(int fd)
{
	return set_mode(fd, cfmakeraw);
}

static void make_keys(struct termios *mode)
{
	mode->c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	mode->c_cc[VMIN] = 1;
	mode->c_cc[VTIME] = 0;
	mode->c_cc[VSUSP] = mode->c_cc[VQUIT] = _POSIX_VDISABLE;
}

struct term_state *term_set_keys(int fd)
{
	return set_mode(fd, make_keys);
}

void term_reset(const struct term_state *state)
{
	tcsetattr(state->fd, TCSANOW, &state->saved);
}

void term_restore(struct term_state *state)
{
	if (!state)
		return;
	tcsetattr(state->fd, TCSADRAIN, &state->saved);
	free(state);
}
