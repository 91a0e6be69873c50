/* SPDX-License-Identifier: MIT */
#include "winalux/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

/* stderr goes into a file between these two; the text is what came. */
static int saved_stderr = -1;

static int catch_stderr(void **state)
{
	FILE *file = tmpfile();

	*state = file;
	fflush(stderr);
	saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	log_set_level(LOG_INFO);
	log_set_color(false);
	return file && dup2(fileno(file), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int give_stderr_back(void **state)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	log_set_hook(NULL, NULL);
	return fclose(*state);
}

static void read_caught(void **state, struct buf *text)
{
	int fd = fileno(*state);

	buf_init(text, 1 << 20);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_all(fd, text, NULL), 0);
}

static void assert_caught(void **state, const char *wanted)
{
	DEFER(buf_release) struct buf text = { 0 };

	read_caught(state, &text);
	assert_string_equal(text.data, wanted);
}

static void each_level_has_its_prefix(void **state)
{
	log_error("cannot %s", "a");
	log_warn("%d b", 2);
	log_info("c");
	log_debug("d");
	assert_int_equal(log_get_level(), LOG_INFO);
	assert_caught(state, "winalux: cannot a\nwinalux: warning: 2 b\nc\n");
}

static void a_level_hides_what_is_below_it(void **state)
{
	log_set_level(LOG_ERROR);
	log_warn("x");
	log_info("x");
	log_error("y");
	assert_caught(state, "winalux: y\n");
}

static void debug_lines_say_where(void **state)
{
	DEFER(freep) char *wanted = NULL;

	log_set_level(LOG_DEBUG);
	log_debug("%s", "here");
	wanted = xasprintf("%s:%d: here\n", __FILE__, __LINE__ - 1);
	assert_caught(state, wanted);
}

static void colour_marks_the_prefix_only(void **state)
{
	log_set_color(true);
	log_error("a");
	log_warn("b");
	log_info("c");
	assert_caught(state, "\033[31mwinalux: \033[0ma\n\033[33mwinalux: warning: \033[0mb\nc\n");
}

static void outside_text_cannot_drive_the_terminal_or_forge_lines(void **state)
{
	log_error("name '%s'", "\033[2J\nwinalux: all is well\xff");
	assert_caught(state, "winalux: name '\\x1b[2J\\x0awinalux: all is well\\xff'\n");
}

static void note_call(bool is_before, void *context)
{
	buf_add_str(context, is_before ? "<" : ">");
	if (write(STDERR_FILENO, is_before ? "<" : ">", 1) != 1)
		buf_add_str(context, "!");
}

static void the_hook_runs_around_each_written_line(void **state)
{
	DEFER(buf_release) struct buf calls = { 0 };

	buf_init(&calls, 100);
	log_set_hook(note_call, &calls);
	log_info("a");
	log_debug("hidden");
	log_info("b");
	log_set_hook(NULL, NULL);
	log_info("c");
	assert_string_equal(calls.data, "<><>");
	assert_caught(state, "<a\n><b\n>c\n");
}

enum { TALKERS = 4, LINES = 200 };

static void *talk(void *context)
{
	for (int i = 0; i < LINES; i++)
		log_info("%s-%d-%s", (const char *)context, i, "padding that makes a line longer");
	return NULL;
}

static void lines_of_several_threads_stay_whole(void **state)
{
	DEFER(buf_release) struct buf text = { 0 };
	pthread_t threads[TALKERS];
	char names[TALKERS][2] = { "a", "b", "c", "d" };
	unsigned lines = 0;

	for (int i = 0; i < TALKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, talk, names[i]), 0);
	for (int i = 0; i < TALKERS; i++)
		pthread_join(threads[i], NULL);
	read_caught(state, &text);
	for (const char *line = text.data; *line; line = strchr(line, '\n') + 1) {
		assert_true(line[0] >= 'a' && line[0] <= 'd' && line[1] == '-');
		const char *end = strchr(line, '\n');
		assert_memory_equal(end - strlen("longer"), "longer", strlen("longer"));
		lines++;
	}
	assert_int_equal(lines, TALKERS * LINES);
}

#define LOG_TEST(function) cmocka_unit_test_setup_teardown(function, catch_stderr, give_stderr_back)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(each_level_has_its_prefix),
		LOG_TEST(a_level_hides_what_is_below_it),
		LOG_TEST(debug_lines_say_where),
		LOG_TEST(colour_marks_the_prefix_only),
		LOG_TEST(outside_text_cannot_drive_the_terminal_or_forge_lines),
		LOG_TEST(the_hook_runs_around_each_written_line),
		LOG_TEST(lines_of_several_threads_stay_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
