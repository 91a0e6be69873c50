/* SPDX-License-Identifier: MIT */
/* The holders as programs: PID 1 of a container of their own, which Podman starts again. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/role.h"
#include "holder.h"
#include "policy.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

/* Podman starts a holder again unless its status is 0. */
static void on_leave(int number)
{
	(void)number;
	_exit(EXIT_SUCCESS);
}

static void on_term(int number)
{
	_exit(128 + number);
}

/* PID 1 gets only signals that it handles. There is nothing to put in order: others have it all. */
static void handle_signals(void)
{
	const struct sigaction leave = { .sa_handler = on_leave }, end = { .sa_handler = on_term },
			       none = { .sa_handler = SIG_IGN };

	sigaction(SIGUSR1, &leave, NULL); /* WIRE_LEAVE_SIGNAL */
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGPIPE, &none, NULL);
}

static void raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static void *new_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int start(struct holder *h, struct error *err)
{
	handle_signals();
	raise_limit();
	umask(077);
	if (mkdir(h->directory, 0700) < 0 && errno != EEXIST)
		return error_set_errno(err, ERROR_HOST, errno, "cannot make '%s'", h->directory);
	return holder_init(h, STDOUT_FILENO, err);
}

static int run(struct holder *h)
{
	struct error err;

	if (holder_start(h, &err) < 0)
		return role_fails(&err);
	for (;;)
		loop_turn(&h->loop);
}

static int run_keeper(int argc, char **argv)
{
	struct holder *h = new_memory(sizeof(*h));
	struct error err;

	if (!h || argc != 3 || (strcmp(argv[1], "a") != 0 && strcmp(argv[1], "b") != 0))
		return role_misused(&role_keeper);
	h->role = argv[1][0] == 'a' ? HOLDER_A : HOLDER_B;
	h->directory = argv[2];
	return start(h, &err) < 0 ? role_fails(&err) : run(h);
}

static int run_warden(int argc, char **argv)
{
	struct holder *h = new_memory(sizeof(*h));
	struct policy *policy = new_memory(sizeof(*policy));
	struct error err;

	if (!h || !policy || argc != 2)
		return role_misused(&role_warden);
	h->role = HOLDER_WARDEN;
	h->directory = argv[1];
	if (start(h, &err) < 0)
		return role_fails(&err);
	policy_init(policy, h);
	return run(h);
}

const struct role role_keeper = {
	.name = "keeper",
	.usage = "a|b DIRECTORY",
	.summary = "keep the descriptors of strict workspaces",
	.run = run_keeper,
};

const struct role role_warden = {
	.name = "warden",
	.usage = "DIRECTORY",
	.summary = "decide which programs podman exec may start in strict workspaces",
	.run = run_warden,
};
