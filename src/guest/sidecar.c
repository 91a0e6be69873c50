/* SPDX-License-Identifier: MIT */
/*
 * PID 1 of a built-in sidecar: gives the data directories to the service's user once, runs the
 * service as that user, reaps, passes signals on, and ends as the service did. It shares the
 * network namespace with the dev container, where the guest listens on the ssh port as long as it
 * lives: once seen, and then missing for a minute, the workspace is gone for good, and the sidecar
 * ends too.
 */
#include "role.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "home.h"
#include "proc_net.h"
#include "sessions.h"
#include "spawn.h"
#include "user.h"
#include "watch.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum {
	OWN_MAX = 8,
	LOOK_PERIOD_S = 5,
	LOOK_SLACK_NS = 500 * 1000 * 1000,
	KILL_AFTER_MS = 8000,
};

struct sidecar {
	const char *user_name;
	const char *own[OWN_MAX];
	size_t own_count;
	const char *const *command;
	pid_t pid;
	struct watch watch;
	bool is_alone;    /* told the command to end, since the dev container is gone */
	int64_t alone_ms; /* since then */
};

/* Events go to stderr here: stdout is the command's. */
static void say(const char *name)
{
	struct event e;

	event_start(&e, name);
	event_end(&e);
	fd_write_all(STDERR_FILENO, e.text, e.len, NULL);
}

static int parse_options(int argc, char **argv, struct sidecar *s)
{
	static const struct option options[] = {
		{ "user", required_argument, NULL, 'u' },
		{ "own", required_argument, NULL, 'o' },
		{ 0 },
	};
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (letter == 'u')
			s->user_name = optarg;
		else if (letter == 'o' && s->own_count < OWN_MAX)
			s->own[s->own_count++] = optarg;
		else
			return -1;
	}
	s->command = (const char *const *)&argv[optind];
	return s->user_name && optind < argc ? 0 : -1;
}

static int start(struct sidecar *s, struct error *err)
{
	struct user user;

	if (user_get(s->user_name, &user, err) < 0)
		return -1;
	for (size_t i = 0; i < s->own_count; i++)
		if (home_own(s->own[i], &user, err) < 0)
			return -1;
	s->pid = spawn(&(struct spawn){
		.argv = s->command,
		.user = &user,
		.directory = "/",
		.stdin_fd = -1,
		.stdout_fd = STDOUT_FILENO,
		.stderr_fd = STDERR_FILENO,
		.environment = (const char *const *)environ,
	});
	if (s->pid < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot fork");
	return 0;
}

/* True with the command's status, as a shell gives it, when the command itself has ended. */
static bool reap(struct sidecar *s, int *ret_status)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != s->pid)
			continue;
		*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		return true;
	}
	return false;
}

static bool is_dev_there(void)
{
	return proc_net_has_listener("/proc/net/tcp6", SESSIONS_PORT) == 1 ||
	       proc_net_has_listener("/proc/net/tcp", SESSIONS_PORT) == 1;
}

static void look(struct sidecar *s)
{
	int64_t now_ms = clock_mono_ms();

	if (s->is_alone) {
		if (now_ms - s->alone_ms >= KILL_AFTER_MS)
			kill(s->pid, SIGKILL);
		return;
	}
	if (!watch_is_over(&s->watch, is_dev_there(), now_ms))
		return;
	say("dev-gone");
	s->is_alone = true;
	s->alone_ms = now_ms;
	kill(s->pid, SIGTERM);
}

/* Until the command ends; its status. */
static int run(struct sidecar *s, const sigset_t *signals)
{
	const struct timespec period = { .tv_sec = LOOK_PERIOD_S };
	int64_t looked_ms = clock_mono_ms();
	int status;

	while (!reap(s, &status)) {
		int number = sigtimedwait(signals, NULL, &period);

		if (number > 0 && number != SIGCHLD)
			kill(s->pid, number);
		if (clock_mono_ms() - looked_ms >= LOOK_PERIOD_S * 1000) {
			looked_ms = clock_mono_ms();
			look(s);
		}
	}
	return s->is_alone ? 0 : status;
}

static int run_sidecar(int argc, char **argv)
{
	static const int handled[] = {
		SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2
	};
	struct sidecar s = { 0 };
	struct error err;
	sigset_t signals;

	if (parse_options(argc, argv, &s) < 0)
		return role_misused(&role_sidecar);
	sigemptyset(&signals);
	for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
		sigaddset(&signals, handled[i]);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	if (start(&s, &err) < 0)
		return role_fails(&err);
	prctl(PR_SET_TIMERSLACK, (unsigned long)LOOK_SLACK_NS, 0, 0, 0);
	return run(&s, &signals);
}

const struct role role_sidecar = {
	.name = "sidecar",
	.usage = "--user NAME [--own DIRECTORY]… -- COMMAND [ARGUMENT…]",
	.summary = "be PID 1 of a built-in sidecar",
	.run = run_sidecar,
};
