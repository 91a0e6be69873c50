/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
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

static void __attribute__((noreturn))
work(int control, const char *program, char *const *environment)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	const int notify = install();
	char byte = 0;

	if (notify < 0 || packet_send(control, &byte, 1, notify) != 1)
		_exit(1);
	close(notify);
	while (read(control, &byte, 1) == 1) {
		const int error = start_one(program, environment);

		if (write(control, &error, sizeof(error)) != sizeof(error))
			break;
	}
	_exit(0);
}

void worker_start(struct worker *w, const char *program, char *const *environment)
{
	static char *const none[] = { NULL };
	int ends[2];
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	w->pid = fork();
	if (w->pid == 0) {
		close(ends[0]);
		work(ends[1], program, environment ? environment : none);
	}
	close(ends[1]);
	w->control = ends[0];
	assert_true(fd_wait(w->control, 1 /* POLLIN */, 10000) > 0);
	assert_int_equal(packet_receive(w->control, &byte, 1, &w->notify), 1);
	assert_true(w->notify >= 0);
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
	return fd_wait(w->control, 1 /* POLLIN */, timeout_ms) > 0;
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
