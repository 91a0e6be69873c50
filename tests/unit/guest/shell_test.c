/* SPDX-License-Identifier: MIT */
/* Which shell is meant, how shells are put away, and what dpkg is told; and a passcode as it is
 * typed. */
#include <sys/stat.h>

#include "files.h"
#include "guest/diversions.h"
#include "guest/passcode.h"
#include "guest/shell.h"
#include "guest/shells_guard.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

static void the_shell_is_known_by_its_file_or_its_name(void **state)
{
	static const struct {
		const char *file;
		const char *argv[4];
		const char *shell;
	} cases[] = {
		{ "/bin/sh", { "sh", "-c", "true" }, "sh" },
		{ "/usr/bin/bash", { "-bash" }, "bash" },
		{ "/usr/bin/bash", { "anything" }, "bash" },
		{ "/bin/bash", { "/bin/sh", "-c", "x" }, "bash" },
		{ "./dash", { "x" }, "dash" },
		{ "/dev/fd/3", { "-zsh" }, "zsh" },
		/* scripts: the kernel names the interpreter, then the script */
		{ "./configure", { "/bin/sh", "./configure" }, "sh" },
		{ "./bash", { "/bin/sh", "./bash" }, "sh" },
		{ "/x/sh", { "/bin/bash", "-e", "/x/sh" }, "bash" },
		{ "/bin/busybox", { "busybox", "sh" }, "busybox" },
		{ "/usr/bin/busybox", { "sh" }, "busybox" },
		{ "./script", { "/bin/busybox", "ash", "./script" }, "busybox" },
		{ "/usr/lib/winalux/winalux-guest", { "winalux-guest", "init" }, NULL },
		{ "/usr/lib/winalux/winalux-guest", { "init" }, NULL },
		{ "", { "" }, NULL },
		{ "/bin/shh", { "bashh" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *argv[4] = { NULL };
		int argc = 0;

		for (; argc < 4 && cases[i].argv[argc]; argc++)
			argv[argc] = strdup(cases[i].argv[argc]);
		const char *shell = shell_called(cases[i].file, argc, argv);
		if (cases[i].shell)
			assert_string_equal(shell, cases[i].shell);
		else
			assert_null(shell);
		while (argc > 0)
			free(argv[--argc]);
	}
	assert_null(shell_called("", 0, NULL));
}

static void other_names_lead_to_their_shell(void **state)
{
	char rbash[256], far[256], loop[256], ash[256];
	char *argv[] = { rbash, NULL };

	files_path(rbash, *state, "rbash");
	files_path(far, *state, "far");
	files_path(loop, *state, "loop");
	assert_int_equal(symlink("bash", rbash), 0);
	assert_int_equal(symlink(rbash, far), 0);
	assert_int_equal(symlink("loop", loop), 0);
	assert_string_equal(shell_called(rbash, 1, argv), "bash");
	assert_string_equal(shell_called(far, 1, argv), "bash");
	assert_null(shell_called(loop, 1, argv));
	files_path(ash, *state, "ash");
	assert_int_equal(symlink("/bin/busybox", ash), 0);
	assert_string_equal(shell_called(ash, 1, (char *[]){ ash, NULL }), "busybox");
}

struct place {
	char bin[256], real[256], path[256];
	struct shells_guard_paths paths;
};

static void make_place(struct place *p, const char *top)
{
	files_path(p->bin, top, "bin");
	files_path(p->real, top, "real");
	mkdir(p->bin, 0755);
	mkdir(p->real, 0755);
	p->paths = (struct shells_guard_paths){
		.directories = { p->bin },
		.real = p->real,
		.guest = "/guest",
	};
}

static enum shell_state guard(const struct place *p, const char *name)
{
	enum shell_state shell;
	struct error err;

	if (shells_guard_one(&p->paths, p->bin, name, &shell, &err) < 0)
		fail_msg("%s", err.text);
	return shell;
}

static void assert_link(const char *directory, const char *name, const char *target)
{
	char path[256], text[256];
	ssize_t n = readlink(files_path(path, directory, name), text, sizeof(text) - 1);

	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, target);
}

static void assert_text(const char *path, const char *wanted)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, wanted);
}

static void shells_are_put_away_once(void **state)
{
	struct place p;

	make_place(&p, *state);
	files_write(files_path(p.path, p.bin, "dash"), "dash 1", 0755);
	assert_int_equal(symlink("dash", files_path(p.path, p.bin, "sh")), 0);
	for (int i = 0; i < 2; i++) {
		const enum shell_state wanted = i == 0 ? SHELL_REPLACED : SHELL_GUARDED;

		assert_int_equal(guard(&p, "dash"), wanted);
		assert_int_equal(guard(&p, "sh"), wanted);
		assert_int_equal(guard(&p, "fish"), SHELL_ABSENT);
		assert_link(p.bin, "sh", "/guest");
		assert_link(p.bin, "dash", "/guest");
		assert_link(p.real, "sh", "dash");
		assert_text(files_path(p.path, p.real, "dash"), "dash 1");
	}
}

static void a_newer_shell_takes_the_old_ones_place(void **state)
{
	struct place p;

	make_place(&p, *state);
	files_write(files_path(p.path, p.bin, "bash"), "bash 1", 0755);
	guard(&p, "bash");
	unlink(p.path);
	files_write(p.path, "bash 2", 0755);
	assert_int_equal(guard(&p, "bash"), SHELL_REPLACED);
	assert_link(p.bin, "bash", "/guest");
	assert_text(files_path(p.path, p.real, "bash"), "bash 2");
	/* put back as it was: a hard link of the real one */
	unlink(files_path(p.path, p.bin, "bash"));
	char real[256];
	assert_int_equal(link(files_path(real, p.real, "bash"), p.path), 0);
	assert_int_equal(guard(&p, "bash"), SHELL_REPLACED);
	assert_text(real, "bash 2");
}

