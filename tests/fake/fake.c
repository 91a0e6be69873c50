/* SPDX-License-Identifier: MIT */
#include "fake/fake.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake/script.h"
#include "podman/http_head.h"
#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum { FAKE_MAX = 512 << 20, FAKE_READ_BYTES = 64 << 10, FAKE_MAX_THREADS = 4096 };

#define FAKE_PREFIX "/v4.0.0/libpod"

struct fake_server {
	struct fake_script script;
	char *directory; /* made for the socket; NULL: the caller's place */
	char *socket_path;
	int listen_fd;
	int stop_fd; /* an eventfd that is never read: readable means the end */
	pthread_t acceptor;
	pthread_mutex_t mutex; /* guards all below, and the script's counters */
	pthread_t threads[FAKE_MAX_THREADS];
	unsigned thread_count;
	unsigned request_count;
	struct buf requests;
	struct buf unexpected;
	struct buf last_body;
};

struct connection {
	struct fake_server *server;
	int fd;
};

struct request_text {
	char *method;
	char *path; /* without the prefix */
	struct buf body;
};

static void broken(const char *what)
{
	fprintf(stderr, "fake libpod: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* --- reading --- */

/* Bytes, 0 at the end of the connection or of the server. */
static size_t receive(const struct connection *c, struct buf *in)
{
	struct pollfd both[] = { { .fd = c->fd, .events = POLLIN },
				 { .fd = c->server->stop_fd, .events = POLLIN } };
	char data[FAKE_READ_BYTES];

	if (poll(both, 2, -1) < 0 || both[1].revents)
		return 0;
	ssize_t n = recv(c->fd, data, sizeof(data), 0);
	if (n <= 0)
		return 0;
	buf_add(in, data, (size_t)n);
	return (size_t)n;
}

/* The value of a header in a head that ends with a blank line, or NULL. The caller frees it. */
static char *find_header(const char *head, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(head, "\r\n"); at; at = strstr(at + 2, "\r\n")) {
		const char *line = at + 2;

		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			line += len + 1;
			line += strspn(line, " ");
			return xstrndup(line, strcspn(line, "\r\n"));
		}
	}
	return NULL;
}

static bool read_chunked(const struct connection *c, struct buf *in, struct buf *body)
{
	struct http_chunks chunks = { .state = HTTP_CHUNK_SIZE };

	while (http_chunks_feed(&chunks, in->data, in->len, body)) {
		buf_clear(in);
		if (receive(c, in) == 0)
			return false;
	}
	buf_clear(in);
	return chunks.state == HTTP_CHUNK_DONE;
}

static bool read_sized(const struct connection *c, struct buf *in, size_t len, struct buf *body)
{
	while (in->len < len)
		if (receive(c, in) == 0)
			return false;
	buf_add(body, in->data, len);
	buf_consume(in, len);
	return true;
}

static bool read_body(const struct connection *c, const char *head, struct buf *in,
		      struct buf *body)
{
	DEFER(freep) char *encoding = find_header(head, "Transfer-Encoding");
	DEFER(freep) char *length = find_header(head, "Content-Length");
	uint64_t len = 0;

	if (encoding && !strcasecmp(encoding, "chunked"))
		return read_chunked(c, in, body);
	if (length && !parse_whole_u64(length, 0, FAKE_MAX, &len))
		return false;
	return read_sized(c, in, (size_t)len, body);
}

static void release_request(struct request_text *r)
{
	free(r->method);
	free(r->path);
	buf_release(&r->body);
}

static bool read_request(const struct connection *c, struct buf *in, struct request_text *ret)
{
	const char *end;

	while (!(end = strstr(in->data, "\r\n\r\n")))
		if (receive(c, in) == 0)
			return false;
	DEFER(freep) char *head = xstrndup(in->data, (size_t)(end + 2 - in->data));
	buf_consume(in, (size_t)(end + 4 - in->data));

	const char *at = head;
	size_t method = strcspn(at, " ");
	ret->method = xstrndup(at, method);
	at += method + (at[method] == ' ');
	parse_literal(&at, FAKE_PREFIX);
	ret->path = xstrndup(at, strcspn(at, " \r\n"));
	return read_body(c, head, in, &ret->body);
}

/* --- replying --- */

static bool send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Until the client or the server goes away. */
static void wait_for_end(const struct connection *c)
{
	struct buf in;

	buf_init(&in, FAKE_MAX);
	while (receive(c, &in) > 0)
		buf_clear(&in);
	buf_release(&in);
}

static bool has_own_header(const struct fake_case *reply, const char *name)
{
	for (size_t i = 0; i < reply->headers.count; i++)
		if (!strncasecmp(reply->headers.items[i], name, strlen(name)))
			return true;
	return false;
}

static bool is_raw(const struct fake_case *reply)
{
	return reply->flags & (FAKE_RAW | FAKE_ECHO);
}

