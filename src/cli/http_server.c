/* SPDX-License-Identifier: MIT */
/*
 * One thread and one poll(2). A client is read until the blank line behind its head, answered, and
 * then read to its end for a moment: closing a socket with something unread in it would reset the
 * connection, and the answer with it. Each of the three has its deadline. When all places are taken
 * the oldest client goes, so nobody keeps others out by being slow.
 *
 * Who asks by another name than the loopback's is refused: a page in somebody's browser could make
 * its own name mean 127.0.0.1 and read along.
 */
#include "http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

#include "signals.h"

enum {
	CLIENTS_MAX = 16,
	HEAD_MAX = 8 << 10,
	BODY_MAX = 16 << 20,
	REQUEST_MS = 5000,
	ANSWER_MS = 10000,
	LINGER_MS = 1000,
	BACKLOG = 16,
};

enum phase { PHASE_FREE, PHASE_REQUEST, PHASE_ANSWER, PHASE_LINGER };

struct client {
	enum phase phase;
	int fd;
	int64_t deadline_ms;
	struct buf head;
	struct buf answer; /* what is left of it */
};

struct server {
	int listen_fd;
	const struct http_page *page;
	struct client clients[CLIENTS_MAX];
};

/* --- the address --- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_size(const union address *a)
{
	return a->any.sa_family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

/* "[::1]" without its brackets, "localhost" as a number. False: it is not the loopback. */
static bool parse_loopback(const char *host, union address *ret)
{
	const size_t len = strlen(host);
	char plain[INET6_ADDRSTRLEN];

	*ret = (union address){ 0 };
	if (len > 2 && len < sizeof(plain) && host[0] == '[' && host[len - 1] == ']') {
		memcpy(plain, host + 1, len - 2);
		plain[len - 2] = '\0';
		ret->v6.sin6_family = AF_INET6;
		return inet_pton(AF_INET6, plain, &ret->v6.sin6_addr) == 1 &&
		       IN6_IS_ADDR_LOOPBACK(&ret->v6.sin6_addr);
	}
	ret->v4.sin_family = AF_INET;
	return inet_pton(AF_INET, strcasecmp(host, "localhost") ? host : "127.0.0.1",
			 &ret->v4.sin_addr) == 1 &&
	       ntohl(ret->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static int parse_address(const char *text, union address *ret, struct error *err)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (!colon || colon == text || !parse_whole_u64(colon + 1, 0, UINT16_MAX, &port))
		return error_set(err, ERROR_USAGE,
				 "'%s' is no address to listen on; write 127.0.0.1:9105", text);
	DEFER(freep) char *host = xstrndup(text, (size_t)(colon - text));
	if (!parse_loopback(host, ret))
		return error_set(
			err, ERROR_USAGE,
			"'%s' is not an address of the loopback (127.0.0.1, [::1], "
			"localhost): what is served has no password; put a proxy that asks "
			"for one in front of it",
			host);
	if (ret->any.sa_family == AF_INET)
		ret->v4.sin_port = htons((uint16_t)port);
	else
		ret->v6.sin6_port = htons((uint16_t)port);
	return 0;
}

static void format_url(const union address *a, char ret[static HTTP_URL_SIZE])
{
	const bool is_v6 = a->any.sa_family == AF_INET6;
	const void *number = is_v6 ? (const void *)&a->v6.sin6_addr : &a->v4.sin_addr;
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(a->any.sa_family, number, host, sizeof(host));
	snprintf(ret, HTTP_URL_SIZE, is_v6 ? "http://[%s]:%u" : "http://%s:%u", host,
		 ntohs(is_v6 ? a->v6.sin6_port : a->v4.sin_port));
}

int http_listen(const char *address, int *ret_fd, char ret_url[static HTTP_URL_SIZE],
		struct error *err)
{
	DEFER(fd_closep) int fd = -1;
	const int on = 1;
	union address a;
	socklen_t len = sizeof(a);

	if (parse_address(address, &a, err) < 0)
		return -1;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, &a.any, address_size(&a)) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, &a.any, &len) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot listen on %s", address);
	format_url(&a, ret_url);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* --- clients --- */

static void drop(struct client *c)
{
	fd_closep(&c->fd);
	buf_release(&c->head);
	buf_release(&c->answer);
	*c = (struct client){ .phase = PHASE_FREE, .fd = -1 };
}

/* A free place, or that of the client with the earliest deadline. */
static struct client *make_room(struct server *s)
{
	struct client *oldest = &s->clients[0];

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->phase == PHASE_FREE)
			return c;
		if (c->deadline_ms < oldest->deadline_ms)
			oldest = c;
	}
	drop(oldest);
	return oldest;
}

