/* SPDX-License-Identifier: MIT */
/*
 * The real policy, with a process that waits in its first execve inside a root directory made up
 * here. What is accepted gets the kernel's answer, which is never EPERM there: the guest is no
 * program (ENOEXEC) and python3 is not there at all (ENOENT).
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "filter.h"
#include "holders.h"
#include "unit/guest/files.h"
#include "warden/packet.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define ID "0123456789abcdef"
#define SHELL_REASON "\"reason\":\"not the gate's shell\""
#define SILENT_REASON "\"reason\":\"the workspace does not answer\""

static char other_variable[] = "A=b";
static char ticket[] = "WINALUX_TICKET=1234.ab.cd";

struct scene {
	const char *program;
	const char *link; /* what /bin/sh leads to; NULL: it is a file of its own */
	bool is_writable; /* the guest's directory */
	bool has_no_gate; /* no socket of PID 1 */
	bool has_ticket;
	const char *answer; /* PID 1's; NULL: it hangs up */
	int error;          /* of the start */
	const char *event;  /* what is told about it */
};

#define GUEST "/usr/lib/winalux/winalux-guest"

static const struct scene scenes[] = {
	{ .program = "/bin/sh", .link = GUEST, .error = ENOEXEC, .event = "\"by\":\"shell\"" },
	{ .program = "/usr/bin/sh", .link = GUEST, .error = ENOEXEC, .event = "\"by\":\"shell\"" },
	{ .program = "/bin/sh",
	  .link = "../usr/lib/winalux/winalux-guest",
	  .error = ENOEXEC,
	  .event = "\"command\":\"/bin/sh an argument\"" },
	{ .program = "/bin/sh",
	  .link = GUEST,
	  .has_ticket = true,
	  .error = ENOEXEC,
	  .event = "\"by\":\"shell\"" },
	{ .program = "/bin/sh", .error = EPERM, .event = SHELL_REASON },
	{ .program = "/bin/sh",
	  .link = GUEST,
	  .is_writable = true,
	  .error = EPERM,
	  .event = SHELL_REASON },
	{ .program = "/bin/sh",
	  .link = GUEST,
	  .has_no_gate = true,
	  .error = EPERM,
	  .event = SHELL_REASON },
	{ .program = "/bin/../bin/sh", .link = GUEST, .error = EPERM, .event = SHELL_REASON },
	{ .program = "bin/sh", .link = GUEST, .error = EPERM, .event = SHELL_REASON },
	{ .program = GUEST, .link = GUEST, .error = EPERM, .event = SHELL_REASON },
	{ .program = "/bin/python3", .link = GUEST, .error = EPERM, .event = SHELL_REASON },
	{ .program = "/bin/python3",
	  .link = GUEST,
	  .has_ticket = true,
	  .answer = "pass",
	  .error = ENOENT,
	  .event = "\"by\":\"ticket\"" },
	{ .program = "/bin/python3",
	  .link = GUEST,
	  .has_ticket = true,
	  .answer = "closed\tno",
	  .error = EPERM,
	  .event = "\"reason\":\"bad ticket\"" },
	{ .program = "/bin/python3",
	  .link = GUEST,
	  .has_ticket = true,
	  .answer = "passable",
	  .error = EPERM,
	  .event = "\"reason\":\"bad ticket\"" },
	{ .program = "/bin/python3",
	  .link = GUEST,
	  .has_ticket = true,
	  .error = EPERM,
	  .event = SILENT_REASON },
	{ .program = "/bin/python3",
	  .link = GUEST,
	  .has_ticket = true,
	  .has_no_gate = true,
	  .error = EPERM,
	  .event = SILENT_REASON },
};

static void make_directory(const char *root, const char *name)
{
	char path[256];

	assert_int_equal(mkdir(files_path(path, root, name), 0755), 0);
}

/* Where PID 1 would listen; -1 where it does not. */
static int make_root(const char *root, const struct scene *scene)
{
	static const char *const directories[] = { "",        "bin",        "usr",
						   "usr/bin", "usr/lib",    "usr/lib/winalux",
						   "run",     "run/winalux" };
	static const char *const shells[] = { "bin/sh", "usr/bin/sh" };
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		make_directory(root, directories[i]);
	files_write(files_path(path, root, GUEST + 1), "guest", 0755);
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		files_path(path, root, shells[i]);
		if (!scene->link)
			files_write(path, "shell", 0755);
		else
			assert_int_equal(symlink(scene->link, path), 0);
	}
	if (scene->has_no_gate)
		return -1;
	return packet_listen(files_path(path, root, "run/winalux/gate.sock"), SOCK_SEQPACKET, 4);
}