static bool send_head(const struct connection *c, const struct fake_case *reply, bool is_head)
{
	struct buf out;

	buf_init(&out, FAKE_MAX);
	buf_addf(&out, "HTTP/1.1 %d %s\r\n", reply->status,
		 reply->status == 101 ? "UPGRADED" : "Whatever");
	if (!has_own_header(reply, "Libpod-API-Version"))
		buf_add_str(&out, "Libpod-API-Version: 4.3.1\r\n");
	for (size_t i = 0; i < reply->headers.count; i++)
		buf_addf(&out, "%s\r\n", reply->headers.items[i]);
	if (is_raw(reply))
		buf_add_str(&out, "Connection: Upgrade\r\nUpgrade: tcp\r\n");
	else if (reply->flags & (FAKE_CHUNKED | FAKE_STALL))
		buf_add_str(&out, "Transfer-Encoding: chunked\r\n");
	else if (reply->status != 204 && reply->status != 304 && !is_head)
		buf_addf(&out, "Content-Length: %zu\r\n", reply->body.len);
	buf_add_str(&out, "\r\n");
	bool is_sent = send_all(c->fd, out.data, out.len);
	buf_release(&out);
	return is_sent;
}

static bool send_piece(const struct connection *c, const struct fake_case *reply, const char *data,
		       size_t len)
{
	char size[32];

	if (is_raw(reply) || !(reply->flags & (FAKE_CHUNKED | FAKE_STALL)))
		return send_all(c->fd, data, len);
	snprintf(size, sizeof(size), "%zx\r\n", len);
	return send_all(c->fd, size, strlen(size)) && send_all(c->fd, data, len) &&
	       send_all(c->fd, "\r\n", 2);
}

static bool send_body(const struct connection *c, const struct fake_case *reply)
{
	size_t len = reply->short_len < reply->body.len ? reply->short_len : reply->body.len;

	for (size_t at = 0; at < len;) {
		size_t piece = reply->split && reply->split < len - at ? reply->split : len - at;

		if (!send_piece(c, reply, reply->body.data + at, piece))
			return false;
		at += piece;
	}
	if (reply->short_len != SIZE_MAX || is_raw(reply) || !(reply->flags & FAKE_CHUNKED))
		return true;
	return send_all(c->fd, "0\r\n\r\n", 5);
}

/* What comes in goes back as frames of stdout, until the client half-closes. */
static void echo(const struct connection *c)
{
	struct buf in;

	buf_init(&in, FAKE_MAX);
	while (receive(c, &in) > 0) {
		unsigned char head[8] = { 1 };

		for (int i = 0; i < 4; i++)
			head[4 + i] = (unsigned char)(in.len >> (24 - 8 * i));
		if (!send_all(c->fd, (char *)head, sizeof(head)) ||
		    !send_all(c->fd, in.data, in.len))
			break;
		buf_clear(&in);
	}
	buf_release(&in);
}

static void die(struct fake_server *s)
{
	uint64_t one = 1;

	unlink(s->socket_path);
	if (write(s->stop_fd, &one, sizeof(one)) < 0)
		broken("eventfd");
}

/* Whether the connection goes on. */
static bool reply_to(const struct connection *c, const struct fake_case *reply, bool is_head)
{
	if (reply->flags & FAKE_HANG)
		wait_for_end(c);
	if (reply->flags & (FAKE_HANG | FAKE_RESET))
		return false;
	if (!send_head(c, reply, is_head))
		return false;
	if (!is_head && reply->status != 204 && reply->status != 304 && !send_body(c, reply))
		return false;
	if (reply->flags & FAKE_STALL)
		wait_for_end(c);
	if (reply->flags & FAKE_ECHO)
		echo(c);
	return !is_raw(reply) && reply->short_len == SIZE_MAX &&
	       !(reply->flags & (FAKE_CLOSE | FAKE_STALL | FAKE_DIE));
}

/* Notes the request and finds its reply. */
static const struct fake_case *look_up(struct fake_server *s, const struct request_text *r)
{
	pthread_mutex_lock(&s->mutex);
	const struct fake_case *reply =
		fake_script_match(&s->script, r->method, r->path, r->body.data);
	s->request_count++;
	buf_addf(&s->requests, "%s %s\n", r->method, r->path);
	buf_clear(&s->last_body);
	buf_add(&s->last_body, r->body.data, r->body.len);
	if (!reply)
		buf_addf(&s->unexpected, "unexpected: %s %s %.2000s\n", r->method, r->path,
			 r->body.data);
	pthread_mutex_unlock(&s->mutex);
	return reply;
}

static bool answer(const struct connection *c, const struct request_text *r)
{
	static const char nothing[] = "HTTP/1.1 501 Nothing\r\nContent-Length: 36\r\n\r\n"
				      "the fake libpod has no case for this";
	const struct fake_case *reply = look_up(c->server, r);

	if (!reply)
		return send_all(c->fd, nothing, sizeof(nothing) - 1);
	bool goes_on = reply_to(c, reply, !strcmp(r->method, "HEAD"));
	if (reply->flags & FAKE_DIE)
		die(c->server);
	return goes_on;
}

