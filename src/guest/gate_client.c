/* SPDX-License-Identifier: MIT */
/*
 * A token or ticket of the environment is tried first. Where that is not enough and there is a
 * terminal, the person is asked up to GATE_TRIES times; mistyped tokens cost no try, but no more
 * than ASKS_MAX questions are put. PID 1 counts on its own: this side can only give up earlier.
 */
#include "gate_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gate.h"
#include "passcode.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define INIT_NAME "winalux-guest"

enum { ASKS_MAX = 10, RETRY_MS = 20, CONNECT_LIMIT_MS = 5000 };

static const char *const way_names[] = { [GATE_WAY_SSH] = "ssh", [GATE_WAY_EXEC] = "exec" };

struct asker {
	enum gate_way way;
	const char *command;
	int tty;    /* -1: none */
	int socket; /* -1: not connected */
	char answer[GATE_ANSWER_SIZE];
	const char *detail; /* the answer's second field, "" when it has none */
};

static int say_to(const struct asker *a)
{
	return a->tty >= 0 ? a->tty : STDERR_FILENO;
}

static void __attribute__((noreturn)) refuse(const struct asker *a, const char *reason)
{
	dprintf(say_to(a), "winalux: %s\n", reason);
	_exit(EXIT_REFUSED);
}

/*
 * Where the gate's socket is not there: is this the container whose PID 1 should have made it? The
 * pid namespace is the container's when /proc knows this process by the number it has itself and
 * PID 1 is the guest. Who joined a nested namespace, or came from outside into a root directory of
 * its own without /proc, is elsewhere. None of this can be changed from inside: what is not there
 * needs no more than an unlink() by root.
 */
static bool is_container(void)
{
	char self[16], own[16], name[sizeof(INIT_NAME) + 1];
	const ssize_t len = readlink("/proc/self", self, sizeof(self) - 1);
	DEFER(fd_closep) int fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);

	if (len <= 0 || fd < 0)
		return false;
	self[len] = '\0';
	snprintf(own, sizeof(own), "%d", getpid());
	return strcmp(self, own) == 0 &&
	       fd_read_upto(fd, name, sizeof(name)) == sizeof(INIT_NAME "\n") - 1 &&
	       memcmp(name, INIT_NAME "\n", sizeof(INIT_NAME "\n") - 1) == 0;
}

/*
 * Is it PID 1 that listens? Whoever has the account can put another socket in the way, or a link to
 * one, also while somebody is at the prompt, and would learn the token. PID 1 has no number here
 * where this process joined a nested pid namespace.
 */
static bool is_guard(int fd)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	return peer.pid == 1 || (peer.pid == 0 && !is_container());
}

/*
 * PID 1 makes the socket before anything else can be started here; one that is there and answers
 * nobody is of an earlier life of this container. -1; *ret_is_elsewhere says that it is no wonder.
 */
static int connect_to_gate(bool *ret_is_elsewhere)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };
	int fd;

	*ret_is_elsewhere = false;
	for (int waited_ms = 0;
	     (fd = fd_connect_unix(GATE_SOCKET_PATH, SOCK_SEQPACKET, CONNECT_LIMIT_MS)) < 0;
	     waited_ms += RETRY_MS) {
		*ret_is_elsewhere = (errno == ENOENT || errno == ENOTDIR) && !is_container();
		if (*ret_is_elsewhere || errno == EAGAIN || waited_ms >= CONNECT_LIMIT_MS)
			return -1;
		nanosleep(&pause, NULL);
	}
	if (!is_guard(fd))
		fd_closep(&fd);
	return fd;
}

