/* SPDX-License-Identifier: MIT */
#include "winalux/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

/*
 * How a child is run:
 *
 * 1. Everything that needs memory (path, environment, pipes) is prepared before fork, as other
 *    threads may hold malloc's lock; between fork and exec only async-signal-safe calls are made.
 * 2. The child leads a process group of its own, so that a limit or Ctrl-C ends what it started
 *    too. With a terminal as stdin it stays in ours: a background group may not read from it.
 *    A close-on-exec pipe carries errno back when exec or chdir fails, and closes when exec works.
 * 3. The parent polls the pipes and a pidfd. The end of the child counts, not the end of the
 *    pipes: a daemon that the child left behind may hold those open for ever.
 * 4. A limit passed or a cancellation: SIGTERM to the group, up to GRACE_MS of patience, SIGKILL.
 *    The leader is reaped last, so that its group id cannot have passed to somebody else.
 */

enum {
	PROCESS_GRACE_MS = 2000,
	PROCESS_TICK_MS = 50, /* how often *cancelled, or a child without pidfd, is looked at */
	PROCESS_OUTPUT_BYTES = 1 << 20,
	PROCESS_LINE_BYTES = 64 << 10, /* a longer line comes in pieces */
	PROCESS_CHUNK_BYTES = 16 << 10,
	PROCESS_EXIT_UNSTARTED = 127,
};

/* What the child does between fork and exec. Descriptors are the parent's, -1 means /dev/null. */
struct launch {
	const char *path;
	const char *const *argv;
	char *const *environment;
	const char *directory;
	int fds[3];
	bool is_own_group;
	int report_fd;
};

/* One output stream of the child. */
struct stream {
	int fd; /* -1 when it ended */
	bool is_stderr;
	struct buf line;
};

struct run {
	const struct process_options *options;
	const char *program; /* for messages */
	pid_t pid;
	bool is_own_group;
	int pidfd; /* -1 where the kernel or a seccomp profile refuses it */
	int64_t deadline_ms;
	struct stream streams[2];
	struct buf *out; /* or NULL */
	size_t max_out_bytes;
};

static bool is_executable(const char *path)
{
	return access(path, X_OK) == 0;
}

char *process_find(const char *program)
{
	const char *path = getenv("PATH");
	DEFER(strv_release) struct strv dirs = { 0 };

	if (strchr(program, '/'))
		return is_executable(program) ? realpath(program, NULL) : NULL;
	strv_add_split(&dirs, path ? path : "/usr/local/bin:/usr/bin:/bin", ":");
	for (size_t i = 0; i < dirs.count; i++) {
		DEFER(freep) char *candidate = xasprintf("%s/%s", dirs.items[i], program);

		/* Relative entries of PATH are skipped: they would run what lies about. */
		if (candidate[0] == '/' && is_executable(candidate))
			return TAKE(candidate);
	}
	return NULL;
}

static bool has_same_name(const char *pair, const char *other)
{
	size_t len = strcspn(pair, "=");

	return strncmp(pair, other, len) == 0 && other[len] == '=';
}

static bool is_overridden(const char *pair, const char *const *additions)
{
	for (size_t i = 0; additions && additions[i]; i++)
		if (has_same_name(additions[i], pair))
			return true;
	return false;
}

static void collect_environment(struct strv *ret, const char *const *additions)
{
	for (size_t i = 0; environ && environ[i]; i++)
		if (!is_overridden(environ[i], additions))
			strv_add(ret, environ[i]);
	for (size_t i = 0; additions && additions[i]; i++)
		strv_add(ret, additions[i]);
}

