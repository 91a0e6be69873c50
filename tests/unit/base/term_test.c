/* SPDX-License-Identifier: MIT */
#include "winalux/base/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

/* A terminal of our own: *state is the descriptor of its inner side. */
struct pseudo_terminal {
	int outer, inner;
};

static int open_terminal(void **state)
{
	struct pseudo_terminal *t = xcalloc(1, sizeof(*t));

	*state = t;
	t->outer = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->outer < 0 || grantpt(t->outer) < 0 || unlockpt(t->outer) < 0)
		return -1;
	t->inner = open(ptsname(t->outer), O_RDWR | O_NOCTTY | O_CLOEXEC);
	return t->inner < 0 ? -1 : 0;
}

static int close_terminal(void **state)
{
	struct pseudo_terminal *t = *state;

	close(t->inner);
	close(t->outer);
	free(t);
	return 0;
}

static void a_terminal_is_told_from_a_file(void **state)
{
	const struct pseudo_terminal *t = *state;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_true(term_is_terminal(t->inner));
	assert_false(term_is_terminal(fd));
	assert_false(term_is_terminal(-1));
	assert_int_equal(term_width(fd, 77), 77);
	assert_null(term_set_raw(fd));
	close(fd);
}

static void the_width_is_the_terminals_or_the_fallback(void **state)
{
	const struct pseudo_terminal *t = *state;
	struct winsize size = { .ws_row = 24, .ws_col = 132 };

	assert_int_equal(term_width(t->inner, 80), 80); /* a new one says 0 columns */
	assert_int_equal(ioctl(t->inner, TIOCSWINSZ, &size), 0);
	assert_int_equal(term_width(t->inner, 80), 132);
	assert_int_equal(term_height(t->inner, 80), 24);
	assert_int_equal(term_height(-1, 33), 33);
}

static void set_or_unset(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void colour_needs_a_terminal_that_can_and_nobody_against(void **state)
{
	static const struct {
		const char *term, *no_color;
		bool is_terminal, wanted;
	} cases[] = {
		{ "xterm", NULL, true, true }, { "xterm", "", true, true },
		{ "xterm", "1", true, false }, { "dumb", NULL, true, false },
		{ NULL, NULL, true, false },   { "xterm", NULL, false, false },
	};
	const struct pseudo_terminal *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_or_unset("TERM", cases[i].term);
		set_or_unset("NO_COLOR", cases[i].no_color);
		assert_int_equal(term_wants_color(cases[i].is_terminal ? t->inner : -1),
				 cases[i].wanted);
	}
}

static void the_first_variable_of_the_locale_decides(void **state)
{
	static const struct {
		const char *all, *ctype, *lang;
		bool wanted;
	} cases[] = {
		{ NULL, NULL, NULL, false },         { NULL, NULL, "en_GB.UTF-8", true },
		{ NULL, NULL, "C.utf8", true },      { "C", "C.UTF-8", "C.UTF-8", false },
		{ "", "de_DE.UTF-8", "C", true },    { NULL, "POSIX", "C.UTF-8", false },
		{ NULL, NULL, "de_DE@euro", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_or_unset("LC_ALL", cases[i].all);
		set_or_unset("LC_CTYPE", cases[i].ctype);
		set_or_unset("LANG", cases[i].lang);
		assert_int_equal(term_speaks_utf8(), cases[i].wanted);
	}
}

static void raw_mode_ends_where_it_began(void **state)
{
	const struct pseudo_terminal *t = *state;
	struct termios before, during, after;

	assert_int_equal(tcgetattr(t->inner, &before), 0);
	struct term_state *saved = term_set_raw(t->inner);
	assert_non_null(saved);
	assert_int_equal(tcgetattr(t->inner, &during), 0);
	assert_false(during.c_lflag & (ECHO | ICANON | ISIG));
	term_restore(saved);
	assert_int_equal(tcgetattr(t->inner, &after), 0);
	assert_int_equal(after.c_lflag, before.c_lflag);
	assert_int_equal(after.c_iflag, before.c_iflag);
	assert_int_equal(after.c_oflag, before.c_oflag);
	term_restore(NULL);
}

static void keys_come_unseen_and_the_mode_can_be_put_back_early(void **state)
{
	const struct pseudo_terminal *t = *state;
	struct termios before, during, after;

	assert_int_equal(tcgetattr(t->inner, &before), 0);
	struct term_state *saved = term_set_keys(t->inner);
	assert_int_equal(tcgetattr(t->inner, &during), 0);
	assert_false(during.c_lflag & (ECHO | ICANON));
	assert_true(during.c_lflag & ISIG);
	assert_int_equal(during.c_cc[VSUSP], _POSIX_VDISABLE);
	term_reset(saved);
	assert_int_equal(tcgetattr(t->inner, &after), 0);
	assert_int_equal(after.c_lflag, before.c_lflag);
	assert_int_equal(after.c_cc[VSUSP], before.c_cc[VSUSP]);
	term_restore(saved);
}

#define TERM_TEST(function) cmocka_unit_test_setup_teardown(function, open_terminal, close_terminal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TERM_TEST(a_terminal_is_told_from_a_file),
		TERM_TEST(the_width_is_the_terminals_or_the_fallback),
		TERM_TEST(colour_needs_a_terminal_that_can_and_nobody_against),
		cmocka_unit_test(the_first_variable_of_the_locale_decides),
		TERM_TEST(raw_mode_ends_where_it_began),
		TERM_TEST(keys_come_unseen_and_the_mode_can_be_put_back_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
