/* SPDX-License-Identifier: MIT */
#include "passcode.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "winalux/base/fd.h"

enum { IDLE_LIMIT_MS = 120 * 1000, CTRL_C = 3, CTRL_D = 4, CTRL_H = 8, CTRL_U = 21, DELETE = 127 };

static const char greeting[] = "\n"
			       "W I N A L U X   W O R K S T A T I O N\n"
			       "Secure rootless development environment\n"
			       "\n";

int passcode_open(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC);
}

void passcode_greet(int tty)
{
	fd_write_all(tty, greeting, strlen(greeting), NULL);
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* A whole character of UTF-8. */
static int take_back(struct passcode *p)
{
	if (p->len == 0)
		return 0;
	while (--p->len > 0 && is_continuation(p->text[p->len]))
		;
	return -1;
}

static int take_all_back(struct passcode *p)
{
	int stars = 0;

	while (p->len > 0)
		stars += take_back(p);
	return stars;
}

static int add(struct passcode *p, char c)
{
	if ((unsigned char)c < 0x20 || p->len + 1 >= sizeof(p->text))
		return 0;
	p->text[p->len++] = c;
	return is_continuation(c) ? 0 : 1;
}

enum passcode_key passcode_type(struct passcode *p, char c, int *ret_stars)
{
	*ret_stars = 0;
	if (c == '\r' || c == '\n')
		return PASSCODE_DONE;
	if (c == CTRL_C || (c == CTRL_D && p->len == 0))
		return PASSCODE_GIVEN_UP;
	if (c == CTRL_H || c == DELETE)
		*ret_stars = take_back(p);
	else if (c == CTRL_U)
		*ret_stars = take_all_back(p);
	else
		*ret_stars = add(p, c);
	return PASSCODE_MORE;
}

static void show_stars(int tty, int stars)
{
	for (; stars > 0; stars--)
		fd_write_all(tty, "*", 1, NULL);
	for (; stars < 0; stars++)
		fd_write_all(tty, "\b \b", 3, NULL);
}

static enum passcode_key read_line(int tty, struct passcode *p)
{
	enum passcode_key key = PASSCODE_MORE;
	int stars;
	char c;

	while (key == PASSCODE_MORE) {
		if (fd_wait(tty, POLLIN, IDLE_LIMIT_MS) <= 0 || read(tty, &c, 1) != 1)
			return PASSCODE_GIVEN_UP;
		key = passcode_type(p, c, &stars);
		show_stars(tty, stars);
	}
	return key;
}

/* Signals from the keyboard come as characters: nothing may end us while the echo is off. */
static void set_silent(struct termios *t)
{
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_iflag |= ICRNL;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

static void prompt(int tty, const char *name)
{
	dprintf(tty, "Passcode for ");
	for (; *name; name++)
		dprintf(tty, "%c", toupper((unsigned char)*name));
	dprintf(tty, ": ");
}

int passcode_ask(int tty, const char *name, char ret[static PASSCODE_SIZE])
{
	struct passcode p = { .len = 0 };
	struct termios before, silent;

	if (tcgetattr(tty, &before) < 0)
		return -1;
	silent = before;
	set_silent(&silent);
	tcsetattr(tty, TCSADRAIN, &silent);
	prompt(tty, name);
	const enum passcode_key key = read_line(tty, &p);
	fd_write_all(tty, "\n", 1, NULL);
	tcsetattr(tty, TCSADRAIN, &before);
	if (key == PASSCODE_DONE) {
		memcpy(ret, p.text, p.len);
		ret[p.len] = '\0';
	}
	explicit_bzero(&p, sizeof(p));
	return key == PASSCODE_DONE ? 0 : -1;
}
