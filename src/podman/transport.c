/* SPDX-License-Identifier: MIT */
/*
 * One libcurl easy handle, driven through a multi handle, so that the waiting is ours: a signal's
 * flag is seen within TRANSPORT_TICK_MS, and there are limits on the whole call and on silence.
 * libcurl keeps the one connection alive between calls.
 *
 * libcurl by itself sends a request again when a kept connection turns out to be dead. For a POST
 * that has gone out we do not want that: the service may have done it. So the socket callback
 * refuses a second connection for such a request.
 */
#include "transport.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "libcurl.h"
#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"

enum { TRANSPORT_TICK_MS = 150, TRANSPORT_RECEIVE_BYTES = 64 << 10 };

struct transport {
	const char *socket_path;
	CURLM *multi;
	CURL *easy;
};

/* What the callbacks get. */
struct run {
	struct transport *transport;
	struct transfer *t;
};

struct transport *transport_new(const char *socket_path)
{
	struct transport *transport = xcalloc(1, sizeof(*transport));

	transport->socket_path = socket_path;
	return transport;
}

int transport_open(struct transport *transport, struct error *err)
{
	if (transport->easy)
		return 0;
	if (libcurl_load(err) < 0)
		return -1;
	transport->easy = sym_curl_easy_init();
	transport->multi = sym_curl_multi_init();
	if (!transport->easy || !transport->multi)
		abort(); /* only for lack of memory */
	sym_curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, 1L);
	return 0;
}

void transport_free(struct transport *transport)
{
	if (!transport)
		return;
	if (transport->easy) {
		sym_curl_easy_cleanup(transport->easy);
		sym_curl_multi_cleanup(transport->multi);
	}
	free(transport);
}

bool transfer_is_cancelled(const struct transfer *transfer)
{
	return transfer->cancelled && *transfer->cancelled;
}

bool transfer_is_repeatable(const struct transfer *transfer)
{
	const char *method = transfer->rq->method;

	return !strcmp(method, "GET") || !strcmp(method, "HEAD") || !strcmp(method, "DELETE");
}

const char *transport_header(struct transport *transport, const char *name)
{
	struct curl_header *header = NULL;

	if (!transport->easy ||
	    sym_curl_easy_header(transport->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	return header->value;
}

/* --- callbacks of libcurl --- */

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *a)
{
	const struct transfer *t = ((const struct run *)context)->t;

	(void)purpose;
	if (t->is_sent && !transfer_is_repeatable(t))
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t len, void *context)
{
	struct transfer *t = ((struct run *)context)->t;

	(void)easy;
	(void)data;
	(void)len;
	if (type == CURLINFO_HEADER_OUT)
		t->is_sent = true;
	else if (type == CURLINFO_HEADER_IN)
		t->has_answer = true;
	if (type != CURLINFO_TEXT)
		t->active_ms = clock_mono_ms();
	return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	const struct run *run = context;
	struct transfer *t = run->t;
	size_t len = size * count;
	long status = 0;

	sym_curl_easy_getinfo(run->transport->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->rq->on_data && status >= 200 && status < 300) {
		if (t->rq->on_data(data, len, t->rq->context))
			return len;
		t->end = TRANSFER_STOPPED;
		return 0;
	}
	buf_add(t->body, data, len);
	if (!t->body->is_full)
		return len;
	t->end = TRANSFER_TOO_LARGE;
	return 0;
}

/* The body of an upload from a descriptor, which may be a pipe that is slowly filled. */
static size_t on_input(char *data, size_t size, size_t count, void *context)
{
	struct transfer *t = ((struct run *)context)->t;

	while (!transfer_is_cancelled(t)) {
		int events = fd_wait(t->rq->body_fd, POLLIN, TRANSPORT_TICK_MS);

		if (events == 0)
			continue;
		ssize_t n = events < 0 ? -1 : read(t->rq->body_fd, data, size * count);
		if (n >= 0)
			return (size_t)n;
		if (errno == EINTR || errno == EAGAIN)
			continue;
		t->end = TRANSFER_INPUT;
		t->os_errno = errno;
		return CURL_READFUNC_ABORT;
	}
	t->end = TRANSFER_CANCELLED;
	return CURL_READFUNC_ABORT;
}

/* --- options --- */

/* An option that this libcurl lacks, or no memory. */
static void must(CURLcode code)
{
	if (code != CURLE_OK)
		abort();
}

static void set_connection(struct run *run)
{
	CURL *easy = run->transport->easy;

	must(sym_curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, run->transport->socket_path));
	must(sym_curl_easy_setopt(easy, CURLOPT_PROXY, ""));
	must(sym_curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	must(sym_curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
	must(sym_curl_easy_setopt(easy, CURLOPT_USERAGENT, winalux_user_agent));
	must(sym_curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)TRANSPORT_RECEIVE_BYTES));
	must(sym_curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket));
	must(sym_curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, run));
	must(sym_curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L)); /* feeds on_debug, prints nothing */
	must(sym_curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug));
	must(sym_curl_easy_setopt(easy, CURLOPT_DEBUGDATA, run));
	must(sym_curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
	must(sym_curl_easy_setopt(easy, CURLOPT_WRITEDATA, run));
}

static void add_header(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = sym_curl_slist_append(*list, text);

	if (!longer)
		abort();
	*list = longer;
}

static bool has_body(const struct request *rq)
{
	return rq->json || rq->body || rq->body_fd >= 0;
}