static void *serve(void *context)
{
	struct connection *c = context;
	struct buf in;
	bool goes_on = true;

	buf_init(&in, FAKE_MAX);
	while (goes_on) {
		struct request_text r = { 0 };

		buf_init(&r.body, FAKE_MAX);
		goes_on = read_request(c, &in, &r) && answer(c, &r);
		release_request(&r);
	}
	buf_release(&in);
	close(c->fd);
	free(c);
	return NULL;
}

/* --- life --- */

static void accept_one(struct fake_server *s)
{
	struct connection *c = xcalloc(1, sizeof(*c));

	c->server = s;
	c->fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (c->fd < 0) {
		free(c);
		return;
	}
	pthread_mutex_lock(&s->mutex);
	if (s->thread_count == FAKE_MAX_THREADS ||
	    pthread_create(&s->threads[s->thread_count++], NULL, serve, c) != 0)
		broken("thread");
	pthread_mutex_unlock(&s->mutex);
}

static void *accept_all(void *context)
{
	struct fake_server *s = context;
	struct pollfd both[] = { { .fd = s->listen_fd, .events = POLLIN },
				 { .fd = s->stop_fd, .events = POLLIN } };

	while (poll(both, 2, -1) > 0 && !both[1].revents)
		accept_one(s);
	close(s->listen_fd); /* of a dead service: connecting is refused */
	return NULL;
}

static void listen_at(struct fake_server *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(s->socket_path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		broken(s->socket_path);
	}
	memcpy(address.sun_path, s->socket_path, strlen(s->socket_path) + 1);
	s->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	unlink(s->socket_path);
	if (s->listen_fd < 0 || s->stop_fd < 0 ||
	    bind(s->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(s->listen_fd, 64) < 0)
		broken(s->socket_path);
}

static struct fake_server *start(const char *script, char *socket_path, char *directory)
{
	struct fake_server *s = xcalloc(1, sizeof(*s));

	s->socket_path = socket_path;
	s->directory = directory;
	fake_script_read(script, &s->script);
	pthread_mutex_init(&s->mutex, NULL);
	buf_init(&s->requests, FAKE_MAX);
	buf_init(&s->unexpected, FAKE_MAX);
	buf_init(&s->last_body, FAKE_MAX);
	listen_at(s);
	if (pthread_create(&s->acceptor, NULL, accept_all, s) != 0)
		broken("thread");
	return s;
}

struct fake_server *fake_start(const char *script)
{
	char *directory = xstrdup("/tmp/fake-libpod-XXXXXX");

	if (!mkdtemp(directory))
		broken(directory);
	return start(script, xasprintf("%s/podman.sock", directory), directory);
}

struct fake_server *fake_start_at(const char *script, const char *socket_path)
{
	return start(script, xstrdup(socket_path), NULL);
}

void fake_stop(struct fake_server *server)
{
	if (!server)
		return;
	die(server);
	pthread_join(server->acceptor, NULL);
	for (unsigned i = 0; i < server->thread_count; i++)
		pthread_join(server->threads[i], NULL);
	if (server->directory)
		rmdir(server->directory);
	close(server->stop_fd);
	fake_script_release(&server->script);
	buf_release(&server->requests);
	buf_release(&server->unexpected);
	buf_release(&server->last_body);
	pthread_mutex_destroy(&server->mutex);
	free(server->socket_path);
	free(server->directory);
	free(server);
}

void fake_stopp(struct fake_server **server)
{
	fake_stop(*server);
	*server = NULL;
}

/* --- questions --- */

const char *fake_socket(const struct fake_server *server)
{
	return server->socket_path;
}

unsigned fake_connection_count(struct fake_server *server)
{
	pthread_mutex_lock(&server->mutex);
	unsigned count = server->thread_count;
	pthread_mutex_unlock(&server->mutex);
	return count;
}

unsigned fake_request_count(struct fake_server *server)
{
	pthread_mutex_lock(&server->mutex);
	unsigned count = server->request_count;
	pthread_mutex_unlock(&server->mutex);
	return count;
}

static char *copy_locked(struct fake_server *server, const struct buf *text)
{
	pthread_mutex_lock(&server->mutex);
	char *copy = xstrdup(text->data);
	pthread_mutex_unlock(&server->mutex);
	return copy;
}

char *fake_requests(struct fake_server *server)
{
	return copy_locked(server, &server->requests);
}

char *fake_last_body(struct fake_server *server)
{
	return copy_locked(server, &server->last_body);
}

char *fake_problems(struct fake_server *server)
{
	struct buf out;

	buf_init(&out, FAKE_MAX);
	pthread_mutex_lock(&server->mutex);
	buf_add(&out, server->unexpected.data, server->unexpected.len);
	for (size_t i = 0; i < server->script.count; i++) {
		const struct fake_case *c = &server->script.cases[i];

		if (!c->used && !(c->flags & FAKE_REPEAT))
			buf_addf(&out, "unused: %s %s\n", c->method, c->pattern);
	}
	pthread_mutex_unlock(&server->mutex);
	char *text = buf_take(&out);
	buf_release(&out);
	return text;
}