static void enter(struct client *c, enum phase phase, int64_t limit_ms)
{
	c->phase = phase;
	c->deadline_ms = clock_mono_ms() + limit_ms;
}

static void accept_one(struct server *s)
{
	const int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			clock_sleep_ms(100); /* it stays readable */
		return;
	}
	c = make_room(s);
	c->fd = fd;
	buf_init(&c->head, HEAD_MAX);
	buf_init(&c->answer, BODY_MAX + HEAD_MAX);
	enter(c, PHASE_REQUEST, REQUEST_MS);
}

/* --- answers --- */

static const char *status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 431, "Request Header Fields Too Large" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Error";
}

static void answer(struct client *c, int status, const char *type, const char *body, size_t len,
		   bool is_head)
{
	buf_clear(&c->answer);
	buf_addf(&c->answer,
		 "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		 "Cache-Control: no-store\r\n%sConnection: close\r\n\r\n",
		 status, status_text(status), type, len,
		 status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!is_head)
		buf_add(&c->answer, body, len);
	enter(c, PHASE_ANSWER, ANSWER_MS);
}

static void refuse(struct client *c, int status, const char *text)
{
	DEFER(freep) char *body = xasprintf("%s\n", text);

	answer(c, status, "text/plain; charset=utf-8", body, strlen(body), false);
}

static void answer_page(const struct server *s, struct client *c, bool is_head)
{
	DEFER(buf_release) struct buf body = { 0 };
	struct error why;

	buf_init(&body, BODY_MAX);
	if (s->page->make(&body, s->page->context, &why) < 0) {
		log_warn("%s", why.text);
		refuse(c, 503, why.text);
	} else if (body.is_full) {
		refuse(c, 503, "the answer is too large");
	} else {
		answer(c, 200, s->page->type, body.data, body.len, is_head);
	}
}

/* --- requests --- */

struct request_line {
	const char *method, *path, *version;
};

/* Cuts "GET /metrics HTTP/1.1" in place. */
static bool parse_request_line(char *line, struct request_line *ret)
{
	char *rest = NULL;

	ret->method = strtok_r(line, " ", &rest);
	ret->path = strtok_r(NULL, " ", &rest);
	ret->version = strtok_r(NULL, " ", &rest);
	return ret->version && !strtok_r(NULL, " ", &rest) && *ret->path == '/' &&
	       strncmp(ret->version, "HTTP/1.", 7) == 0;
}

/* status 0: nothing is refused. */
struct refusal {
	int status;
	const char *why;
};

/* Cuts the port off "localhost:9105". False: that is no host with or without a port. */
static bool cut_port(char *host)
{
	char *colon = strrchr(host, ':');
	uint64_t port;

	if (!*host || host[strcspn(host, " \t\r")])
		return false;
	if (!colon || host[strlen(host) - 1] == ']')
		return true;
	if (colon[1] && !parse_whole_u64(colon + 1, 0, UINT16_MAX, &port))
		return false;
	*colon = '\0';
	return *host;
}

static struct refusal judge_host(const char *value, size_t len)
{
	union address ignored;

	while (len > 0 && strchr(" \t\r", value[len - 1]))
		len--;
	const size_t blanks = strspn(value, " \t");
	DEFER(freep) char *host = xstrndup(value + blanks, len > blanks ? len - blanks : 0);
	if (!cut_port(host))
		return (struct refusal){ 400, "the Host of the request is no host" };
	if (!parse_loopback(host, &ignored))
		return (struct refusal){ 403, "ask by the name of the loopback: 127.0.0.1, [::1] "
					      "or localhost" };
	return (struct refusal){ 0 };
}

/*
 * Lines up to the empty one, each "NAME:VALUE" without a blank before the colon (RFC 9112, 5.1):
 * what others might take for a Host must not be passed over. One Host; none is an old client, and
 * no browser.
 */
static struct refusal judge_headers(const char *line, bool needs_host)
{
	bool has_host = false;

	while (*line != '\n' && strncmp(line, "\r\n", 2) != 0) {
		const size_t len = strcspn(line, "\n"), cr = strcspn(line, "\r");
		const size_t name = strcspn(line, ": \t\r\n");

		if (name == 0 || line[name] != ':' || (cr < len && cr + 1 != len))
			return (struct refusal){ 400, "a header of the request is malformed" };
		if (name == strlen("host") && strncasecmp(line, "host", name) == 0) {
			const struct refusal r = judge_host(line + name + 1, len - name - 1);

			if (has_host)
				return (struct refusal){ 400, "the request has several Hosts" };
			if (r.status)
				return r;
			has_host = true;
		}
		line += len + (line[len] == '\n');
	}
	if (needs_host && !has_host)
		return (struct refusal){ 400, "the request has no Host" };
	return (struct refusal){ 0 };
}