static void answer_question(int listener, const char *answer)
{
	char request[512] = "";

	assert_true(fd_wait(listener, POLLIN, 10000) > 0);
	const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd_wait(fd, POLLIN, 10000) > 0);
	assert_true(recv(fd, request, sizeof(request) - 1, 0) > 0);
	assert_string_equal(request, "ticket\t1234.ab.cd\t/bin/python3 an argument");
	if (answer)
		assert_int_equal(send(fd, answer, strlen(answer), 0), strlen(answer));
	close(fd);
}

/* False where no namespaces are to be had. */
static bool play(struct holders *h, size_t number)
{
	const struct scene *scene = &scenes[number];
	char *const environment[] = { other_variable, scene->has_ticket ? ticket : NULL, NULL };
	char root[256], name[32];
	struct worker w = { .root = root,
			    .read_only = scene->is_writable ? NULL : "usr/lib/winalux",
			    .environment = environment };

	snprintf(name, sizeof(name), "root%zu", number);
	files_path(root, h->directory, name);
	const int listener = make_root(root, scene);
	if (!worker_start(&w, scene->program))
		return false;
	worker_register(&w, h->notify, ID, "running");
	worker_ask(&w);
	if (scene->has_ticket && !scene->has_no_gate && strstr(scene->program, "python"))
		answer_question(listener, scene->answer);
	const int error = worker_result(&w);
	if (error != scene->error)
		fail_msg("case %zu: %s instead of %s", number, strerror(error),
			 strerror(scene->error));
	holders_await_event(h, HOLDER_WARDEN, scene->event);
	worker_end(&w);
	if (listener >= 0)
		close(listener);
	return true;
}

static void only_guarded_shells_and_tickets_come_in(void **state)
{
	struct holders *h = *state;

	h->judge = NULL;
	holders_start_all(h);
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		if (!play(h, i)) {
			print_message("no user namespaces here\n");
			skip();
		}
	}
}

static void who_comes_in_starts_what_it_likes(void **state)
{
	static const struct scene scene = { .link = GUEST };
	char *const environment[] = { ticket, NULL };
	struct holders *h = *state;
	char root[256];
	struct worker w = { .root = root, .environment = environment };

	h->judge = NULL;
	holders_start_all(h);
	const int listener = make_root(files_path(root, h->directory, "root"), &scene);
	if (!worker_start(&w, "/bin/python3")) {
		print_message("no user namespaces here\n");
		skip();
	}
	worker_register(&w, h->notify, ID, "running");
	worker_ask(&w);
	answer_question(listener, "pass");
	assert_int_equal(worker_result(&w), ENOENT);
	for (int i = 0; i < 5; i++) {
		worker_ask(&w);
		assert_int_equal(worker_result(&w), ENOENT); /* and nobody is asked any more */
	}
	worker_end(&w);
	close(listener);
}

/* A workspace whose PID 1 is stuck holds up nobody else, nor its own entry for ever. */
static void an_answer_that_does_not_come_is_a_refusal(void **state)
{
	static const struct scene scene = { .link = GUEST };
	char *const environment[] = { ticket, NULL };
	struct holders *h = *state;
	char root[256];
	struct worker w = { .root = root, .environment = environment }, other = { 0 };

	h->judge = NULL;
	holders_start_all(h);
	const int listener = make_root(files_path(root, h->directory, "root"), &scene);
	if (!worker_start(&w, "/bin/python3")) {
		print_message("no user namespaces here\n");
		skip();
	}
	worker_register(&w, h->notify, ID, "running");
	worker_ask(&w);
	assert_true(worker_start(&other, "/bin/true"));
	worker_register(&other, h->notify, ID, "creating");
	worker_ask(&other);
	assert_int_equal(worker_result(&other), 0);
	assert_false(worker_has_result(&w, 0));
	assert_int_equal(worker_result(&w), EPERM);
	worker_end(&w);
	worker_end(&other);
	close(listener);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, holders_setup, holders_teardown)
	const struct CMUnitTest tests[] = {
		TEST(only_guarded_shells_and_tickets_come_in),
		TEST(who_comes_in_starts_what_it_likes),
		TEST(an_answer_that_does_not_come_is_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
