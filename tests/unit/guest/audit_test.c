/* SPDX-License-Identifier: MIT */
/* What PID 1 writes into the ledger, and what it finds changed. */
#include "guest/audit.h"

#include <sys/stat.h>

#include "files.h"
#include "guest/changes.h"
#include "guest/event.h"
#include "guest/files_watch.h"
#include "guest/loop.h"
#include "guest/report.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

struct fixture {
	char *directory;
	char ledger[256], watched[256], missing[256], state[256];
	const char *paths[3];
	struct loop loop;
	struct report report;
	struct audit audit;
	struct changes changes;
	struct files_watch files;
	enum files_kind kind;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *directory = NULL;

	if (files_setup(&directory) < 0 || loop_init(&f->loop, NULL) < 0)
		return -1;
	f->directory = directory;
	files_path(f->ledger, f->directory, "audit/log.jsonl");
	files_path(f->watched, f->directory, "keys");
	files_path(f->missing, f->directory, "passwd");
	files_path(f->state, f->directory, "audit/files");
	f->paths[0] = f->watched;
	f->paths[1] = f->missing;
	report_init(&f->report, &f->loop, open("/dev/null", O_WRONLY | O_CLOEXEC));
	*state = f;
	return 0;
}

static void begin(struct fixture *f)
{
	char directory[256];

	audit_start(&f->audit, &f->report, files_path(directory, f->directory, "audit"));
	changes_init(&f->changes, &f->loop);
	files_watch_init(&f->files, &f->loop, &f->report, f->kind, f->paths);
	files_watch_start(&f->files, &f->changes, f->state);
}

/* As when PID 1 ends. */
static void end(struct fixture *f)
{
	ledger_close(&f->audit.ledger);
	fd_closep(&f->audit.last_use);
	loop_close(&f->loop, &f->changes.source);
	f->loop.timer_count = 0;
	f->report.on_event = NULL;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *directory = f->directory;

	end(f);
	close(f->report.out.fd);
	close(f->loop.fd);
	free(f);
	return files_teardown(&directory);
}

static void expect_line(const struct fixture *f, const char *part, bool is_wanted)
{
	static char text[1 << 16];
	const int fd = open(f->ledger, O_RDONLY | O_CLOEXEC);
	const ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n >= 0);
	close(fd);
	text[n] = '\0';
	if (!!strstr(text, part) != is_wanted)
		fail_msg("'%s' is%s in the ledger: %s", part, is_wanted ? " not" : "", text);
}

static void send_event(struct fixture *f, const char *name)
{
	struct event e;

	event_start(&e, name);
	event_text(&e, "user", "developer");
	report_send(&f->report, &e);
}

