/* SPDX-License-Identifier: MIT */
/* The socket that crun connects to, with clients that are not crun. */
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "filter.h"
#include "guest/report.h"
#include "unit/guest/files.h"
#include "warden/door.h"
#include "warden/packet.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

static const char text[] = "{\"state\":{\"id\":\"c1\",\"status\":\"running\"}}";

struct fixture {
	char *directory;
	char path[256];
	int events;
	struct loop loop;
	struct report report;
	struct door door;
	int taken; /* sessions */
	int notify;
};

static void on_session(void *owner, const struct payload *payload, int notify)
{
	struct fixture *f = owner;

	assert_string_equal(payload->container, "c1");
	f->taken++;
	f->notify = notify;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *directory = NULL;

	if (files_setup(&directory) < 0)
		return -1;
	f->directory = directory;
	files_path(f->path, f->directory, "notify");
	f->events = memfd_create("events", MFD_CLOEXEC);
	f->notify = -1;
	loop_init(&f->loop, NULL);
	report_init(&f->report, &f->loop, f->events);
	f->door = (struct door){
		.loop = &f->loop, .report = &f->report, .on_session = on_session, .owner = f
	};
	if (door_init(&f->door, NULL) < 0 || door_bind(&f->door, f->path, NULL) < 0)
		return -1;
	door_set_open(&f->door, true);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *directory = f->directory;

	for (size_t i = 0; i < DOOR_PLACES; i++) {
		loop_close(&f->loop, &f->door.clients[i].source);
		fd_closep(&f->door.clients[i].notify);
	}
	loop_close(&f->loop, &f->door.listener);
	munmap(f->door.clients[0].text, (size_t)DOOR_PLACES * DOOR_TEXT_MAX);
	close(f->loop.fd);
	close(f->events);
	fd_closep(&f->notify);
	free(f);
	return files_teardown(&directory);
}

static int join(struct fixture *f)
{
	const int fd = fd_connect_unix(f->path, SOCK_STREAM, 1000);

	assert_true(fd >= 0);
	return fd;
}

/* Lets the door do all that it has to do now. */
static void turn(struct fixture *f)
{
	while (fd_wait(f->loop.fd, POLLIN, 0) > 0)
		loop_turn(&f->loop);
}

static bool is_hung_up(int fd)
{
	return fd_wait(fd, POLLIN, 0) & POLLHUP;
}

static bool has_reported(const struct fixture *f, const char *what)
{
	char found[4096] = "";

	assert_true(pread(f->events, found, sizeof(found) - 1, 0) >= 0);
	return strstr(found, what);
}

static void a_state_in_pieces_is_put_together(void **state)
{
	struct fixture *f = *state;
	struct worker w = { 0 };

	assert_true(worker_start(&w, "/bin/true"));
	const int fd = join(f);
	packet_send(fd, text, 20, w.notify);
	turn(f);
	assert_int_equal(f->taken, 0);
	for (size_t i = 20; i < strlen(text); i++) {
		packet_send(fd, text + i, 1, -1);
		turn(f);
	}
	assert_int_equal(f->taken, 1);
	assert_true(is_hung_up(fd));
	close(fd);
	worker_end(&w);
}

static void a_descriptor_of_something_else_is_refused(void **state)
{
	struct fixture *f = *state;
	const int fd = join(f);

	packet_send(fd, text, strlen(text), f->events);
	turn(f);
	assert_int_equal(f->taken, 0);
	assert_true(is_hung_up(fd));
	assert_true(has_reported(f, "the descriptor is of no filter"));
	close(fd);
}

static void what_is_no_state_is_refused_at_its_end(void **state)
{
	struct fixture *f = *state;
	struct worker w = { 0 };

	assert_true(worker_start(&w, "/bin/true"));
	const int fd = join(f);
	packet_send(fd, "{\"state\":{}}", 12, w.notify);
	turn(f);
	assert_false(has_reported(f, "bad-receiver-message"));
	close(fd);
	turn(f);
	assert_int_equal(f->taken, 0);
	assert_true(has_reported(f, "no container's state"));
	worker_end(&w);
}

static void a_connection_without_a_word_is_not_worth_one(void **state)
{
	struct fixture *f = *state;

	close(join(f));
	turn(f);
	assert_false(has_reported(f, "bad-receiver-message"));
}

static void a_state_that_is_too_long_is_refused(void **state)
{
	static char blanks[DOOR_TEXT_MAX];
	struct fixture *f = *state;
	const int fd = join(f);

	memset(blanks, ' ', sizeof(blanks));
	for (size_t sent = 0; sent < sizeof(blanks);) {
		const ssize_t n = packet_send(fd, blanks, sizeof(blanks) - sent, -1);

		sent += n > 0 ? (size_t)n : 0;
		turn(f);
	}
	assert_true(is_hung_up(fd));
	assert_true(has_reported(f, "too long"));
	close(fd);
}

static void who_says_nothing_is_hung_up_after_a_while(void **state)
{
	struct fixture *f = *state;
	const int fd = join(f);

	turn(f);
	assert_true(f->door.timer.due_ms > 0);
	f->door.clients[0].limit_ms = 1; /* long ago */
	f->door.timer.due_ms = 1;
	loop_turn(&f->loop);
	assert_true(is_hung_up(fd));
	assert_int_equal(f->door.timer.due_ms, 0);
	close(fd);
}

static void more_than_there_are_places_wait_outside(void **state)
{
	struct fixture *f = *state;
	int fds[DOOR_PLACES + 1];
	struct worker w = { 0 };

	assert_true(worker_start(&w, "/bin/true"));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = join(f);
	turn(f);
	packet_send(fds[DOOR_PLACES], text, strlen(text), w.notify);
	turn(f);
	assert_int_equal(f->taken, 0);
	close(fds[0]);
	turn(f);
	assert_int_equal(f->taken, 1);
	for (size_t i = 1; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	worker_end(&w);
}

static void a_closed_door_leaves_them_waiting(void **state)
{
	struct fixture *f = *state;
	struct worker w = { 0 };

	assert_true(worker_start(&w, "/bin/true"));
	door_set_open(&f->door, false);
	const int fd = join(f);
	packet_send(fd, text, strlen(text), w.notify);
	turn(f);
	assert_int_equal(f->taken, 0);
	door_set_open(&f->door, true);
	turn(f);
	assert_int_equal(f->taken, 1);
	close(fd);
	worker_end(&w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_state_in_pieces_is_put_together),
		TEST(a_descriptor_of_something_else_is_refused),
		TEST(what_is_no_state_is_refused_at_its_end),
		TEST(a_connection_without_a_word_is_not_worth_one),
		TEST(a_state_that_is_too_long_is_refused),
		TEST(who_says_nothing_is_hung_up_after_a_while),
		TEST(more_than_there_are_places_wait_outside),
		TEST(a_closed_door_leaves_them_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