/* Signals as a fresh program expects them; execve keeps the mask and what is ignored. */
static void reset_signals(void)
{
	struct sigaction default_action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		sigaction(signal_number, &default_action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Gives the child's 0, 1 and 2 their targets; they are moved up first, as they may be 0 to 2. */
static int place_stdio(const int fds[static 3])
{
	int moved[3];

	for (int i = 0; i < 3; i++) {
		int fd = fds[i] >= 0 ? fds[i] : open("/dev/null", O_RDWR | O_CLOEXEC);

		moved[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (moved[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(moved[i], i) < 0)
			return -1;
	return 0;
}

static _Noreturn void run_child(const struct launch *launch, pid_t parent)
{
	reset_signals();
	if (launch->is_own_group)
		setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent && place_stdio(launch->fds) == 0 &&
	    (!launch->directory || chdir(launch->directory) == 0))
		execve(launch->path, (char *const *)(uintptr_t)launch->argv, launch->environment);
	int failed = errno;
	if (write(launch->report_fd, &failed, sizeof(failed)) < 0)
		_exit(PROCESS_EXIT_UNSTARTED);
	_exit(PROCESS_EXIT_UNSTARTED);
}

static int not_installed(struct error *err, const char *program)
{
	error_set(err, ERROR_HOST, "'%s' is not installed", program);
	if (err)
		err->os_errno = ENOENT;
	return -1;
}

/* Forks and waits until exec worked. launch->path and report_fd are filled in here. */
static int start(struct launch *launch, pid_t *ret_pid, struct error *err)
{
	DEFER(freep) char *path = process_find(launch->argv[0]);
	DEFER(fd_closep) int reader = -1;
	DEFER(fd_closep) int writer = -1;
	int ends[2], failed;
	pid_t parent = getpid();

	if (!path)
		return not_installed(err, launch->argv[0]);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot start '%s'",
				       launch->argv[0]);
	reader = ends[0];
	writer = ends[1];
	/* Above 2, so that place_stdio cannot overwrite it. */
	launch->report_fd = fcntl(writer, F_DUPFD_CLOEXEC, 3);
	launch->path = path;
	pid_t pid = launch->report_fd < 0 ? -1 : fork();
	if (pid == 0)
		run_child(launch, parent);
	failed = errno;
	fd_closep(&launch->report_fd);
	fd_closep(&writer);
	if (pid < 0)
		return error_set_errno(err, ERROR_HOST, failed, "cannot start '%s'",
				       launch->argv[0]);
	if (launch->is_own_group)
		setpgid(pid, pid); /* whoever comes first; we may have to kill the group at once */

	ssize_t n = TEMP_FAILURE_RETRY(read(reader, &failed, sizeof(failed)));
	if (n == (ssize_t)sizeof(failed)) {
		TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
		return error_set_errno(err, ERROR_HOST, failed, "cannot start '%s'",
				       launch->argv[0]);
	}
	*ret_pid = pid;
	return 0;
}

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0); /* O_CLOEXEC by itself */
}

/* True when the child has ended; it is not reaped. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno == ECHILD; /* somebody ignores SIGCHLD: there is nothing to wait for */
	return info.si_pid == pid;
}

/* Waits for the end without reaping. False at the time limit. */
static bool wait_end(pid_t pid, int pidfd, int timeout_ms)
{
	int64_t deadline_ms = clock_mono_ms() + timeout_ms;

	while (!has_ended(pid)) {
		int left_ms = clock_left_ms(deadline_ms);

		if (left_ms == 0)
			return false;
		if (pidfd >= 0)
			fd_wait(pidfd, POLLIN, left_ms);
		else
			clock_sleep_ms(left_ms < PROCESS_TICK_MS ? left_ms : PROCESS_TICK_MS);
	}
	return true;
}

static int reap(pid_t pid)
{
	int status = 0;

	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0)
		return PROCESS_EXIT_UNSTARTED; /* SIGCHLD is ignored: the status is lost */
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void kill_run(const struct run *run, int signal_number)
{
	kill(run->is_own_group ? -run->pid : run->pid, signal_number);
}

/* Ends the child and what it started in its group, whether it wants to or not. */
static void end_run(const struct run *run)
{
	kill_run(run, SIGTERM);
	wait_end(run->pid, run->pidfd, PROCESS_GRACE_MS);
	kill_run(run, SIGKILL);
	reap(run->pid);
}

