/* SPDX-License-Identifier: MIT */
/* What is decided before the C library begins, from what the kernel puts on the stack. */
#include <elf.h>

#include "files.h"
#include "guest/shell.h"
#include "guest/shortcut.h"
#include "winalux/base/mem.h"

enum { ARGUMENTS_MAX = 4 };

struct stack {
	unsigned long words[32];
	size_t count;
};

static void push(struct stack *s, unsigned long word)
{
	s->words[s->count++] = word;
}

/* file is NULL where the kernel does not say what was executed. */
static void make_stack(struct stack *s, const char *file, const char *const *argv)
{
	s->count = 1;
	for (size_t i = 0; i < ARGUMENTS_MAX && argv[i]; i++)
		push(s, (unsigned long)argv[i]);
	s->words[0] = s->count - 1;
	push(s, 0);
	push(s, (unsigned long)"PATH=/bin");
	push(s, (unsigned long)"SHELL=/bin/bash");
	push(s, 0);
	push(s, AT_PAGESZ);
	push(s, 4096);
	if (file) {
		push(s, AT_EXECFN);
		push(s, (unsigned long)file);
	}
	push(s, AT_NULL);
	push(s, 0);
}

static void a_shell_that_is_plain_is_taken(void **state)
{
	static const struct {
		const char *file;
		const char *argv[ARGUMENTS_MAX];
		const char *shell;
	} cases[] = {
		{ "/bin/sh", { "sh", "-c", "true" }, "sh" },
		{ "/usr/bin/bash", { "-bash" }, "bash" },
		{ "/bin/bash", { "/bin/sh", "-c", "x" }, "bash" },
		{ "/bin/busybox", { "ls" }, "busybox" },
		{ "./configure", { "/bin/sh", "./configure" }, "sh" },
		{ "./bash", { "/bin/sh", "./bash" }, "sh" },
		{ "/x/sh", { "/bin/bash", "-e", "/x/sh" }, "bash" },
		{ "/bin/sh", { "sh", "-c", SHELL_ENTRY_COMMAND, "x" }, "sh" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stack s;

		make_stack(&s, cases[i].file, cases[i].argv);
		assert_string_equal(shortcut_shell(s.words), cases[i].shell);
		/* and main() would have said the same */
		assert_string_equal(
			shell_called(cases[i].file, (int)s.words[0], (char *const *)(s.words + 1)),
			cases[i].shell);
	}
}

static void everything_else_is_left_to_main(void **state)
{
	static const struct {
		const char *file;
		const char *argv[ARGUMENTS_MAX];
	} cases[] = {
		{ "/bin/sh", { "sh", "-c", SHELL_ENTRY_COMMAND } },
		{ "/bin/rbash", { "rbash" } },
		{ "/dev/fd/3", { "-zsh" } },
		{ "./script", { "/bin/rbash", "./script" } },
		{ "/usr/lib/winalux/winalux-guest", { "init" } },
		{ "/usr/lib/winalux/winalux-guest", { "winalux-guest", "sh" } },
		{ "", { "sh" } },
		{ NULL, { "sh" } },
		{ "/bin/sh", { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stack s;

		make_stack(&s, cases[i].file, cases[i].argv);
		assert_null(shortcut_shell(s.words));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_that_is_plain_is_taken),
		cmocka_unit_test(everything_else_is_left_to_main),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
