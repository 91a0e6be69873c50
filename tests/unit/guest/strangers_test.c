/* SPDX-License-Identifier: MIT */
#include "guest/strangers.h"

#include "files.h"
#include "guest/event.h"
#include "guest/report.h"
#include "winalux/base/mem.h"

enum { TOLD_MAX = 8 };

struct fixture {
	char path[256];
	struct report report;
	struct strangers strangers;
	char told[TOLD_MAX][256];
	size_t count;
};

static void on_event(void *context, const struct event *e)
{
	struct fixture *f = context;

	assert_true(f->count < TOLD_MAX);
	snprintf(f->told[f->count++], sizeof(f->told[0]), "%.*s", (int)e->len - 1, e->text);
}

static void begin(struct fixture *f, struct loop *loop, const char *directory)
{
	files_path(f->path, directory, "strangers");
	assert_int_equal(loop_init(loop, NULL), 0);
	report_init(&f->report, loop, open("/dev/null", O_WRONLY | O_CLOEXEC));
	f->report.on_event = on_event;
	f->report.context = f;
	f->strangers.report = &f->report;
}

static void end(struct fixture *f, struct loop *loop)
{
	close(f->report.out.fd);
	close(loop->fd);
}

static void each_is_told_once(void **state)
{
	struct fixture *f = &(struct fixture){ 0 };
	struct loop loop;

	begin(f, &loop, *state);
	strangers_read(&f->strangers, f->path);
	assert_int_equal(f->count, 0);
	files_write(f->path, "4f1c\tx\tlocalhost/y:1\tmounts 'winalux-alice-home'\n", 0600);
	strangers_read(&f->strangers, f->path);
	strangers_read(&f->strangers, f->path);
	assert_int_equal(f->count, 1);
	assert_string_equal(f->told[0], "{\"event\":\"stranger\",\"id\":\"4f1c\",\"name\":\"x\","
					"\"image\":\"localhost/y:1\",\"how\":\"mounts "
					"'winalux-alice-home'\"}");
	files_write(f->path,
		    "4f1c\tx\tlocalhost/y:1\tmounts 'winalux-alice-home'\n"
		    "5a\tz\timage\tis in its pod",
		    0600);
	strangers_read(&f->strangers, f->path);
	assert_int_equal(f->count, 2);
	assert_non_null(strstr(f->told[1], "\"id\":\"5a\""));
	files_write(f->path, "", 0600);
	strangers_read(&f->strangers, f->path);
	files_write(f->path, "5a\tz\timage\tis in its pod\n", 0600);
	strangers_read(&f->strangers, f->path);
	assert_int_equal(f->count, 3);
	end(f, &loop);
}

static void odd_lines_are_passed_over(void **state)
{
	static const char *const odd[] = { "\n", "x\n", "a\tb\tc\n", "\n\n\n" };
	struct fixture *f = &(struct fixture){ 0 };
	struct loop loop;

	begin(f, &loop, *state);
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		files_write(f->path, odd[i], 0600);
		strangers_read(&f->strangers, f->path);
	}
	assert_int_equal(f->count, 0);
	files_write(f->path, "a\tb\"\xff\tc\td\te\tf\n", 0600);
	strangers_read(&f->strangers, f->path);
	assert_int_equal(f->count, 1);
	assert_non_null(strstr(f->told[0], "\"name\":\"b\\\"\xef\xbf\xbd\""));
	assert_non_null(strstr(f->told[0], "\"how\":\"d\""));
	end(f, &loop);
}

static void a_text_without_end_is_read_up_to_its_limit(void **state)
{
	struct fixture *f = &(struct fixture){ 0 };
	static char text[2 * WIRE_STRANGERS_MAX_BYTES];
	struct loop loop;

	begin(f, &loop, *state);
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "a\tb\tc\td\n", strlen("a\tb\tc\td\n"));
	files_write(f->path, text, 0600);
	strangers_read(&f->strangers, f->path);
	assert_int_equal(f->count, 1);
	end(f, &loop);
}

int main(void)
{
#define STRANGERS_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		STRANGERS_TEST(each_is_told_once),
		STRANGERS_TEST(odd_lines_are_passed_over),
		STRANGERS_TEST(a_text_without_end_is_read_up_to_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