static void give_line(struct run *run, struct stream *stream)
{
	struct buf printable;

	if (run->options->on_line) {
		run->options->on_line(stream->line.data, stream->is_stderr, run->options->context);
	} else if (stream->is_stderr && log_get_level() >= LOG_DEBUG) {
		buf_init(&printable, SIZE_MAX);
		buf_add_printable(&printable, stream->line.data, stream->line.len, false);
		log_debug("%s: %s", run->program, printable.data);
		buf_release(&printable);
	}
	buf_clear(&stream->line);
}

static void take_lines(struct run *run, struct stream *stream, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			give_line(run, stream);
			continue;
		}
		if (stream->line.len == PROCESS_LINE_BYTES)
			give_line(run, stream);
		buf_add_char(&stream->line, data[i]);
	}
}

static void end_stream(struct run *run, struct stream *stream)
{
	if (stream->line.len > 0)
		give_line(run, stream);
	fd_closep(&stream->fd);
}

static int collect(struct run *run, const char *data, size_t len, struct error *err)
{
	if (!run->out)
		return 0;
	if (run->out->len <= run->max_out_bytes && len <= run->max_out_bytes - run->out->len)
		buf_add(run->out, data, len);
	else
		run->out->is_full = true;
	if (!run->out->is_full)
		return 0;
	return error_set(err, ERROR_HOST, "'%s' printed more than %zu bytes", run->program,
			 run->max_out_bytes < run->out->max ? run->max_out_bytes : run->out->max);
}

/* Takes what is there now. The stream ends at end of file and on read errors. */
static int drain(struct run *run, struct stream *stream, struct error *err)
{
	char chunk[PROCESS_CHUNK_BYTES];

	while (stream->fd >= 0) {
		ssize_t n = TEMP_FAILURE_RETRY(read(stream->fd, chunk, sizeof(chunk)));

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			end_stream(run, stream);
			return 0;
		}
		if (!stream->is_stderr && collect(run, chunk, (size_t)n, err) < 0)
			return -1;
		take_lines(run, stream, chunk, (size_t)n);
		if ((size_t)n < sizeof(chunk))
			return 0; /* look at limits between two reads of a chatty child */
	}
	return 0;
}

static int check_limits(const struct run *run, struct error *err)
{
	const struct process_options *options = run->options;

	if (options->cancelled && __atomic_load_n(options->cancelled, __ATOMIC_RELAXED))
		return error_set(err, ERROR_INTERRUPTED, "'%s' was interrupted", run->program);
	if (options->timeout_ms > 0 && clock_left_ms(run->deadline_ms) == 0)
		return error_set(err, ERROR_TIMEOUT, "'%s' did not end within %d.%03d s",
				 run->program, options->timeout_ms / 1000,
				 options->timeout_ms % 1000);
	return 0;
}

/* Sleeps until there is output, the end, or a reason to look at the limits. */
static void wait_news(const struct run *run)
{
	struct pollfd fds[3] = {
		{ .fd = run->streams[0].fd, .events = POLLIN },
		{ .fd = run->streams[1].fd, .events = POLLIN },
		{ .fd = run->pidfd, .events = POLLIN },
	};
	int timeout_ms = run->options->timeout_ms > 0 ? clock_left_ms(run->deadline_ms) : -1;
	bool wants_tick = run->options->cancelled || run->pidfd < 0;

	if (wants_tick && (timeout_ms < 0 || timeout_ms > PROCESS_TICK_MS))
		timeout_ms = PROCESS_TICK_MS;
	poll(fds, ARRAY_SIZE(fds), timeout_ms); /* EINTR is news too */
}

static int drain_both(struct run *run, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(run->streams); i++)
		if (drain(run, &run->streams[i], err) < 0)
			return -1;
	return 0;
}

/* What the child wrote before its end is in the pipes by now, at most a pipe's capacity each. */
static int drain_rest(struct run *run, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(run->streams); i++) {
		struct stream *stream = &run->streams[i];

		for (int reads = 0; reads < (1 << 20) / PROCESS_CHUNK_BYTES && stream->fd >= 0 &&
				    fd_wait(stream->fd, POLLIN, 0) > 0;
		     reads++)
			if (drain(run, stream, err) < 0)
				return -1;
		if (stream->fd >= 0)
			end_stream(run, stream);
	}
	return 0;
}

