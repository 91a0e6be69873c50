/* SPDX-License-Identifier: MIT */
/*
 * A call: the transfer (transport.c), then the verdict (judge). Around it, podman_call repeats
 * what may be repeated:
 *
 *   - a GET, HEAD or DELETE that ended before any header of an answer, once: a socket-activated
 *     service quits five seconds after its last client, also between our connect and our request;
 *   - anything that was refused with "database is locked", a few times with growing pauses.
 */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "transport.h"
#include "winalux/base/clock.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"

enum {
	CLIENT_MAX_BODY = 64 << 20,
	CLIENT_KEEP_BODY = 4 << 20, /* a larger buffer is given back after use */
	CLIENT_LOCKED_TRIES = 6,
	CLIENT_LOCKED_PAUSE_MS = 40, /* doubled each time: 1.2 s in all */
	PODMAN_MIN_MAJOR = 4,
	PODMAN_MIN_MINOR = 3
};

struct podman {
	struct podman_options options;
	char *socket_path;
	struct transport *transport;
	struct buf body; /* of the last answer */
	struct podman_version version;
	bool has_version;
	unsigned request_count;
};

/* --- life --- */

struct podman *podman_new(const struct podman_options *options)
{
	struct podman *p = xcalloc(1, sizeof(*p));

	p->options = *options;
	p->socket_path = xstrdup(options->socket_path);
	p->options.socket_path = p->socket_path;
	p->transport = transport_new(p->socket_path);
	buf_init(&p->body, CLIENT_MAX_BODY);
	return p;
}

struct podman *podman_clone(const struct podman *podman)
{
	struct podman *p = podman_new(&podman->options);

	p->version = podman->version;
	p->has_version = podman->has_version;
	return p;
}

struct podman *podman_clone_for_cleanup(const struct podman *podman, int timeout_ms)
{
	struct podman *p = podman_clone(podman);

	p->options.cancelled = NULL;
	p->options.timeout_ms = timeout_ms;
	return p;
}

void podman_free(struct podman *podman)
{
	if (!podman)
		return;
	transport_free(podman->transport);
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

/* --- a transfer --- */

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
	t->number = p->request_count;
	transport_run(p->transport, t);
	/* What a callback takes is not collected, so not counted. */
	if (t->rq->on_data)
		log_debug("%s %s: %d", t->rq->method, t->rq->target.data, t->status);
	else
		log_debug("%s %s: %d, %zu bytes", t->rq->method, t->rq->target.data, t->status,
			  p->body.len);
	if (t->status > 0)
		note_version(p);
}

/* --- the verdict --- */

static int fail(const struct podman *p, const struct transfer *t, struct error *err)
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
				       p->socket_path);
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

static int judge(const struct podman *p, const struct transfer *t, struct response *ret,
		 struct error *err)
{
	if (t->end != TRANSFER_DONE && t->end != TRANSFER_STOPPED)
		return fail(p, t, err);
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
	       strstr(t->body->data, "database is locked");
}

static bool is_worth_again(const struct transfer *t)
{
	return t->end == TRANSFER_BROKEN && !t->has_answer && t->rq->body_fd < 0 &&
	       transfer_is_repeatable(t);
}

int podman_call(struct podman *podman, const struct request *rq, struct response *ret,
		struct error *err)
{
	int pause_ms = CLIENT_LOCKED_PAUSE_MS;
	bool has_retried = false;
	struct transfer t;

	if (transport_open(podman->transport, err) < 0)
		return -1;
	for (int tries = 1;; tries++) {
		t = (struct transfer){ .rq = rq,
				       .cancelled = podman->options.cancelled,
				       .body = &podman->body,
				       .timeout_ms = request_limit_ms(rq, &podman->options) };
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
	return judge(podman, &t, ret, err);
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
	return transport_header(podman->transport, name);
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
