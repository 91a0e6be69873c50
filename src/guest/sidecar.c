/* SPDX-License-Identifier: MIT */
/*
 * PID 1 of a built-in sidecar: gives the data directories to the service's user once, writes its
 * configuration, waits until what it comes after answers, runs the service as that user, reaps,
 * passes signals on, and ends as the service did. When the developer asks (restart_door.h), it ends
 * the service and all that the service has left, and runs it anew in the same container. It shares
 * the network namespace with the dev container, where the guest listens on the ssh port as long as
 * it lives: once seen, and then missing for a minute, the workspace is gone for good, and the
 * sidecar ends too.
 */
#include "role.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event.h"
#include "home.h"
#include "loopback.h"
#include "proc_net.h"
#include "restart_door.h"
#include "sessions.h"
#include "spawn.h"
#include "user.h"
#include "watch.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum {
	OWN_MAX = 8,
	AWAIT_MAX = 16,
	AWAIT_EVERY_MS = 100,
	HURRY_MS = 500,
	LOOK_PERIOD_S = 5,
	LOOK_SLACK_NS = 500 * 1000 * 1000,
	KILL_AFTER_MS = 8000,
};

struct sidecar {
	const char *name; /* NULL: it takes no restarts */
	const char *user_name;
	const char *own[OWN_MAX];
	size_t own_count;
	uint16_t awaited[AWAIT_MAX];
	size_t awaited_count;
	const char *file; /* NULL: none is written */
	const char *text;
	const char *const *command;
	struct user user;
	pid_t pid;
	int door;         /* -1: it takes no restarts */
	int asker;        /* who waits for a restart; -1: nobody */
	int64_t asked_ms; /* since then */
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

static int parse_option(struct sidecar *s, int letter, const char *value)
{
	switch (letter) {
	case 'n':
		s->name = value;
		return 0;
	case 'u':
		s->user_name = value;
		return 0;
	case 'f':
		s->file = value;
		return 0;
	case 't':
		s->text = value;
		return 0;
	case 'o':
		if (s->own_count == OWN_MAX)
			return -1;
		s->own[s->own_count++] = value;
		return 0;
	case 'a':
		if (s->awaited_count == AWAIT_MAX ||
		    !parse_port(value, &s->awaited[s->awaited_count]))
			return -1;
		s->awaited_count++;
		return 0;
	default:
		return -1;
	}
}

static int parse_options(int argc, char **argv, struct sidecar *s)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "user", required_argument, NULL, 'u' },
		{ "own", required_argument, NULL, 'o' },
		{ "await", required_argument, NULL, 'a' },
		{ "file", required_argument, NULL, 'f' },
		{ "text", required_argument, NULL, 't' },
		{ 0 },
	};
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (parse_option(s, letter, optarg) < 0)
			return -1;
	s->command = (const char *const *)&argv[optind];
	return s->user_name && !s->file == !s->text && optind < argc ? 0 : -1;
}

static int prepare(struct sidecar *s, struct error *err)
{
	if (user_get(s->user_name, &s->user, err) < 0)
		return -1;
	for (size_t i = 0; i < s->own_count; i++)
		if (home_own(s->own[i], &s->user, err) < 0)
			return -1;
	if (s->file && file_write_atomic(s->file, s->text, strlen(s->text), 0644, err) < 0)
		return -1;
	s->asker = -1;
	s->door = s->name ? restart_door_open(s->name, NULL) : -1;
	if (s->name && s->door < 0)
		say("no-restarts"); /* somebody in the pod has the name: the service still runs */
	return 0;
}