static void react(const struct server *s, struct client *c)
{
	char *headers = strchr(c->head.data, '\n');
	struct request_line line;

	*headers++ = '\0';
	c->head.data[strcspn(c->head.data, "\r")] = '\0';
	if (!parse_request_line(c->head.data, &line)) {
		refuse(c, 400, "this is no request of HTTP/1.1");
		return;
	}
	const bool is_head = strcmp(line.method, "HEAD") == 0;
	const size_t path_len = strcspn(line.path, "?");
	const struct refusal refusal =
		judge_headers(headers, strcmp(line.version, "HTTP/1.0") != 0);
	if (refusal.status)
		refuse(c, refusal.status, refusal.why);
	else if (!is_head && strcmp(line.method, "GET") != 0)
		refuse(c, 405, "only GET and HEAD");
	else if (path_len != strlen(s->page->path) ||
		 strncmp(line.path, s->page->path, path_len) != 0)
		refuse(c, 404, s->page->path);
	else
		answer_page(s, c, is_head);
}

static bool is_whole_head(const struct buf *head)
{
	return strstr(head->data, "\r\n\r\n") || strstr(head->data, "\n\n");
}

static void read_request(const struct server *s, struct client *c)
{
	char bytes[2048];
	const ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	buf_add(&c->head, bytes, (size_t)n);
	if (c->head.is_full)
		refuse(c, 431, "the head of the request is too large");
	else if (memchr(bytes, '\0', (size_t)n))
		refuse(c, 400, "this is no request of HTTP/1.1");
	else if (is_whole_head(&c->head))
		react(s, c);
}

static void write_answer(struct client *c)
{
	const ssize_t n = send(c->fd, c->answer.data, c->answer.len, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop(c);
		return;
	}
	buf_consume(&c->answer, (size_t)n);
	if (c->answer.len > 0)
		return;
	shutdown(c->fd, SHUT_WR);
	enter(c, PHASE_LINGER, LINGER_MS);
}

static void linger(struct client *c)
{
	char bytes[4096];
	const ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(c);
}

/* --- the loop --- */

static void work_on(struct server *s, struct client *c, short events)
{
	switch (c->phase) {
	case PHASE_FREE:
		break;
	case PHASE_REQUEST:
		if (events)
			read_request(s, c);
		break;
	case PHASE_ANSWER:
		if (events)
			write_answer(c);
		break;
	case PHASE_LINGER:
		if (events)
			linger(c);
		break;
	}
	if (c->phase != PHASE_FREE && clock_left_ms(c->deadline_ms) == 0)
		drop(c);
}

/* The listener first; a client without a descriptor is passed over by poll. */
static int fill(const struct server *s, struct pollfd fds[static CLIENTS_MAX + 1])
{
	int timeout_ms = -1;

	fds[0] = (struct pollfd){ .fd = s->listen_fd, .events = POLLIN };
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		const struct client *c = &s->clients[i];
		const short events = c->phase == PHASE_ANSWER ? POLLOUT : POLLIN;

		fds[i + 1] = (struct pollfd){ .fd = c->fd, .events = events };
		if (c->phase == PHASE_FREE)
			continue;
		const int left_ms = clock_left_ms(c->deadline_ms);
		timeout_ms = timeout_ms < 0 || left_ms < timeout_ms ? left_ms : timeout_ms;
	}
	return timeout_ms;
}

static int serve(struct server *s, struct error *err)
{
	struct pollfd fds[CLIENTS_MAX + 1];

	while (!*signals_cancelled()) {
		const int n = signals_poll(fds, CLIENTS_MAX + 1, fill(s, fds));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, ERROR_INTERNAL, errno, "cannot wait");
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			work_on(s, &s->clients[i], fds[i + 1].revents);
		if (fds[0].revents)
			accept_one(s);
	}
	return 0;
}

int http_serve(int listen_fd, const struct http_page *page, struct error *err)
{
	struct server *s = xcalloc(1, sizeof(*s));
	int result;

	s->listen_fd = listen_fd;
	s->page = page;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
	result = serve(s, err);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		drop(&s->clients[i]);
	freep(&s);
	return result;
}
