/* SPDX-License-Identifier: MIT */
/*
 * The ssh port. PID 1 listens from its very start, so that a client that comes early waits instead
 * of being refused, and gives each connection to an sshd -i of its own: nothing is resident while
 * nobody is logged in. What sshd's listener would do falls to us: MaxStartups (admission.h), and
 * the reaping. sshd's -e log comes over a pipe; it says who logged in, which is also how a
 * connection is known to have authenticated. A refused client gets a line in front of the version
 * string (RFC 4253, section 4.2), as OpenSSH's own "Exceeded MaxStartups".
 */
#include "sessions.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event.h"
#include "proc_parent.h"
#include "report.h"
#include "spawn.h"
#include "sshd_config.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define SSHD_PATH "/usr/sbin/sshd"

enum {
	BACKLOG = 128,
	ACCEPTS_PER_TURN = 16,
	PAUSE_MS = 200,
	ANCESTORS_MAX = 64,
};

static const char refusal_full[] = "winalux: too many connections, try again later\r\n";
static const char refusal_busy[] = "winalux: no process left in this workspace\r\n";

static void report_login(struct session *session, const char *name)
{
	struct event e;

	event_start(&e, name);
	event_text(&e, "user", session->login.user);
	event_text(&e, "key", session->login.key);
	event_text(&e, "from", session->login.from);
	event_number(&e, "port", session->login.port);
	event_number(&e, "session", session->pid);
	if (session->pid && strcmp(name, "logout") == 0)
		event_number(&e, "seconds", (clock_mono_ms() - session->since_ms) / 1000);
	report_send(session->owner->report, &e);
}

/* A refusal of ours or of sshd's; floods are counted instead. */
static void report_denial(struct sessions *s, const char *text, size_t len)
{
	struct event e;
	uint64_t refused;

	if (!flood_pass(&s->denials, &refused))
		return;
	event_start(&e, "sshd");
	if (refused)
		event_number(&e, "dropped", (int64_t)refused);
	event_bytes(&e, "line", text, len);
	report_send(s->report, &e);
}

static void on_log_line(void *context, const char *text, size_t len)
{
	struct session *session = context;
	char line[LINES_SIZE + 1];

	memcpy(line, text, len);
	line[len] = '\0';
	switch (sshd_log_parse(line, &session->login)) {
	case SSHD_LOG_NOISE:
		return;
	case SSHD_LOG_REPORT:
		report_denial(session->owner, text, len);
		return;
	case SSHD_LOG_LOGIN:
		break;
	}
	if (session->is_authenticated)
		return;
	session->is_authenticated = true;
	session->since_ms = clock_mono_ms();
	session->owner->unauthenticated--;
	report_login(session, "login");
}

static void on_log(void *owner, uint32_t events)
{
	struct session *session = owner;

	(void)events;
	if (!lines_read(session->lines, session->log.fd, on_log_line, session))
		loop_close(session->owner->loop, &session->log);
}

static struct session *find_free(struct sessions *s)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (!s->items[i].pid)
			return &s->items[i];
	return NULL;
}

/* sshd insists on an absolute argv[0], for the processes that it makes from itself. */
static pid_t spawn_sshd(int connection, int log)
{
	static const char *const argv[] = {
		SSHD_PATH, "-i", "-e", "-f", SSHD_CONFIG_RUNNING, NULL
	};
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	return spawn(&(struct spawn){
		.argv = argv,
		.directory = "/",
		.stdin_fd = connection,
		.stdout_fd = connection,
		.stderr_fd = log,
		.environment = environment,
	});
}

static int begin(struct sessions *s, struct session *session, int connection)
{
	DEFER(fd_closep) int log_end = -1;

	session->owner = s;
	session->is_authenticated = false;
	session->lines = &s->lines[session - s->items];
	session->log = (struct source){ .fd = -1, .run = on_log, .owner = session };
	lines_clear(session->lines);
	if (spawn_pipe(&session->log.fd, &log_end) < 0)
		return -1;
	session->pid = loop_watch(s->loop, &session->log, EPOLLIN) < 0
			       ? -1
			       : spawn_sshd(connection, log_end);
	if (session->pid < 0) {
		session->pid = 0;
		loop_close(s->loop, &session->log);
		return -1;
	}
	s->total++;
	s->unauthenticated++;
	return 0;
}