static int start(struct sidecar *s, struct error *err)
{
	s->pid = spawn(&(struct spawn){
		.argv = s->command,
		.user = &s->user,
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

/* What a command leaves behind would hold its port and its data. */
static void end_the_rest(void)
{
	if (getpid() != 1)
		return;
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* The next request waits in the door's queue until this one is done. */
static void let_in(struct sidecar *s)
{
	if (s->asker >= 0 || s->is_alone)
		return;
	s->asker = restart_door_accept(s->door);
	if (s->asker < 0)
		return;
	s->asked_ms = clock_mono_ms();
	kill(s->pid, SIGTERM);
}

static int run_anew(struct sidecar *s)
{
	struct error err;

	end_the_rest();
	if (start(s, &err) < 0) {
		restart_door_answer(&s->asker, err.text);
		return -1;
	}
	say("restart");
	restart_door_answer(&s->asker, "restarted");
	return 0;
}

static void pass_on(struct sidecar *s, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			kill(s->pid, (int)info.ssi_signo);
}

static int wait_ms(const struct sidecar *s)
{
	return s->asker >= 0 || s->is_alone ? HURRY_MS : LOOK_PERIOD_S * 1000;
}

/* Until the command ends; its status. */
static int run(struct sidecar *s, int signals)
{
	int64_t looked_ms = clock_mono_ms();
	int status;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = s->asker < 0 ? s->door : -1, .events = POLLIN },
		};

		if (reap(s, &status)) {
			if (s->asker < 0)
				return s->is_alone ? 0 : status;
			if (run_anew(s) < 0)
				return EXIT_ROLE_FAILED;
		}
		poll(fds, ARRAY_SIZE(fds), wait_ms(s));
		pass_on(s, signals);
		if (fds[1].revents)
			let_in(s);
		if (s->asker >= 0 && clock_mono_ms() - s->asked_ms >= KILL_AFTER_MS)
			kill(s->pid, SIGKILL);
		if (clock_mono_ms() - looked_ms >= LOOK_PERIOD_S * 1000) {
			looked_ms = clock_mono_ms();
			look(s);
		}
	}
}

static bool is_told_to_end(int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGHUP)
			return true;
	return false;
}

/* There is nothing to restart yet. */
static void turn_away(int door, uint16_t port)
{
	char line[RESTART_LINE_SIZE];
	int asker = restart_door_accept(door);

	snprintf(line, sizeof(line), "it has not started yet: it waits for port %u", port);
	restart_door_answer(&asker, line);
}

/* -1 when told to end meanwhile, or when the dev container is gone. */
static int await_port(struct sidecar *s, int signals, uint16_t port)
{
	int64_t look_ms = clock_mono_ms();

	while (!loopback_is_open(port)) {
		struct pollfd fds[] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = s->door, .events = POLLIN },
		};

		poll(fds, ARRAY_SIZE(fds), AWAIT_EVERY_MS);
		if (is_told_to_end(signals))
			return -1;
		if (fds[1].revents)
			turn_away(s->door, port);
		if (clock_left_ms(look_ms) > 0)
			continue;
		look_ms = clock_mono_ms() + LOOK_PERIOD_S * 1000;
		if (watch_is_over(&s->watch, is_dev_there(), clock_mono_ms())) {
			say("dev-gone");
			return -1;
		}
	}
	return 0;
}

/* However long it takes: the deploy has the limit. */
static int await_others(struct sidecar *s, int signals)
{
	for (size_t i = 0; i < s->awaited_count; i++)
		if (await_port(s, signals, s->awaited[i]) < 0)
			return -1;
	return 0;
}

static int watch_signals(void)
{
	static const int handled[] = {
		SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2
	};
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
		sigaddset(&signals, handled[i]);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run_sidecar(int argc, char **argv)
{
	struct sidecar s = { 0 };
	struct error err;
	int signals;

	if (parse_options(argc, argv, &s) < 0)
		return role_misused(&role_sidecar);
	signals = watch_signals();
	if (signals < 0) {
		error_set_errno(&err, ERROR_INTERNAL, errno, "cannot watch signals");
		return role_fails(&err);
	}
	if (prepare(&s, &err) < 0)
		return role_fails(&err);
	if (await_others(&s, signals) < 0)
		return 0;
	if (start(&s, &err) < 0)
		return role_fails(&err);
	prctl(PR_SET_TIMERSLACK, (unsigned long)LOOK_SLACK_NS, 0, 0, 0);
	return run(&s, signals);
}

const struct role role_sidecar = {
	.name = "sidecar",
	.usage = "--user NAME [--name NAME] [--own DIRECTORY]… [--await PORT]… [--file PATH --text "
		 "TEXT] "
		 "-- COMMAND [ARGUMENT…]",
	.summary = "be PID 1 of a built-in sidecar",
	.run = run_sidecar,
};