static void entries_are_kept_and_chatter_is_not(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char path[256];

	begin(f);
	send_event(f, "entry");
	send_event(f, "output");
	send_event(f, "entryway");
	expect_line(f, "\"seq\":1,\"event\":\"entry\",\"user\":\"developer\",\"chain\":\"", true);
	expect_line(f, "output", false);
	expect_line(f, "entryway", false);
	assert_int_equal(stat(files_path(path, f->directory, "audit"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void the_last_entry_is_known(void **state)
{
	struct fixture *f = *state;
	char path[256];
	struct stat st;

	begin(f);
	files_path(path, f->directory, "audit/last-use");
	send_event(f, "refused");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	send_event(f, "entry");
	send_event(f, "entry");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, sizeof("2026-11-23T12:00:00Z") - 1);
}

static void without_a_place_for_it_events_go_on(void **state)
{
	struct fixture *f = *state;
	char path[256];

	files_write(files_path(path, f->directory, "audit"), "a file", 0600);
	audit_start(&f->audit, &f->report, path);
	send_event(f, "entry");
	assert_null(f->report.on_event);
}

/* One turn for the kernel's word, and one for the timer that it starts. */
static void turn(struct fixture *f)
{
	loop_turn(&f->loop);
	if (f->files.timer.due_ms)
		loop_turn(&f->loop);
}

static void a_change_is_told_at_once(void **state)
{
	struct fixture *f = *state;

	files_write(f->watched, "ssh-ed25519 A\n", 0644);
	begin(f);
	expect_line(f, "changed", false);
	files_write(f->watched, "ssh-ed25519 A\nssh-ed25519 B\n", 0644);
	turn(f);
	expect_line(f, "/keys\",\"what\":\"changed\",\"size\":28,\"digest\":\"", true);
	files_write(f->missing, "root::0:0\n", 0644);
	turn(f);
	expect_line(f, "/passwd\",\"what\":\"made\",\"size\":10,", true);
	unlink(f->missing);
	turn(f);
	expect_line(f, "/passwd\",\"what\":\"removed\",\"chain\"", true);
}

static void what_is_written_again_as_it_was_is_no_change(void **state)
{
	struct fixture *f = *state;

	files_write(f->watched, "ssh-ed25519 A\n", 0644);
	begin(f);
	files_write(f->watched, "ssh-ed25519 A\n", 0644);
	turn(f);
	expect_line(f, "changed", false);
}

static void a_change_while_it_was_stopped_is_told_at_the_start(void **state)
{
	struct fixture *f = *state;

	files_write(f->watched, "ssh-ed25519 A\n", 0644);
	begin(f);
	end(f);
	begin(f);
	expect_line(f, "changed", false);
	end(f);
	files_write(f->watched, "ssh-ed25519 B\n", 0644);
	files_write(f->missing, "new\n", 0644);
	begin(f);
	expect_line(f, "/keys\",\"what\":\"changed\"", true);
	expect_line(f, "/passwd\",\"what\":\"made\"", true);
}

/* The same bytes under another number are another program. */
static void a_program_is_told_apart_by_what_it_is(void **state)
{
	struct fixture *f = *state;
	char beside[256];

	f->kind = FILES_PROGRAMS;
	files_write(f->watched, "program", 0755);
	begin(f);
	end(f);
	begin(f);
	expect_line(f, "changed", false);
	files_write(files_path(beside, f->directory, "beside"), "program", 0755);
	assert_int_equal(rename(beside, f->watched), 0);
	turn(f);
	expect_line(f, "/keys\",\"what\":\"changed\",\"size\":7,", true);
	end(f);
	assert_int_equal(unlink(f->watched), 0);
	assert_int_equal(symlink("/bin/true", f->watched), 0);
	begin(f);
	expect_line(f, "/keys\",\"what\":\"changed\",\"size\":9,", true);
}

/* It is made at each start, so only who replaces it meanwhile is told. */
static void a_socket_is_new_at_each_start(void **state)
{
	struct fixture *f = *state;

	f->kind = FILES_PROGRAMS;
	assert_int_equal(mknod(f->watched, S_IFSOCK | 0600, 0), 0);
	begin(f);
	end(f);
	assert_int_equal(unlink(f->watched), 0);
	assert_int_equal(mknod(f->watched, S_IFSOCK | 0600, 0), 0);
	begin(f);
	expect_line(f, "changed", false);
	assert_int_equal(unlink(f->watched), 0);
	turn(f);
	expect_line(f, "/keys\",\"what\":\"removed\"", true);
	end(f);
	assert_int_equal(mknod(f->watched, S_IFSOCK | 0600, 0), 0);
	begin(f);
	expect_line(f, "\"what\":\"made\"", false);
}

int main(void)
{
#define AUDIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		AUDIT_TEST(entries_are_kept_and_chatter_is_not),
		AUDIT_TEST(the_last_entry_is_known),
		AUDIT_TEST(without_a_place_for_it_events_go_on),
		AUDIT_TEST(a_change_is_told_at_once),
		AUDIT_TEST(what_is_written_again_as_it_was_is_no_change),
		AUDIT_TEST(a_change_while_it_was_stopped_is_told_at_the_start),
		AUDIT_TEST(a_program_is_told_apart_by_what_it_is),
		AUDIT_TEST(a_socket_is_new_at_each_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
