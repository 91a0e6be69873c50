/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "warden/packet.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

static int install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_execve, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_execveat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static int start_one(const char *program, char *const *environment)
{
	char argument[] = "an argument";
	char *const arguments[] = { (char *)(uintptr_t)program, argument, NULL };
	pid_t pid;
	int status;
	const int error = posix_spawn(&pid, program, NULL, NULL, arguments, environment);

	if (error == 0 && waitpid(pid, &status, 0) == pid && status != 0)
		return ECHILD;
	return error;
}

static void write_file(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(2);
	close(fd);
}

/* A user namespace in which we are root, so that anybody may. */
static void enter_root(const struct worker *w)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %d 1\n", (int)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		_exit(2);
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", map);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* the warden of the test has no capability */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || chdir(w->root) < 0)
		_exit(2);
	if (w->read_only &&
	    (mount(w->read_only, w->read_only, NULL, MS_BIND, NULL) < 0 ||
	     mount(NULL, w->read_only, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0))
		_exit(2);
	if (chroot(".") < 0)
		_exit(2);
}

static void __attribute__((noreturn)) work(const struct worker *w, int control, const char *program)
{
	static char *const none[] = { NULL };
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (w->root)
		enter_root(w);
	const int notify = install();
	if (notify < 0 || packet_send(control, &byte, 1, notify) != 1)
		_exit(1);
	close(notify);
	while (read(control, &byte, 1) == 1) {
		const int error = start_one(program, w->environment ? w->environment : none);

		if (write(control, &error, sizeof(error)) != sizeof(error))
			break;
	}
	_exit(0);
}

bool worker_start(struct worker *w, const char *program)
{
	int ends[2];
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	w->pid = fork();
	if (w->pid == 0) {
		close(ends[0]);
		work(w, ends[1], program);
	}
	close(ends[1]);
	w->control = ends[0];
	assert_true(fd_wait(w->control, POLLIN, 10000) > 0);
	if (packet_receive(w->control, &byte, 1, &w->notify) == 1)
		return true;
	worker_end(w);
	return false;
}

void worker_ask(const struct worker *w)
{
	assert_int_equal(write(w->control, "", 1), 1);
}

int worker_result(const struct worker *w)
{
	int error = -1;

	assert_int_equal(fd_read_upto(w->control, &error, sizeof(error)), sizeof(error));
	return error;
}

bool worker_has_result(const struct worker *w, int timeout_ms)
{
	return fd_wait(w->control, POLLIN, timeout_ms) > 0;
}

void worker_end(struct worker *w)
{
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
	fd_closep(&w->control);
	fd_closep(&w->notify);
}

void worker_register(struct worker *w, const char *socket_path, const char *id, const char *status)
{
	char text[1024];
	const int fd = fd_connect_unix(socket_path, SOCK_STREAM, 5000);
	const int len =
		snprintf(text, sizeof(text),
			 "{\n \"ociVersion\": \"0.2.0\", \"fds\": [\"seccompFd\"], \"pid\": %d,"
			 " \"state\": {\"ociVersion\": \"0.2.0\", \"id\": \"%s\", \"status\": "
			 "\"%s\", \"pid\": 0, \"bundle\": \".\", \"annotations\": {\"a\": \"b\", "
			 "\"io.winalux.workspace\": \"alice\"}}\n}\n",
			 w->pid, id, status);

	assert_true(fd >= 0);
	assert_int_equal(packet_send(fd, text, (size_t)len, w->notify), len);
	close(fd);
	fd_closep(&w->notify);
}
