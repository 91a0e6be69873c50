/* SPDX-License-Identifier: MIT */
/* When PID 1 takes what the host has written for whole. */
#include "guest/reload_file.h"

#include <sys/stat.h>

#include "files.h"
#include "guest/changes.h"
#include "winalux/base/mem.h"

struct fixture {
	char *directory;
	char path[256], beside[256];
	struct loop loop;
	struct changes changes;
	struct reload_file file;
	unsigned count; /* of reloads */
};

static void count_one(void *context)
{
	struct fixture *f = context;

	f->count++;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *directory = NULL;

	if (files_setup(&directory) < 0 || loop_init(&f->loop, NULL) < 0)
		return -1;
	f->directory = directory;
	files_path(f->path, f->directory, "reload");
	files_path(f->beside, f->directory, "guest.conf");
	changes_init(&f->changes, &f->loop);
	reload_file_init(&f->file, &f->loop, count_one, f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *directory = f->directory;

	loop_close(&f->loop, &f->changes.source);
	close(f->loop.fd);
	free(f);
	return files_teardown(&directory);
}

static void start(struct fixture *f)
{
	reload_file_start(&f->file, &f->changes, f->directory, "reload");
}

/* What the kernel has told by now. */
static void expect(struct fixture *f, unsigned count)
{
	loop_turn(&f->loop);
	assert_int_equal(f->count, count);
}

static void what_was_there_at_the_start_is_not_new(void **state)
{
	struct fixture *f = *state;

	files_write(f->path, "one\n", 0644);
	start(f);
	assert_int_equal(f->count, 0);
	files_write(f->path, "one\n", 0644);
	expect(f, 0);
}

static void a_new_line_is_told_once(void **state)
{
	struct fixture *f = *state;

	start(f);
	files_write(f->path, "one\n", 0644);
	expect(f, 1);
	files_write(f->path, "one\n", 0644);
	expect(f, 1);
	files_write(f->path, "two\n", 0644);
	expect(f, 2);
}

static void what_is_written_before_it_is_not_read_yet(void **state)
{
	struct fixture *f = *state;

	start(f);
	files_write(f->beside, "winalux\t1\n", 0644);
	expect(f, 0);
	files_write(f->path, "one\n", 0644);
	expect(f, 1);
}

/* As an archive that is unpacked does, seen at each of its steps. */
static void a_file_that_is_being_made_is_none_yet(void **state)
{
	struct fixture *f = *state;

	files_write(f->path, "one\n", 0644);
	start(f);
	assert_int_equal(unlink(f->path), 0);
	expect(f, 0);
	const int fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	expect(f, 0);
	assert_int_equal(write(fd, "tw", 2), 2);
	f->file.timer.run(f->file.timer.owner); /* a look in the middle of it */
	assert_int_equal(f->count, 0);
	assert_int_equal(write(fd, "o\n", 2), 2);
	close(fd);
	expect(f, 1);
}

static void a_name_that_is_moved_there_is_seen(void **state)
{
	struct fixture *f = *state;

	files_write(f->beside, "one\n", 0644);
	start(f);
	assert_int_equal(rename(f->beside, f->path), 0);
	expect(f, 1);
}

static void what_is_no_file_holds_nobody(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	expect(f, 0);
	assert_int_equal(unlink(f->path), 0);
	expect(f, 0);
	files_write(f->beside, "one\n", 0644);
	assert_int_equal(symlink(f->beside, f->path), 0);
	expect(f, 0);
}

/* As when the account has no instance left: the same looks by the timer, until there is one. */
static void without_inotify_it_is_looked_at(void **state)
{
	struct fixture *f = *state;

	f->changes.count = CHANGES_MAX;
	start(f);
	assert_true(f->file.timer.due_ms > 0);
	files_write(f->path, "one\n", 0644);
	f->file.timer.run(f->file.timer.owner);
	assert_int_equal(f->count, 1);
	f->changes.count = 0;
	timer_stop(&f->file.timer);
	files_write(f->path, "two\n", 0644);
	f->file.timer.run(f->file.timer.owner);
	assert_int_equal(f->count, 2);
	assert_int_equal(f->file.timer.due_ms, 0);
	files_write(f->path, "three\n", 0644);
	expect(f, 3);
}

int main(void)
{
#define RELOAD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		RELOAD_TEST(what_was_there_at_the_start_is_not_new),
		RELOAD_TEST(a_new_line_is_told_once),
		RELOAD_TEST(what_is_written_before_it_is_not_read_yet),
		RELOAD_TEST(a_file_that_is_being_made_is_none_yet),
		RELOAD_TEST(a_name_that_is_moved_there_is_seen),
		RELOAD_TEST(what_is_no_file_holds_nobody),
		RELOAD_TEST(without_inotify_it_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
