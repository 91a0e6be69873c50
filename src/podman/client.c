/* SPDX-License-Identifier: MIT */
/*
 * The transport: one libcurl easy handle, driven through a multi handle, so that the waiting is
 * ours: a signal's flag is seen within CLIENT_TICK_MS, and there are limits on the whole call and
 * on silence. libcurl keeps the one connection alive between calls.
 *
 * A call in order: options from the request (set_options), the transfer (run_transfer), then the
 * verdict (judge). Around it, call_with_patience repeats what may be repeated:
 *
 *   - a GET, HEAD or DELETE that ended before any header of an answer, once: a socket-activated
 *     service quits five seconds after its last client, also between our connect and our request;
 *   - anything that was refused with "database is locked", a few times with growing pauses.
 *
 * libcurl by itself sends a request again when a kept connection turns out to be dead. For a POST
 * that has gone out we do not want that: the service may have done it. So the socket callback
 * refuses a second connection for such a request.
 */
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"

enum {
	CLIENT_TICK_MS = 150,
	CLIENT_TIMEOUT_MS = 60000,
	CLIENT_MAX_BODY = 64 << 20,
	CLIENT_KEEP_BODY = 4 << 20, /* a larger buffer is given back after use */
	CLIENT_LOCKED_TRIES = 6,
	CLIENT_LOCKED_PAUSE_MS = 40, /* doubled each time: 1.2 s in all */
	CLIENT_RECEIVE_BYTES = 64 << 10,
	PODMAN_MIN_MAJOR = 4,
	PODMAN_MIN_MINOR = 3
};

struct podman {
	struct podman_options options;
	char *socket_path;
	CURLM *multi;
	CURL *easy;
	struct buf body; /* of the last answer */
	struct podman_version version;
	bool has_version;
	unsigned request_count;
};

enum transfer_end {
	TRANSFER_DONE,
	TRANSFER_STOPPED,     /* on_data did not want more */
	TRANSFER_CANCELLED,   /* the flag is up */
	TRANSFER_TIMEOUT,     /* the whole call */
	TRANSFER_IDLE,        /* silence */
	TRANSFER_TOO_LARGE,   /* CLIENT_MAX_BODY */
	TRANSFER_INPUT,       /* body_fd cannot be read; input_errno */
	TRANSFER_UNREACHABLE, /* no connection; os_errno */
	TRANSFER_BROKEN       /* the connection ended too early */
};

struct transfer {
	struct podman *podman;
	const struct request *rq;
	enum transfer_end end;
	bool is_sent; /* the head of the request has gone out */
	bool has_answer;
	int status;
	int os_errno;
	int timeout_ms; /* as used */
	int64_t active_ms;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_NOTHING); /* no TLS, no resolver */
}

/* --- life --- */

struct podman *podman_new(const struct podman_options *options)
{
	struct podman *p = xcalloc(1, sizeof(*p));

	pthread_once(&curl_once, init_curl);
	p->options = *options;
	p->socket_path = xstrdup(options->socket_path);
	p->options.socket_path = p->socket_path;
	buf_init(&p->body, CLIENT_MAX_BODY);
	p->easy = curl_easy_init();
	p->multi = curl_multi_init();
	if (!p->easy || !p->multi)
		abort(); /* only for lack of memory */
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, 1L);
	return p;
}

struct podman *podman_clone(const struct podman *podman)
{
	struct podman *p = podman_new(&podman->options);

	p->version = podman->version;
	p->has_version = podman->has_version;
	return p;
}

void podman_free(struct podman *podman)
{
	if (!podman)
		return;
	curl_easy_cleanup(podman->easy);
	curl_multi_cleanup(podman->multi);
	buf_release(&podman->body);
	free(podman->socket_path);
	free(podman);
}

void podman_freep(struct podman **podman)
{
	podman_free(*podman);
	*podman = NULL;
}

const struct podman_options *podman_get_options(const struct podman *podman)
{
	return &podman->options;
}

