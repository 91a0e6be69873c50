/* SPDX-License-Identifier: MIT */
#include "holders.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/guest/files.h"
#include "warden/policy.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

void judge_accepts(void *holder, unsigned index, const struct seccomp_notif *first)
{
	struct holder *h = holder;

	(void)first;
	holder_settle(h, index, h->held[index].serial, 0);
}

void judge_refuses(void *holder, unsigned index, const struct seccomp_notif *first)
{
	struct holder *h = holder;

	(void)first;
	holder_settle(h, index, h->held[index].serial, EPERM);
}

void judge_dies(void *holder, unsigned index, const struct seccomp_notif *first)
{
	(void)holder;
	(void)index;
	(void)first;
	raise(SIGKILL);
}

void judge_dies_with_its_verdict(void *holder, unsigned index, const struct seccomp_notif *first)
{
	struct holder *h = holder;

	(void)first;
	table_set_state(h->table, index, table_word(h->table, index), SESSION_ACCEPTED);
	raise(SIGKILL);
}

int holders_setup(void **state)
{
	struct holders *h = xcalloc(1, sizeof(*h));
	void *directory = NULL;

	if (files_setup(&directory) < 0)
		return -1;
	h->directory = directory;
	h->judge = judge_accepts;
	files_path(h->notify, h->directory, "notify");
	for (size_t i = 0; i < HOLDER_COUNT; i++)
		h->events[i] = -1;
	*state = h;
	return 0;
}

int holders_teardown(void **state)
{
	struct holders *h = *state;
	void *directory = h->directory;

	holders_kill_all(h);
	free(h);
	return files_teardown(&directory);
}

static void __attribute__((noreturn)) fail_start(enum holder_role role, const struct error *err)
{
	dprintf(STDERR_FILENO, "holder %d: %s\n", role, err->text);
	_exit(1);
}

static void __attribute__((noreturn))
run(const struct holders *h, enum holder_role role, int events)
{
	struct holder *holder = xcalloc(1, sizeof(*holder));
	struct error err;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	holder->role = role;
	holder->directory = h->directory;
	holder->judge = role == HOLDER_WARDEN ? h->judge : NULL;
	holder->context = holder;
	if (holder_init(holder, events, &err) < 0)
		fail_start(role, &err);
	if (role == HOLDER_WARDEN && !h->judge)
		policy_init(xcalloc(1, sizeof(struct policy)), holder);
	if (holder_start(holder, &err) < 0)
		fail_start(role, &err);
	for (;;)
		loop_turn(&holder->loop);
}

void holders_spawn(struct holders *h, enum holder_role role)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fd_closep(&h->events[role]);
	h->pids[role] = fork();
	if (h->pids[role] == 0) {
		close(ends[0]);
		run(h, role, ends[1]);
	}
	close(ends[1]);
	h->events[role] = ends[0];
}

void holders_await_event(struct holders *h, enum holder_role role, const char *wanted)
{
	char text[4096];
	size_t len = 0;

	do {
		assert_true(fd_wait(h->events[role], POLLIN, 20000) > 0);
		const ssize_t n = read(h->events[role], text + len, sizeof(text) - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
		text[len] = '\0';
	} while (!strstr(text, wanted));
}

void holders_await(struct holders *h, enum holder_role role)
{
	holders_await_event(h, role, "\"ready\"");
}

void holders_start(struct holders *h, enum holder_role role)
{
	holders_spawn(h, role);
	holders_await(h, role);
}

void holders_start_all(struct holders *h)
{
	for (unsigned role = 0; role < HOLDER_COUNT; role++)
		holders_start(h, (enum holder_role)role);
}

void holders_kill(struct holders *h, enum holder_role role)
{
	if (h->pids[role] <= 0)
		return;
	kill(h->pids[role], SIGKILL);
	waitpid(h->pids[role], NULL, 0);
	h->pids[role] = 0;
	fd_closep(&h->events[role]);
}

void holders_kill_all(struct holders *h)
{
	for (unsigned role = 0; role < HOLDER_COUNT; role++)
		if (h->pids[role] > 0)
			kill(h->pids[role], SIGKILL);
	for (unsigned role = 0; role < HOLDER_COUNT; role++)
		holders_kill(h, (enum holder_role)role);
}

void holders_read_lost(const struct holders *h, char ret[static 1024])
{
	char path[256];
	const int fd = open(files_path(path, h->directory, "lost"), O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : fd_read_upto(fd, ret, 1023);

	ret[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}
