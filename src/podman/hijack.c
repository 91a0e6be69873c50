/* SPDX-License-Identifier: MIT */
#include "hijack.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_head.h"
#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"

enum {
	HIJACK_TICK_MS = 150,
	HIJACK_CONNECT_MS = 10000,
	HIJACK_TIMEOUT_MS = 60000,
	HIJACK_ERROR_WAIT_MS = 2000,
	HIJACK_READ_BYTES = 16 << 10,
	HIJACK_MAX_BODY = 1 << 20
};

static int describe(const struct request *rq, struct error *err)
{
	DEFER(buf_release) struct buf head = { 0 };

	buf_init(&head, 4096);
	request_describe(rq, &head);
	return error_add(err, "%s", head.data);
}

static int connect_service(const char *path, struct error *err)
{
	DEFER(fd_closep) int fd = fd_connect_unix(path, SOCK_STREAM, HIJACK_CONNECT_MS);

	if (fd < 0 || fd_set_nonblocking(fd, true) < 0)
		return error_set_errno(err, ERROR_HOST, errno,
				       "cannot reach Podman's service at '%s'", path);
	return TAKE_FD(fd);
}

/* Waits for the socket until the deadline or a signal. 0 when it is ready. */
static int await(struct podman *p, int fd, short events, int64_t deadline_ms, struct error *err)
{
	for (;;) {
		int left_ms = clock_left_ms(deadline_ms);
		int ready =
			fd_wait(fd, events, left_ms < HIJACK_TICK_MS ? left_ms : HIJACK_TICK_MS);

		if (podman_is_cancelled(p))
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		if (ready > 0)
			return 0;
		if (ready < 0)
			return error_set_errno(err, ERROR_INTERNAL, errno, "cannot wait");
		if (left_ms == 0)
			return error_set(err, ERROR_TIMEOUT, "no answer from Podman in time");
	}
}

static int send_all(struct podman *p, int fd, const struct buf *text, struct error *err)
{
	int64_t deadline_ms = clock_mono_ms() + HIJACK_TIMEOUT_MS;
	size_t sent = 0;

	while (sent < text->len) {
		ssize_t n = send(fd, text->data + sent, text->len - sent, MSG_NOSIGNAL);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return error_set_errno(err, ERROR_PODMAN, errno,
					       "Podman's service does not take the request");
		else if (await(p, fd, POLLOUT, deadline_ms, err) < 0)
			return -1;
	}
	return 0;
}

/* Adds what has come: bytes, 0 at the end, -1. Waits for it until the deadline. */
static ssize_t receive(struct podman *p, int fd, struct buf *b, int64_t deadline_ms,
		       struct error *err)
{
	char data[HIJACK_READ_BYTES];

	for (;;) {
		ssize_t n = recv(fd, data, sizeof(data), 0);

		if (n >= 0) {
			buf_add(b, data, (size_t)n);
			return n;
		}
		if (errno != EAGAIN && errno != EINTR)
			return error_set_errno(err, ERROR_PODMAN, errno,
					       "Podman's service closed the connection");
		if (await(p, fd, POLLIN, deadline_ms, err) < 0)
			return -1;
	}
}

static int read_head(struct podman *p, int fd, struct buf *in, struct http_head *ret,
		     struct error *err)
{
	int64_t deadline_ms = clock_mono_ms() + HIJACK_TIMEOUT_MS;

	for (;;) {
		ssize_t n = receive(p, fd, in, deadline_ms, err);

		if (n < 0)
			return -1;
		if (n == 0)
			return error_set(
				err, ERROR_PODMAN,
				"Podman's service closed the connection without an answer");
		ssize_t used = in->is_full ? -1 : http_head_parse(in->data, in->len, ret);
		if (used < 0)
			return error_set(err, ERROR_PODMAN, "Podman's answer is not HTTP");
		if (used > 0) {
			buf_consume(in, (size_t)used);
			return 0;
		}
	}
}

/* Whether in holds the whole body of an error; decodes chunks into body. */
static bool is_body_whole(const struct http_head *head, const struct buf *in, struct buf *body)
{
	struct http_chunks chunks = { .state = HTTP_CHUNK_SIZE };

	buf_clear(body);
	if (head->is_chunked)
		return !http_chunks_feed(&chunks, in->data, in->len, body);
	buf_add(body, in->data, in->len);
	return head->content_length >= 0 && (int64_t)in->len >= head->content_length;
}

/* libpod leaves the connection open after a refusal (tried on 4.3.1 and 5.4.2): do not wait for its
 * end. */
static int refuse(struct podman *p, const struct request *rq, int fd, const struct http_head *head,
		  struct buf *in, struct error *err)
{
	int64_t deadline_ms = clock_mono_ms() + HIJACK_ERROR_WAIT_MS;
	DEFER(buf_release) struct buf body = { 0 };

	buf_init(&body, HIJACK_MAX_BODY);
	while (!is_body_whole(head, in, &body) && !in->is_full)
		if (receive(p, fd, in, deadline_ms, NULL) <= 0)
			break;
	return answer_error(rq, head->status, body.data, body.len, err);
}

static void write_request(const struct request *rq, struct buf *out)
{
	buf_addf(out,
		 "%s " PODMAN_PREFIX "%s HTTP/1.1\r\n"
		 "Host: d\r\n"
		 "User-Agent: %s\r\n"
		 "Connection: Upgrade\r\n"
		 "Upgrade: tcp\r\n"
		 "Content-Type: application/json\r\n"
		 "Content-Length: %zu\r\n\r\n%s",
		 rq->method, rq->target.data, winalux_user_agent, strlen(rq->json), rq->json);
}

int hijack_open(struct podman *podman, const struct request *rq, int *ret_fd, struct buf *rest,
		struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(fd_closep) int fd = connect_service(podman_get_options(podman)->socket_path, err);
	struct http_head head;

	buf_init(&text, HIJACK_MAX_BODY);
	write_request(rq, &text);
	podman_count_request(podman);
	if (fd < 0 || send_all(podman, fd, &text, err) < 0)
		return describe(rq, err);
	buf_clear(&text);
	if (read_head(podman, fd, &text, &head, err) < 0)
		return describe(rq, err);
	if (head.status != 101 && head.status != 200)
		return refuse(podman, rq, fd, &head, &text, err);
	buf_add(rest, text.data, text.len);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