unsigned podman_request_count(const struct podman *podman)
{
	return podman->request_count;
}

void podman_count_request(struct podman *podman)
{
	podman->request_count++;
}

bool podman_is_cancelled(const struct podman *podman)
{
	return podman->options.cancelled && *podman->options.cancelled;
}

/* --- callbacks of libcurl --- */

static bool is_repeatable(const struct request *rq)
{
	return !strcmp(rq->method, "GET") || !strcmp(rq->method, "HEAD") ||
	       !strcmp(rq->method, "DELETE");
}

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *a)
{
	const struct transfer *t = context;

	(void)purpose;
	if (t->is_sent && !is_repeatable(t->rq))
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t len, void *context)
{
	struct transfer *t = context;

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
	struct transfer *t = context;
	size_t len = size * count;
	long status = 0;

	curl_easy_getinfo(t->podman->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->rq->on_data && status >= 200 && status < 300) {
		if (t->rq->on_data(data, len, t->rq->context))
			return len;
		t->end = TRANSFER_STOPPED;
		return 0;
	}
	buf_add(&t->podman->body, data, len);
	if (!t->podman->body.is_full)
		return len;
	t->end = TRANSFER_TOO_LARGE;
	return 0;
}

/* The body of an upload from a descriptor, which may be a pipe that is slowly filled. */
static size_t on_input(char *data, size_t size, size_t count, void *context)
{
	struct transfer *t = context;

	while (!podman_is_cancelled(t->podman)) {
		int events = fd_wait(t->rq->body_fd, POLLIN, CLIENT_TICK_MS);

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

#define SET(easy, option, value)                                                                   \
	do {                                                                                       \
		if (curl_easy_setopt(easy, option, value) != CURLE_OK)                             \
			abort(); /* an option that this libcurl lacks, or no memory */             \
	} while (0)

static void set_connection(struct podman *p, struct transfer *t)
{
	CURL *easy = p->easy;

	SET(easy, CURLOPT_UNIX_SOCKET_PATH, p->socket_path);
	SET(easy, CURLOPT_PROXY, "");
	SET(easy, CURLOPT_NOSIGNAL, 1L);
	SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(easy, CURLOPT_USERAGENT, "winalux/" WINALUX_VERSION);
	SET(easy, CURLOPT_BUFFERSIZE, (long)CLIENT_RECEIVE_BYTES);
	SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET(easy, CURLOPT_OPENSOCKETDATA, t);
	SET(easy, CURLOPT_VERBOSE, 1L); /* feeds on_debug, prints nothing */
	SET(easy, CURLOPT_DEBUGFUNCTION, on_debug);
	SET(easy, CURLOPT_DEBUGDATA, t);
	SET(easy, CURLOPT_WRITEFUNCTION, on_body);
	SET(easy, CURLOPT_WRITEDATA, t);
}

static void add_header(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (!longer)
		abort();
	*list = longer;
}

static bool has_body(const struct request *rq)
{
	return rq->json || rq->body || rq->body_fd >= 0;
}

static void set_body_fd(CURL *easy, struct transfer *t, struct curl_slist **headers)
{
	struct stat st;
	off_t at;

	SET(easy, CURLOPT_POST, 1L);
	SET(easy, CURLOPT_READFUNCTION, on_input);
	SET(easy, CURLOPT_READDATA, t);
	if (fstat(t->rq->body_fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (at = lseek(t->rq->body_fd, 0, SEEK_CUR)) >= 0 && at <= st.st_size)
		SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(st.st_size - at));
	else
		add_header(headers, "Transfer-Encoding: chunked");
}

static void set_body(CURL *easy, struct transfer *t, struct curl_slist **headers)
{
	const struct request *rq = t->rq;

	if (rq->body_fd >= 0) {
		set_body_fd(easy, t, headers);
		return;
	}
	const void *body = rq->json ? rq->json : rq->body ? rq->body : "";
	size_t len = rq->json ? strlen(rq->json) : rq->body ? rq->body_len : 0;
	SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	SET(easy, CURLOPT_POSTFIELDS, body); /* borrowed, not copied */
}

static void set_method(CURL *easy, struct transfer *t, struct curl_slist **headers)
{
	const char *method = t->rq->method;

	if (!strcmp(method, "HEAD"))
		SET(easy, CURLOPT_NOBODY, 1L);
	else if (!strcmp(method, "POST") || has_body(t->rq))
		set_body(easy, t, headers);
	if (strcmp(method, "HEAD") != 0)
		SET(easy, CURLOPT_CUSTOMREQUEST, method);
}

static struct curl_slist *set_options(struct podman *p, struct transfer *t)
{
	struct curl_slist *headers = NULL;
	char line[160];

	curl_easy_reset(p->easy);
	set_connection(p, t);
	snprintf(line, sizeof(line), "X-Reference-Id: winalux-%d-%p-%u", (int)getpid(), (void *)p,
		 p->request_count);
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
	set_method(p->easy, t, &headers);
	SET(p->easy, CURLOPT_HTTPHEADER, headers);
	/* Origin-form only: libpod splits the path, so an absolute target would not be found. */
	DEFER(freep) char *url = xasprintf("http://d" PODMAN_PREFIX "%s", t->rq->target.data);
	SET(p->easy, CURLOPT_URL, url);
	return headers;
}

/* --- the transfer --- */

static bool is_time_up(struct transfer *t, int64_t started_ms)
{
	int64_t now_ms = clock_mono_ms();

	if (podman_is_cancelled(t->podman))
		t->end = TRANSFER_CANCELLED;
	else if (t->timeout_ms >= 0 && now_ms - started_ms >= t->timeout_ms)
		t->end = TRANSFER_TIMEOUT;
	else if (t->rq->idle_timeout_ms > 0 && now_ms - t->active_ms >= t->rq->idle_timeout_ms)
		t->end = TRANSFER_IDLE;
	return t->end != TRANSFER_DONE;
}

static int wait_ms(const struct transfer *t, int64_t started_ms)
{
	int ms = CLIENT_TICK_MS;

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

	while ((message = curl_multi_info_read(multi, &left)))
		if (message->msg == CURLMSG_DONE)
			return message->data.result;
	return CURLE_OK;
}

static void note_result(struct transfer *t, CURLcode code)
{
	long os_errno = 0;

	if (t->end != TRANSFER_DONE || code == CURLE_OK)
		return;
	curl_easy_getinfo(t->podman->easy, CURLINFO_OS_ERRNO, &os_errno);
	t->os_errno = (int)os_errno;
	t->end = code == CURLE_COULDNT_CONNECT && !t->is_sent ? TRANSFER_UNREACHABLE
							      : TRANSFER_BROKEN;
}

static void run_transfer(struct transfer *t)
{
	struct podman *p = t->podman;
	int64_t started_ms = clock_mono_ms();
	int running = 1;
	long status = 0;

	t->active_ms = started_ms;
	curl_multi_add_handle(p->multi, p->easy);
	while (running) {
		if (curl_multi_perform(p->multi, &running) != CURLM_OK)
			abort();
		if (!running || is_time_up(t, started_ms))
			break;
		curl_multi_poll(p->multi, NULL, 0, wait_ms(t, started_ms), NULL);
	}
	note_result(t, take_result(p->multi));
	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	t->status = (int)status;
	/* Closes the connection if it was left in the middle of something. */
	curl_multi_remove_handle(p->multi, p->easy);
}

static void note_version(struct podman *p)
{
	const char *at = p->has_version ? NULL : podman_header(p, "Libpod-API-Version");
	uint64_t part[3] = { 0, 0, 0 };

	if (!at)
		return;
	for (int i = 0; i < 3; i++)
		if ((i > 0 && !parse_char(&at, '.')) || !parse_u64(&at, 0, 100000, &part[i]))
			break;
	p->version =
		(struct podman_version){ (unsigned)part[0], (unsigned)part[1], (unsigned)part[2] };
	p->has_version = part[0] > 0;
}

static void call_once(struct podman *p, struct transfer *t)
{
	buf_clear(&p->body);
	if (p->body.cap > CLIENT_KEEP_BODY) {
		buf_release(&p->body);
		buf_init(&p->body, CLIENT_MAX_BODY);
	}
	p->request_count++;
	struct curl_slist *headers = set_options(p, t);
	run_transfer(t);
	log_debug("%s %s: %d, %zu bytes", t->rq->method, t->rq->target.data, t->status,
		  p->body.len);
	if (t->status > 0)
		note_version(p);
	curl_slist_free_all(headers);
	SET(p->easy, CURLOPT_HTTPHEADER, NULL);
}

/* --- the verdict --- */

static int fail(const struct transfer *t, struct error *err)
{
	DEFER(buf_release) struct buf head = { 0 };
	const struct request *rq = t->rq;

	buf_init(&head, 4096);
	request_describe(rq, &head);
	switch (t->end) {
	case TRANSFER_CANCELLED:
		return error_set(err, ERROR_INTERRUPTED, "%s: interrupted", head.data);
	case TRANSFER_TIMEOUT:
		return error_set(err, ERROR_TIMEOUT, "%s: Podman did not finish within %d.%03d s",
				 head.data, t->timeout_ms / 1000, t->timeout_ms % 1000);
	case TRANSFER_IDLE:
		return error_set(err, ERROR_TIMEOUT, "%s: nothing came from Podman for %d.%03d s",
				 head.data, rq->idle_timeout_ms / 1000, rq->idle_timeout_ms % 1000);
	case TRANSFER_TOO_LARGE:
		return error_set(err, ERROR_PODMAN, "%s: the answer has more than %d MiB",
				 head.data, CLIENT_MAX_BODY >> 20);
	case TRANSFER_INPUT:
		return error_set_errno(err, ERROR_HOST, t->os_errno, "%s: cannot read the input",
				       head.data);
	case TRANSFER_UNREACHABLE:
		return error_set_errno(err, ERROR_HOST, t->os_errno,
				       "%s: cannot reach Podman's service at '%s'", head.data,
				       t->podman->socket_path);
	case TRANSFER_BROKEN:
		return error_set(err, ERROR_PODMAN, "%s: Podman's service closed the connection %s",
				 head.data,
				 t->has_answer ? "in the middle of its answer"
					       : "without an answer");
	case TRANSFER_DONE:
	case TRANSFER_STOPPED:
		break;
	}
	return error_set(err, ERROR_INTERNAL, "%s", head.data);
}

static bool is_success(const struct request *rq, int status)
{
	return (status >= 200 && status < 300) || (status == 304 && (rq->flags & REQUEST_OK_304)) ||
	       (status == 404 && (rq->flags & REQUEST_OK_404));
}

static int judge(const struct transfer *t, struct response *ret, struct error *err)
{
	const struct podman *p = t->podman;

	if (t->end != TRANSFER_DONE && t->end != TRANSFER_STOPPED)
		return fail(t, err);
	if (!is_success(t->rq, t->status))
		return answer_error(t->rq, t->status, p->body.data, p->body.len, err);
	if ((t->rq->flags & REQUEST_ERRORS_IN_200) && t->status < 300 && p->body.len > 0) {
		DEFER(freep) char *text = podman_error_text(p->body.data, p->body.len);

		if (text)
			return answer_error(t->rq, t->status, p->body.data, p->body.len, err);
	}
	if (ret)
		*ret = (struct response){ .status = t->status,
					  .is_stopped = t->end == TRANSFER_STOPPED,
					  .body = p->body.data,
					  .len = p->body.len };
	return 0;
}

static bool is_locked(const struct transfer *t)
{
	return t->end == TRANSFER_DONE && t->status >= 500 && t->rq->body_fd < 0 &&
	       strstr(t->podman->body.data, "database is locked");
}

static bool is_worth_again(const struct transfer *t)
{
	return t->end == TRANSFER_BROKEN && !t->has_answer && t->rq->body_fd < 0 &&
	       is_repeatable(t->rq);
}

int podman_call(struct podman *podman, const struct request *rq, struct response *ret,
		struct error *err)
{
	int default_ms =
		podman->options.timeout_ms ? podman->options.timeout_ms : CLIENT_TIMEOUT_MS;
	int pause_ms = CLIENT_LOCKED_PAUSE_MS;
	bool has_retried = false;
	struct transfer t;

	for (int tries = 1;; tries++) {
		t = (struct transfer){ .podman = podman,
				       .rq = rq,
				       .timeout_ms = rq->timeout_ms ? rq->timeout_ms : default_ms };
		if (podman_is_cancelled(podman))
			t.end = TRANSFER_CANCELLED;
		else
			call_once(podman, &t);
		if (is_worth_again(&t) && !has_retried) {
			has_retried = true;
			continue;
		}
		if (!is_locked(&t) || tries >= CLIENT_LOCKED_TRIES)
			break;
		clock_sleep_ms(pause_ms);
		pause_ms *= 2;
	}
	return judge(&t, ret, err);
}

/* --- forms of a call --- */

int podman_call_json(struct podman *podman, const struct request *rq, struct json **ret,
		     struct error *err)
{
	struct response response;
	struct error why;

	if (podman_call(podman, rq, &response, err) < 0)
		return -1;
	if (json_parse(response.body, response.len, ret, &why) == 0)
		return 0;
	DEFER(buf_release) struct buf head = { 0 };
	buf_init(&head, 4096);
	request_describe(rq, &head);
	error_set(err, ERROR_PODMAN, "%s: Podman's answer is not JSON: %s", head.data, why.text);
	if (err)
		err->http_status = response.status;
	return -1;
}

int podman_call_id(struct podman *podman, const struct request *rq, const char *key, char **ret,
		   struct error *err)
{
	DEFER(json_freep) struct json *answer = NULL;

	if (podman_call_json(podman, rq, &answer, err) < 0)
		return -1;
	const char *id = json_get_text(answer, key);
	if (!id || !*id)
		return error_set(err, ERROR_PODMAN, "cannot %s%s%s: Podman's answer has no '%s'",
				 rq->what, rq->subject ? " " : "", rq->subject ? rq->subject : "",
				 key);
	parse_literal(&id, "sha256:");
	if (ret)
		*ret = xstrdup(id);
	return 0;
}

const char *podman_header(struct podman *podman, const char *name)
{
	struct curl_header *header = NULL;

	if (curl_easy_header(podman->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	return header->value;
}

/* --- the service itself --- */

static int ping(struct podman *p, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "GET", "ask Podman for its version", NULL);
	request_path(&rq, "_ping", NULL);
	if (podman_call(p, &rq, NULL, err) < 0)
		return -1;
	if (!p->has_version)
		return error_set(err, ERROR_HOST, "what answers at '%s' is not Podman",
				 p->socket_path);
	return 0;
}

bool podman_version_at_least(const struct podman_version *v, unsigned major, unsigned minor)
{
	return v->major > major || (v->major == major && v->minor >= minor);
}

int podman_get_version(struct podman *podman, struct podman_version *ret, struct error *err)
{
	const struct podman_version *v = &podman->version;

	if (!podman->has_version && ping(podman, err) < 0)
		return -1;
	if (!podman_version_at_least(v, PODMAN_MIN_MAJOR, PODMAN_MIN_MINOR))
		return error_set(err, ERROR_HOST,
				 "Podman %u.%u.%u is too old; version %d.%d or later is needed",
				 v->major, v->minor, v->patch, PODMAN_MIN_MAJOR, PODMAN_MIN_MINOR);
	*ret = *v;
	return 0;
}

int podman_info(struct podman *podman, struct json **ret, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "GET", "read Podman's information", NULL);
	request_path(&rq, "info", NULL);
	return podman_call_json(podman, &rq, ret, err);
}