static bool exchange(struct asker *a, const char *request, size_t len)
{
	if (send(a->socket, request, len, MSG_NOSIGNAL) < 0)
		return false;
	ssize_t n;
	do {
		n = recv(a->socket, a->answer, sizeof(a->answer) - 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	a->answer[n] = '\0';
	return true;
}

/* Once more on a new connection: PID 1 may have given this one's place to another. */
static void request(struct asker *a, const char *what, const char *text)
{
	char packet[GATE_REQUEST_SIZE + 1];
	bool is_elsewhere;
	size_t len;

	if (strlen(text) >= GATE_TEXT_SIZE || strchr(text, '\t'))
		refuse(a, "this is no token");
	snprintf(packet, sizeof(packet), "%s\t%s\t%s", what, text, a->command);
	len = strlen(packet); /* of a long command, the beginning */
	if (!exchange(a, packet, len)) {
		close(a->socket);
		a->socket = connect_to_gate(&is_elsewhere);
		if (a->socket < 0 || !exchange(a, packet, len))
			refuse(a, "the gate of this workspace does not answer");
	}
	explicit_bzero(packet, sizeof(packet));
	char *tab = strchr(a->answer, '\t');
	if (tab)
		*tab++ = '\0';
	a->detail = tab ? tab : "";
}

static void request_token(struct asker *a, const char *text)
{
	char what[16];

	snprintf(what, sizeof(what), "token\t%s", way_names[a->way]);
	request(a, what, text);
}

static bool is_answer(const struct asker *a, const char *word)
{
	return strcmp(a->answer, word) == 0;
}

/* What no further token changes. */
static void end_if_shut(const struct asker *a)
{
	if (is_answer(a, "locked")) {
		dprintf(say_to(a),
			"winalux: too many wrong passcodes, locked for another %s seconds\n",
			a->detail);
		_exit(EXIT_REFUSED);
	}
	if (is_answer(a, "closed"))
		refuse(a, a->detail);
}

static void __attribute__((noreturn)) end_without_terminal(const struct asker *a, bool had_token)
{
	if (had_token && is_answer(a, "typo"))
		refuse(a, "the token in " TOKEN_VARIABLE " is mistyped; "
			  "'winalux token show' says the right one");
	if (had_token)
		refuse(a, "the token in " TOKEN_VARIABLE " is not this workspace's; "
			  "'winalux token show' says the right one");
	if (a->way == GATE_WAY_EXEC)
		refuse(a, "this workspace asks for its token: use 'winalux exec', or a terminal");
	refuse(a, "this workspace asks for its token: put 'SetEnv " TOKEN_VARIABLE "=…' into ssh's "
		  "configuration; 'winalux token show --ssh-config' prints the lines");
}

/* After an answer to something typed; false when the tries are used up. */
static bool comment_on_try(const struct asker *a)
{
	if (is_answer(a, "typo")) {
		dprintf(a->tty, "That is mistyped.\n");
		return true;
	}
	dprintf(a->tty, "Wrong passcode.\n");
	return strcmp(a->detail, "0") != 0;
}

static void ask_person(struct asker *a, const char *name)
{
	char text[PASSCODE_SIZE];
	int wrong_count = 0;

	passcode_greet(a->tty);
	for (int i = 0; i < ASKS_MAX; i++) {
		if (passcode_ask(a->tty, name, text) < 0)
			_exit(EXIT_REFUSED);
		if (*text == '\0')
			continue;
		request_token(a, text);
		explicit_bzero(text, sizeof(text));
		if (is_answer(a, "pass"))
			return;
		end_if_shut(a);
		wrong_count += is_answer(a, "wrong");
		if (!comment_on_try(a) || wrong_count >= GATE_TRIES)
			break;
	}
	_exit(EXIT_REFUSED);
}

/* The value out of the environment, where nothing of it is left. False when it is not set. */
static bool take_variable(const char *name, char *ret, size_t size)
{
	char *value = getenv(name);

	ret[0] = '\0';
	if (!value)
		return false;
	snprintf(ret, size, "%s", value);
	explicit_bzero(value, strlen(value));
	unsetenv(name);
	return true;
}

static void try_token(struct asker *a, const char *token)
{
	char name[GATE_ANSWER_SIZE];

	request_token(a, "");
	if (is_answer(a, "pass"))
		return;
	end_if_shut(a);
	snprintf(name, sizeof(name), "%s", a->detail);
	if (*token) {
		request_token(a, token);
		if (is_answer(a, "pass"))
			return;
		end_if_shut(a);
	}
	if (a->tty < 0)
		end_without_terminal(a, *token != '\0');
	ask_person(a, name);
}

void gate_pass(enum gate_way way, const char *command)
{
	struct asker a = { .way = way, .command = command, .tty = -1, .socket = -1 };
	char token[GATE_TEXT_SIZE + 1], ticket[GATE_TEXT_SIZE + 1]; /* one more: too long is seen */
	bool is_elsewhere;

	prctl(PR_SET_DUMPABLE, 0);
	take_variable(TOKEN_VARIABLE, token, sizeof(token));
	take_variable(TICKET_VARIABLE, ticket, sizeof(ticket));
	a.tty = passcode_open();
	a.socket = connect_to_gate(&is_elsewhere);
	if (a.socket < 0) {
		if (way == GATE_WAY_EXEC && is_elsewhere)
			goto passed;
		refuse(&a, "the gate of this workspace does not answer");
	}
	if (*ticket && way == GATE_WAY_EXEC) {
		request(&a, "ticket", ticket);
		if (is_answer(&a, "pass"))
			goto passed;
		end_if_shut(&a);
	}
	try_token(&a, token);
passed:
	explicit_bzero(token, sizeof(token));
	fd_closep(&a.socket);
	fd_closep(&a.tty);
}