static int supervise(struct run *run, struct error *err)
{
	for (;;) {
		if (check_limits(run, err) < 0 || drain_both(run, err) < 0)
			return -1;
		if (has_ended(run->pid))
			return drain_rest(run, err);
		wait_news(run);
	}
}

/* Makes one output pipe; our end does not block. */
static int open_stream(struct stream *stream, int *ret_child_end, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot make a pipe");
	stream->fd = ends[0];
	*ret_child_end = ends[1];
	fd_set_nonblocking(stream->fd, true);
	return 0;
}

static void run_release(struct run *run)
{
	for (size_t i = 0; i < ARRAY_SIZE(run->streams); i++) {
		fd_closep(&run->streams[i].fd);
		buf_release(&run->streams[i].line);
	}
	fd_closep(&run->pidfd);
}

static void run_init(struct run *run, const char *program, const struct process_options *options,
		     struct buf *out)
{
	*run = (struct run){ .options = options, .program = program, .pidfd = -1, .out = out };
	for (size_t i = 0; i < ARRAY_SIZE(run->streams); i++) {
		run->streams[i] = (struct stream){ .fd = -1, .is_stderr = i == 1 };
		buf_init(&run->streams[i].line, PROCESS_LINE_BYTES);
	}
	run->max_out_bytes =
		options->max_output_bytes ? options->max_output_bytes : PROCESS_OUTPUT_BYTES;
	if (out && out->max == 0)
		buf_init(out, run->max_out_bytes);
	run->deadline_ms = clock_mono_ms() + options->timeout_ms;
}

/* Pipes, environment, fork. */
static int run_start(struct run *run, const char *const *argv, struct error *err)
{
	const struct process_options *options = run->options;
	DEFER(strv_release) struct strv environment = { 0 };
	DEFER(fd_closep) int child_stdout = -1;
	DEFER(fd_closep) int child_stderr = -1;

	if (options->stdout_fd < 0 && open_stream(&run->streams[0], &child_stdout, err) < 0)
		return -1;
	if (open_stream(&run->streams[1], &child_stderr, err) < 0)
		return -1;
	collect_environment(&environment, options->environment);
	run->is_own_group = options->stdin_fd < 0 || !isatty(options->stdin_fd);

	struct launch launch = {
		.argv = argv,
		.environment = environment.count ? environment.items : environ,
		.directory = options->directory,
		.fds = { options->stdin_fd,
			 options->stdout_fd < 0 ? child_stdout : options->stdout_fd, child_stderr },
		.is_own_group = run->is_own_group,
	};
	if (start(&launch, &run->pid, err) < 0)
		return -1;
	run->pidfd = open_pidfd(run->pid);
	return 0;
}

int process_run(const char *const *argv, const struct process_options *options, struct buf *out,
		int *ret_status, struct error *err)
{
	static const struct process_options defaults = { .stdin_fd = -1, .stdout_fd = -1 };
	DEFER(run_release) struct run run;

	run_init(&run, argv[0], options ? options : &defaults, out);
	if (run_start(&run, argv, err) < 0)
		return -1;
	if (supervise(&run, err) < 0) {
		end_run(&run);
		return -1;
	}
	int status = reap(run.pid);
	if (ret_status)
		*ret_status = status;
	return 0;
}

int process_spawn(const char *const *argv, pid_t *ret_pid, struct error *err)
{
	struct launch launch = {
		.argv = argv,
		.environment = environ,
		.fds = { -1, -1, -1 },
		.is_own_group = true, /* Ctrl-C is for us, who may still need it to clean up */
	};

	return start(&launch, ret_pid, err);
}

void process_stop(pid_t pid, int timeout_ms)
{
	DEFER(fd_closep) int pidfd = open_pidfd(pid);

	/* The process alone: a Podman service leaves conmons behind, which belong to containers. */
	kill(pid, SIGTERM);
	if (!wait_end(pid, pidfd, timeout_ms))
		kill(pid, SIGKILL);
	reap(pid);
}