static void set_body_fd(struct run *run, struct curl_slist **headers)
{
	CURL *easy = run->transport->easy;
	int fd = run->t->rq->body_fd;
	struct stat st;
	off_t at;

	must(sym_curl_easy_setopt(easy, CURLOPT_POST, 1L));
	must(sym_curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_input));
	must(sym_curl_easy_setopt(easy, CURLOPT_READDATA, run));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (at = lseek(fd, 0, SEEK_CUR)) >= 0 &&
	    at <= st.st_size)
		must(sym_curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
					  (curl_off_t)(st.st_size - at)));
	else
		add_header(headers, "Transfer-Encoding: chunked");
}

static void set_body(struct run *run, struct curl_slist **headers)
{
	CURL *easy = run->transport->easy;
	const struct request *rq = run->t->rq;

	if (rq->body_fd >= 0) {
		set_body_fd(run, headers);
		return;
	}
	const void *body = rq->json ? rq->json : rq->body ? rq->body : "";
	size_t len = rq->json ? strlen(rq->json) : rq->body ? rq->body_len : 0;
	must(sym_curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len));
	must(sym_curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body)); /* borrowed, not copied */
}

static void set_method(struct run *run, struct curl_slist **headers)
{
	CURL *easy = run->transport->easy;
	const char *method = run->t->rq->method;

	if (!strcmp(method, "HEAD"))
		must(sym_curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
	else if (!strcmp(method, "POST") || has_body(run->t->rq))
		set_body(run, headers);
	if (strcmp(method, "HEAD") != 0)
		must(sym_curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method));
}

static struct curl_slist *set_options(struct run *run)
{
	CURL *easy = run->transport->easy;
	const struct transfer *t = run->t;
	struct curl_slist *headers = NULL;
	char line[160];

	sym_curl_easy_reset(easy);
	set_connection(run);
	snprintf(line, sizeof(line), "X-Reference-Id: winalux-%d-%p-%u", (int)getpid(),
		 (void *)run->transport, t->number);
	add_header(&headers, line);
	add_header(&headers, "Expect:");
	if (has_body(t->rq)) {
		const char *type = t->rq->content_type;

		snprintf(line, sizeof(line), "Content-Type: %s",
			 t->rq->json ? "application/json"
			 : type      ? type
				     : "application/x-tar");
		add_header(&headers, line);
	}
	if (t->rq->registry_auth) {
		DEFER(freep) char *auth = xasprintf("X-Registry-Auth: %s", t->rq->registry_auth);

		add_header(&headers, auth);
		explicit_bzero(auth, strlen(auth));
	}
	set_method(run, &headers);
	must(sym_curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers));
	/* Origin-form only: libpod splits the path, so an absolute target would not be found. */
	DEFER(freep) char *url = xasprintf("http://d" PODMAN_PREFIX "%s", t->rq->target.data);
	must(sym_curl_easy_setopt(easy, CURLOPT_URL, url));
	return headers;
}

/* --- the transfer --- */

static bool is_time_up(struct transfer *t, int64_t started_ms)
{
	int64_t now_ms = clock_mono_ms();

	if (transfer_is_cancelled(t))
		t->end = TRANSFER_CANCELLED;
	else if (t->timeout_ms >= 0 && now_ms - started_ms >= t->timeout_ms)
		t->end = TRANSFER_TIMEOUT;
	else if (t->rq->idle_timeout_ms > 0 && now_ms - t->active_ms >= t->rq->idle_timeout_ms)
		t->end = TRANSFER_IDLE;
	return t->end != TRANSFER_DONE;
}

static int wait_ms(const struct transfer *t, int64_t started_ms)
{
	int ms = TRANSPORT_TICK_MS;

	if (t->timeout_ms >= 0) {
		int left_ms = clock_left_ms(started_ms + t->timeout_ms);

		if (left_ms < ms)
			ms = left_ms;
	}
	return ms;
}

/* libcurl's verdict; CURLE_OK when it has none, because the loop was left early. */
static CURLcode take_result(CURLM *multi)
{
	CURLMsg *message;
	int left;

	while ((message = sym_curl_multi_info_read(multi, &left)))
		if (message->msg == CURLMSG_DONE)
			return message->data.result;
	return CURLE_OK;
}

static void note_result(const struct run *run, CURLcode code)
{
	struct transfer *t = run->t;
	long os_errno = 0;

	if (t->end != TRANSFER_DONE || code == CURLE_OK)
		return;
	sym_curl_easy_getinfo(run->transport->easy, CURLINFO_OS_ERRNO, &os_errno);
	t->os_errno = (int)os_errno;
	t->end = code == CURLE_COULDNT_CONNECT && !t->is_sent ? TRANSFER_UNREACHABLE
							      : TRANSFER_BROKEN;
}

static void run_transfer(const struct run *run)
{
	const struct transport *transport = run->transport;
	struct transfer *t = run->t;
	int64_t started_ms = clock_mono_ms();
	int running = 1;
	long status = 0;

	t->active_ms = started_ms;
	sym_curl_multi_add_handle(transport->multi, transport->easy);
	while (running) {
		if (sym_curl_multi_perform(transport->multi, &running) != CURLM_OK)
			abort();
		if (!running || is_time_up(t, started_ms))
			break;
		sym_curl_multi_poll(transport->multi, NULL, 0, wait_ms(t, started_ms), NULL);
	}
	note_result(run, take_result(transport->multi));
	sym_curl_easy_getinfo(transport->easy, CURLINFO_RESPONSE_CODE, &status);
	t->status = (int)status;
	/* Closes the connection if it was left in the middle of something. */
	sym_curl_multi_remove_handle(transport->multi, transport->easy);
}

void transport_run(struct transport *transport, struct transfer *transfer)
{
	struct run run = { .transport = transport, .t = transfer };
	struct curl_slist *headers = set_options(&run);

	run_transfer(&run);
	sym_curl_slist_free_all(headers);
	must(sym_curl_easy_setopt(transport->easy, CURLOPT_HTTPHEADER, NULL));
}
