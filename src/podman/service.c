/* SPDX-License-Identifier: MIT */
#include "winalux/podman/service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/process.h"

enum {
	SERVICE_START_MS = 15000,
	SERVICE_STOP_MS = 5000,
	SERVICE_PAUSE_MS = 5,
	SERVICE_PAUSE_MAX_MS = 50,
	SERVICE_PROBE_MS = 20000,
	SERVICE_CONNECT_MS = 10000
};

/*
 * Seconds without a connection after which a service that lost us ends by itself: longer than any
 * pause of ours between two calls (we wait for a workspace on the log, which is a connection).
 */
#define SERVICE_IDLE_S "600"

struct service {
	char *socket;
	char *directory; /* made by us for the socket, NULL otherwise */
	pid_t pid;       /* of the service that we started; -1: none */
	int listener; /* pidfd of the process that listens: a rootless podman is two; -1: unknown */
};

/* --- finding --- */

/* "unix:///run/x" and "/run/x" to a path; NULL for other schemes. */
static const char *path_of(const char *address)
{
	if (parse_literal(&address, "unix://"))
		return address;
	return strstr(address, "://") ? NULL : address;
}

/* 0, or the errno of connect. */
static int probe(const char *path)
{
	DEFER(fd_closep) int fd = fd_connect_unix(path, SOCK_STREAM, SERVICE_CONNECT_MS);

	return fd < 0 ? errno : 0;
}

/*
 * As Podman chooses it: the variable, else /run/user/UID when that is ours. NULL: neither. The
 * caller frees it.
 */
static char *runtime_directory(void)
{
	const char *set = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (set && *set)
		return xstrdup(set);
	DEFER(freep) char *path = xasprintf("/run/user/%u", (unsigned)getuid());
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == getuid())
		return TAKE(path);
	return NULL;
}

static int use_explicit(struct service *s, const char *address, struct error *err)
{
	const char *path = path_of(address);

	if (!path)
		return error_set(err, ERROR_HOST,
				 "cannot use '%s': only unix sockets are supported", address);
	int failed = probe(path);
	if (failed)
		return error_set_errno(err, ERROR_HOST, failed,
				       "cannot reach Podman's service at '%s'", path);
	s->socket = xstrdup(path);
	return 0;
}

/* CONTAINER_HOST that points elsewhere must not be taken for "this account". */
static int look_at_environment(struct service *s, struct error *err)
{
	const char *address = getenv("CONTAINER_HOST");

	if (!address || !*address)
		return 0;
	const char *path = path_of(address);
	if (!path)
		return error_set(err, ERROR_HOST,
				 "CONTAINER_HOST is '%s', and only unix sockets are supported; "
				 "unset it or name a socket",
				 address);
	if (probe(path) == 0)
		s->socket = xstrdup(path);
	return 0;
}

static void look_at_default(struct service *s, const char *runtime)
{
	if (!runtime)
		return;
	DEFER(freep) char *path = xasprintf("%s/podman/podman.sock", runtime);
	if (probe(path) == 0)
		s->socket = TAKE(path);
}

/* --- starting --- */

static int choose_socket(struct service *s, const char *runtime, struct error *err)
{
	DEFER(freep) char *directory = NULL;

	if (runtime) {
		directory = xasprintf("%s/winalux", runtime);
		if (dir_make_all(directory, 0700, err) < 0)
			return -1;
	} else {
		directory = xstrdup("/tmp/winalux-XXXXXX");
		if (!mkdtemp(directory))
			return error_set_errno(err, ERROR_HOST, errno, "cannot make '%s'",
					       directory);
		s->directory = xstrdup(directory);
	}
	s->socket = xasprintf("%s/podman-%d.sock", directory, (int)getpid());
	unlink(s->socket); /* of a process that had our number */
	return 0;
}

static void keep_last_line(const char *line, bool is_stderr, void *context)
{
	struct buf *last = context;

	if (!is_stderr || !*line)
		return;
	buf_clear(last);
	buf_add_str(last, line);
}

/* The service has no voice of its own (its stderr is closed): let another podman say what is wrong.
 */