static void a_shell_by_way_of_alternatives_stays_reachable(void **state)
{
	char other[256], alternative[256], toybox[256];
	struct place p;

	make_place(&p, *state);
	files_write(files_path(toybox, *state, "toybox"), "toybox", 0755);
	/* sh -> alternative -> ../bin/dash, where dash is guarded already */
	files_write(files_path(other, p.bin, "dash"), "dash", 0755);
	guard(&p, "dash");
	files_path(alternative, *state, "alternative");
	assert_int_equal(symlink("bin/dash", alternative), 0);
	assert_int_equal(symlink(alternative, files_path(p.path, p.bin, "sh")), 0);
	guard(&p, "sh");
	assert_link(p.real, "sh", "dash");
	/* zsh -> ../toybox, which is no shell of ours */
	assert_int_equal(symlink("../toybox", files_path(p.path, p.bin, "zsh")), 0);
	guard(&p, "zsh");
	assert_text(files_path(p.path, p.real, "zsh"), "toybox");
}

static void what_cannot_be_put_away_stays(void **state)
{
	enum shell_state shell;
	struct place p;

	make_place(&p, *state);
	assert_int_equal(symlink("/nowhere", files_path(p.path, p.bin, "sh")), 0);
	assert_int_equal(shells_guard_one(&p.paths, p.bin, "sh", &shell, NULL), -1);
	assert_link(p.bin, "sh", "/nowhere");
	/* a link to the guest without a real shell is told, too */
	assert_int_equal(symlink("/guest", files_path(p.path, p.bin, "bash")), 0);
	assert_int_equal(shells_guard_one(&p.paths, p.bin, "bash", &shell, NULL), -1);
}

static void diversions_are_added_once_and_others_kept(void **state)
{
	static const struct diversion wanted[] = { { "/usr/bin/sh", "/real/sh" },
						   { "/bin/sh", "/real.bin/sh" } };
	struct error err;
	char path[256];

	files_path(path, *state, "diversions");
	assert_int_equal(diversions_add(path, wanted, ARRAY_SIZE(wanted), &err), 0);
	assert_int_equal(access(path, F_OK), -1);
	files_write(path, "/bin/sh\n/bin/sh.distrib\ndash\n", 0644);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(diversions_add(path, wanted, ARRAY_SIZE(wanted), &err), 0);
		assert_text(path, "/bin/sh\n/bin/sh.distrib\ndash\n"
				  "/usr/bin/sh\n/real/sh\n:\n");
	}
	files_write(path, "/bin/sh\n/bin/sh.dis", 0644);
	assert_int_equal(diversions_add(path, wanted, ARRAY_SIZE(wanted), &err), -1);
	assert_text(path, "/bin/sh\n/bin/sh.dis");
}

static void a_passcode_is_typed(void **state)
{
	static const struct {
		const char *keys;
		const char *text;
		int stars;
		enum passcode_key last;
	} cases[] = {
		{ "abc\r", "abc", 3, PASSCODE_DONE },
		{ "abc\n", "abc", 3, PASSCODE_DONE },
		{ "ab\x7f\x7f\x7f"
		  "c\r",
		  "c", 1, PASSCODE_DONE },
		{ "ab\bc\r", "ac", 2, PASSCODE_DONE },
		{ "abc\x15x\r", "x", 1, PASSCODE_DONE },
		{ "\xc3\xa9q\b\b\r", "", 0, PASSCODE_DONE },
		{ "a\x1b\tb\r", "ab", 2, PASSCODE_DONE },
		{ "ab\x03", "ab", 2, PASSCODE_GIVEN_UP },
		{ "\x04", "", 0, PASSCODE_GIVEN_UP },
		{ "a\x04", "a", 1, PASSCODE_MORE },
		{ "\r", "", 0, PASSCODE_DONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct passcode p = { .len = 0 };
		enum passcode_key key = PASSCODE_MORE;
		int stars = 0, more;

		for (const char *c = cases[i].keys; *c; c++) {
			key = passcode_type(&p, *c, &more);
			stars += more;
		}
		assert_int_equal(key, cases[i].last);
		assert_int_equal(stars, cases[i].stars);
		assert_int_equal(p.len, strlen(cases[i].text));
		assert_memory_equal(p.text, cases[i].text, p.len);
	}
}

static void a_passcode_has_an_end(void **state)
{
	struct passcode p = { .len = 0 };
	int stars, sum = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		passcode_type(&p, 'x', &stars);
		sum += stars;
	}
	assert_int_equal(p.len, PASSCODE_SIZE - 1);
	assert_int_equal(sum, PASSCODE_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shell_is_known_by_its_file_or_its_name),
		cmocka_unit_test_setup_teardown(other_names_lead_to_their_shell, files_setup,
						files_teardown),
		cmocka_unit_test_setup_teardown(shells_are_put_away_once, files_setup,
						files_teardown),
		cmocka_unit_test_setup_teardown(a_newer_shell_takes_the_old_ones_place, files_setup,
						files_teardown),
		cmocka_unit_test_setup_teardown(a_shell_by_way_of_alternatives_stays_reachable,
						files_setup, files_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_put_away_stays, files_setup,
						files_teardown),
		cmocka_unit_test_setup_teardown(diversions_are_added_once_and_others_kept,
						files_setup, files_teardown),
		cmocka_unit_test(a_passcode_is_typed),
		cmocka_unit_test(a_passcode_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