static uint32_t random_number(void)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (uint32_t)clock_mono_ms();
	return number;
}

/* A line for the client, then the end of our side, so that it is not lost to a reset. */
static void refuse(struct sessions *s, int connection, const char *line)
{
	size_t len = strlen(line);

	if (send(connection, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		shutdown(connection, SHUT_WR);
	report_denial(s, line, len - 2);
}

static void pause_accepting(struct sessions *s)
{
	loop_rewatch(s->loop, &s->listener, 0);
	timer_start(&s->pause, PAUSE_MS);
}

/* False when nobody (more) is to be taken now. */
static bool take_one(struct sessions *s)
{
	DEFER(fd_closep) int connection = accept4(s->listener.fd, NULL, NULL, SOCK_CLOEXEC);

	if (connection < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(s);
		return errno == ECONNABORTED || errno == EINTR;
	}
	struct session *place = find_free(s);
	if (!place ||
	    admission_refuses(s->admission, s->unauthenticated, s->total, random_number()))
		refuse(s, connection, refusal_full);
	else if (begin(s, place, connection) < 0)
		refuse(s, connection, refusal_busy);
	return true;
}

static void on_connection(void *owner, uint32_t events)
{
	struct sessions *s = owner;

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN && take_one(s); i++)
		;
}

static void on_pause_over(void *owner)
{
	struct sessions *s = owner;

	if (s->listener.fd >= 0 && s->is_open)
		loop_rewatch(s->loop, &s->listener, EPOLLIN);
}

/* A listening socket of one family; for IPv6 it takes IPv4 too. */
static int listen_on(int family)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(SESSIONS_PORT),
				    .sin6_addr = IN6ADDR_ANY_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET,
				    .sin_port = htons(SESSIONS_PORT),
				    .sin_addr.s_addr = htonl(INADDR_ANY) };
	const void *address = family == AF_INET6 ? (const void *)&six : (const void *)&four;
	socklen_t size = family == AF_INET6 ? sizeof(six) : sizeof(four);
	DEFER(fd_closep) int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1, off = 0;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -1;
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return -1;
	if (bind(fd, address, size) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return TAKE_FD(fd);
}

int sessions_init(struct sessions *s, struct loop *loop, struct report *report, struct error *err)
{
	s->loop = loop;
	s->report = report;
	s->admission = &admission_default;
	s->listener = (struct source){ .fd = -1, .run = on_connection, .owner = s };
	s->pause = (struct timer){ .run = on_pause_over, .owner = s };
	flood_init(&s->denials, loop, report, "sshd");
	loop_add_timer(loop, &s->pause);
	s->listener.fd = listen_on(AF_INET6);
	if (s->listener.fd < 0)
		s->listener.fd = listen_on(AF_INET);
	if (s->listener.fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot listen on port %d",
				       SESSIONS_PORT);
	if (loop_watch(loop, &s->listener, 0) < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot watch the listener");
	return 0;
}

void sessions_open(struct sessions *s)
{
	s->is_open = true;
	loop_rewatch(s->loop, &s->listener, EPOLLIN);
}

bool sessions_reaped(struct sessions *s, pid_t pid)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = &s->items[i];

		if (session->pid != pid)
			continue;
		if (session->log.fd >= 0)
			on_log(session, 0);
		loop_close(s->loop, &session->log);
		if (session->is_authenticated)
			report_login(session, "logout");
		else
			s->unauthenticated--;
		s->total--;
		session->pid = 0;
		return true;
	}
	return false;
}

static struct session *session_of(struct sessions *s, pid_t pid)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->items[i].pid == pid)
			return &s->items[i];
	return NULL;
}

const struct session *sessions_find(struct sessions *s, pid_t pid)
{
	struct session *session = NULL;

	for (int i = 0; i < ANCESTORS_MAX && pid > 1 && !session; i++) {
		session = session_of(s, pid);
		pid = proc_parent(pid);
	}
	/* sshd said who it is before it started anything; it may still lie in the pipe. */
	if (session && !session->is_authenticated && session->log.fd >= 0)
		on_log(session, 0);
	return session;
}

void sessions_stop(struct sessions *s)
{
	s->is_open = false;
	loop_close(s->loop, &s->listener);
}
