/* SPDX-License-Identifier: MIT */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { MAX_ENVIRONMENT = 1024, NOT_FOUND = 127, CANNOT_RUN = 126 };

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const user_names[] = { "HOME", "LOGNAME", "MAIL", "OLDPWD",
					  "PWD",  "SHELL",   "USER" };

void spawn_reset_signals(void)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int spawn_pipe(int *ret_read, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	fd_set_nonblocking(fds[0], true);
	*ret_read = fds[0];
	*ret_write = fds[1];
	return 0;
}

static void die(const char *what, const char *subject, int status)
{
	dprintf(STDERR_FILENO, "winalux: %s '%s': %s\n", what, subject, strerror(errno));
	_exit(status);
}

/*
 * The three descriptors come from above 2 or are themselves in place: PID 1 has 0 to 2 open from
 * birth.
 */
static void set_stdio(const struct spawn *s)
{
	const int wanted[] = { s->stdin_fd, s->stdout_fd, s->stderr_fd };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3; i++) {
		int fd = wanted[i] < 0 ? null : wanted[i];

		if (fd >= 0 && fd != i)
			dup2(fd, i);
	}
}

static bool is_named(const char *pair, const char *name)
{
	size_t len = strlen(name);

	return strncmp(pair, name, len) == 0 && pair[len] == '=';
}

static bool is_users(const char *pair)
{
	for (size_t i = 0; i < ARRAY_SIZE(user_names); i++)
		if (is_named(pair, user_names[i]))
			return true;
	return false;
}

/* The environment without what belongs to a user, then texts; the last place holds the NULL. */
static void join_environment(const char *const *from, const char *const *texts, const char **ret)
{
	size_t count = 0;

	for (; *from && count < MAX_ENVIRONMENT - 8; from++)
		if (!is_users(*from))
			ret[count++] = *from;
	for (; *texts; texts++)
		ret[count++] = *texts;
	ret[count] = NULL;
}

static void execute(const struct spawn *s, const char *const *environment)
{
	const char *path = DEFAULT_PATH;

	for (const char *const *e = environment; *e; e++)
		if (is_named(*e, "PATH"))
			path = *e + strlen("PATH=");
	setenv("PATH", path,
	       1); /* of the child alone: execvpe() searches ours, not the given one */
	execvpe(s->argv[0], (char *const *)(uintptr_t)s->argv,
		(char *const *)(uintptr_t)environment);
	die("cannot run", s->argv[0], errno == ENOENT ? NOT_FOUND : CANNOT_RUN);
}

static void execute_as_user(const struct spawn *s)
{
	const struct user *user = s->user;
	char home[sizeof(user->home) + 8], name[sizeof(user->name) + 8];
	char logname[sizeof(user->name) + 8], shell[sizeof(user->shell) + 8];
	const char *const texts[] = { home, name, logname, shell, NULL };
	const char *environment[MAX_ENVIRONMENT];

	snprintf(home, sizeof(home), "HOME=%s", user->home);
	snprintf(name, sizeof(name), "USER=%s", user->name);
	snprintf(logname, sizeof(logname), "LOGNAME=%s", user->name);
	snprintf(shell, sizeof(shell), "SHELL=%s", user->shell);
	join_environment(s->environment, texts, environment);
	if (user_become(user) < 0)
		die("cannot become", user->name, CANNOT_RUN);
	if (s->directory && chdir(s->directory) < 0)
		die("cannot change to", s->directory, CANNOT_RUN);
	execute(s, environment);
}

pid_t spawn(const struct spawn *s)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setsid();
	set_stdio(s);
	spawn_reset_signals();
	if (s->user)
		execute_as_user(s);
	if (s->directory && chdir(s->directory) < 0)
		die("cannot change to", s->directory, CANNOT_RUN);
	execute(s, s->environment);
	_exit(CANNOT_RUN);
}

pid_t spawn_work(const struct user *user, int (*work)(void *context), void *context)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setsid();
	spawn_reset_signals();
	if (user && user_become(user) < 0)
		_exit(CANNOT_RUN);
	_exit(work(context));
}