static int explain(const char *what, struct error *err)
{
	static const char *const argv[] = { "podman", "info", "--format", "{{.Version.Version}}",
					    NULL };
	DEFER(buf_release) struct buf last = { 0 };
	struct process_options options = { .stdin_fd = -1,
					   .stdout_fd = -1,
					   .timeout_ms = SERVICE_PROBE_MS,
					   .on_line = keep_last_line,
					   .context = &last };
	int status = 0;

	buf_init(&last, 4096);
	if (process_run(argv, &options, NULL, &status, err) < 0)
		return error_add(err, "%s", what);
	if (status != 0 && last.len > 0)
		return error_set(err, ERROR_HOST, "%s: %s", what, last.data);
	return error_set(err, ERROR_HOST,
			 "%s; to see why, run: podman system service -t 5 unix:///tmp/p.sock",
			 what);
}

/*
 * The first podman of an account re-executes itself in a new user namespace and waits; the child is
 * the one that listens, and has been seen to outlive its parent. A socket tells who listens.
 */
static int open_listener(const char *path)
{
	DEFER(fd_closep) int fd = fd_connect_unix(path, SOCK_STREAM, SERVICE_CONNECT_MS);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.pid <= 0)
		return -1;
	return pidfd_open(peer.pid, 0); /* close-on-exec by itself */
}

static void stop_listener(int listener)
{
	if (listener < 0 || pidfd_send_signal(listener, SIGTERM, NULL, 0) < 0)
		return;
	if (fd_wait(listener, POLLIN, SERVICE_STOP_MS) == 0)
		pidfd_send_signal(listener, SIGKILL, NULL, 0);
}

/* Until the socket answers. The child may end before that. */
static int await(struct service *s, struct error *err)
{
	int64_t deadline_ms = clock_mono_ms() + SERVICE_START_MS;
	int pause_ms = SERVICE_PAUSE_MS;

	while (probe(s->socket) != 0) {
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
			s->pid = -1;
			return explain("cannot start Podman's service", err);
		}
		if (clock_left_ms(deadline_ms) == 0)
			return explain("Podman's service did not answer within 15 s", err);
		clock_sleep_ms(pause_ms);
		if (pause_ms < SERVICE_PAUSE_MAX_MS)
			pause_ms *= 2;
	}
	s->listener = open_listener(s->socket);
	return 0;
}

static int start(struct service *s, const char *runtime, struct error *err)
{
	if (choose_socket(s, runtime, err) < 0)
		return -1;
	DEFER(freep) char *address = xasprintf("unix://%s", s->socket);
	const char *argv[] = { "podman", "system", "service", "-t", SERVICE_IDLE_S, address, NULL };
	if (process_spawn(argv, &s->pid, err) < 0)
		return error_add(err, "cannot start Podman's service");
	return await(s, err);
}

static int find(struct service *s, const char *explicit_path, struct error *err)
{
	DEFER(freep) char *runtime = runtime_directory();

	if (explicit_path && *explicit_path)
		return use_explicit(s, explicit_path, err);
	if (look_at_environment(s, err) < 0)
		return -1;
	if (!s->socket)
		look_at_default(s, runtime);
	return s->socket ? 0 : start(s, runtime, err);
}

/* --- life --- */

int service_find(const char *explicit_path, struct service **ret, struct error *err)
{
	DEFER(service_freep) struct service *s = xcalloc(1, sizeof(*s));

	s->pid = s->listener = -1;
	if (find(s, explicit_path, err) < 0)
		return -1;
	*ret = TAKE(s);
	return 0;
}

const char *service_socket(const struct service *service)
{
	return service->socket;
}

bool service_is_ours(const struct service *service)
{
	return service->pid >= 0;
}

void service_free(struct service *service)
{
	if (!service)
		return;
	if (service->pid >= 0) {
		stop_listener(service->listener);
		process_stop(service->pid, SERVICE_STOP_MS);
		unlink(service->socket);
	}
	if (service->directory)
		rmdir(service->directory);
	fd_closep(&service->listener);
	free(service->socket);
	free(service->directory);
	free(service);
}

void service_freep(struct service **service)
{
	service_free(*service);
	*service = NULL;
}
