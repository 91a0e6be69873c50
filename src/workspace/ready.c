/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a workspace, in this order:
 *   1. the banner of sshd on the published port (one connect that blocks until PID 1 answers);
 *   2. one look at the container's log: usually "ready" stands there already;
 *   3. else the log is followed until "ready", the end of the container or the limit.
 * Lines before the last "start" event belong to an earlier life and do not count, nor does a
 * "ready" before the last "reloaded".
 */
#include "winalux/workspace/ready.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"
#include "winalux/workspace/ssh_client.h"

enum {
	RETRY_MS = 20,
	TICK_MS = 200,
	LOOK_EVERY_MS = 1000,
	BANNER_TRY_MS = 5000,
	LOG_TIMEOUT_MS = 10000,
	LAST_WORDS_MAX = 300,
	CHECKS_MAX = 16,
	LOG_LINES = 3,
	LOG_LINE_MAX = 160,
	LOGS_MAX = 2,
};

/* What the log of this life of the container has said so far. */
struct report {
	const struct ready_options *options;
	bool is_ready;
	char *host_key;
	char waiting[CHECKS_MAX][32]; /* checks that are not up */
	size_t waiting_count;
	struct buf last_words; /* the last line that was no event, or an error event */
};

static void report_release(struct report *r)
{
	free(r->host_key);
	buf_release(&r->last_words);
}

static void add_waiting(struct report *r, const char *name)
{
	if (r->waiting_count < CHECKS_MAX)
		snprintf(r->waiting[r->waiting_count++], sizeof(r->waiting[0]), "%s", name);
}

static void drop_waiting(struct report *r, const char *name)
{
	for (size_t i = 0; i < r->waiting_count; i++) {
		if (strcmp(r->waiting[i], name) != 0)
			continue;
		r->waiting_count--;
		memmove(r->waiting[i], r->waiting[i + 1],
			(r->waiting_count - i) * sizeof(r->waiting[0]));
		return;
	}
}

/* From here on all checks are to be heard of again. */
static void on_start(struct report *r, const struct json *event)
{
	const struct strv *checks = r->options->checks;

	(void)event;
	r->is_ready = false;
	r->waiting_count = 0;
	for (size_t i = 0; checks && i < checks->count; i++)
		add_waiting(r, checks->items[i]);
}

static void on_host_key(struct report *r, const struct json *event)
{
	const char *key = json_get_text(event, "key");

	if (!key || strpbrk(key, "\r\n")) /* it becomes a line of known_hosts */
		return;
	free(r->host_key);
	r->host_key = xstrdup(key);
}

static void on_check(struct report *r, const struct json *event)
{
	const char *name = json_get_text(event, "name"), *state = json_get_text(event, "state");

	if (!name || !state)
		return;
	drop_waiting(r, name);
	if (strcmp(state, "up") != 0)
		add_waiting(r, name);
}

static void on_ready(struct report *r, const struct json *event)
{
	const char *nonce = json_get_text(event, "nonce"), *wanted = r->options->nonce;

	if (!wanted || (nonce && !strcmp(nonce, wanted)))
		r->is_ready = true;
}

static void on_error(struct report *r, const struct json *event)
{
	const char *text = json_get_text(event, "text");

	buf_clear(&r->last_words);
	if (text)
		buf_add_printable(&r->last_words, text, strnlen(text, LAST_WORDS_MAX), false);
}

static const struct {
	const char *event;
	void (*apply)(struct report *r, const struct json *event);
} events[] = {
	{ "start", on_start }, { "reloaded", on_start }, { "host-key", on_host_key },
	{ "check", on_check }, { "ready", on_ready },    { "error", on_error },
};

static bool read_line(const char *line, size_t len, bool is_stderr, void *context)
{
	struct report *r = context;
	DEFER(json_freep) struct json *event = NULL;
	const char *name;

	(void)is_stderr;
	if (json_parse(line, len, &event, NULL) < 0 || !(name = json_get_text(event, "event"))) {
		buf_clear(&r->last_words);
		buf_add_printable(&r->last_words, line, len < LAST_WORDS_MAX ? len : LAST_WORDS_MAX,
				  false);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		if (!strcmp(events[i].event, name))
			events[i].apply(r, event);
	}
	return true;
}

static bool follow_line(const char *line, size_t len, bool is_stderr, void *context)
{
	const struct report *r = context;

	read_line(line, len, is_stderr, context);
	return !r->is_ready;
}

static bool is_cancelled(const struct ready_options *options)
{
	return options->cancelled && *options->cancelled;
}

static int connect_to(const char *address, uint16_t port, int timeout_ms)
{
	DEFER(fd_closep) int fd = -1;
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
	const struct sockaddr *target = is_v6 ? (const void *)&v6 : (const void *)&v4;
	int status = 0;
	socklen_t len = sizeof(status);

	if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
		return -1;
	fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, target, is_v6 ? sizeof(v6) : sizeof(v4)) < 0 && errno != EINPROGRESS)
		return -1;
	if (fd_wait(fd, POLLOUT, timeout_ms) <= 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &len) < 0 || status)
		return -1;
	return TAKE_FD(fd);
}

/* One try: connects and reads until "SSH-" begins a line. */
static bool has_banner(const struct ready_options *options, int timeout_ms)
{
	const int limit_ms = timeout_ms < BANNER_TRY_MS ? timeout_ms : BANNER_TRY_MS;
	const int64_t deadline = clock_mono_ms() + limit_ms;
	DEFER(fd_closep)
	int fd = connect_to(ssh_client_address(options->address), options->port, limit_ms);
	char text[5] = "";
	size_t len = 0;

	while (fd >= 0 && len < 4 && !is_cancelled(options)) {
		const int left = clock_left_ms(deadline);
		ssize_t got;

		if (!left || fd_wait(fd, POLLIN, left < TICK_MS ? left : TICK_MS) < 0)
			return false;
		got = recv(fd, text + len, 4 - len, MSG_DONTWAIT);
		if (got < 0 && errno == EAGAIN)
			continue;
		if (got <= 0)
			return false;
		len += (size_t)got;
	}
	return !strcmp(text, "SSH-");
}

/* Has the container ended for good? Asked once a second while the banner is waited for. */
static bool has_ended(struct podman *podman, const struct ready_options *options)
{
	DEFER(json_freep) struct json *inspect = NULL;
	const char *status;

	if (container_inspect(podman, options->container_id, &inspect, NULL) < 0)
		return false;
	status = json_get_text(json_get(inspect, "State"), "Status");
	return status && (!strcmp(status, "exited") || !strcmp(status, "stopped"));
}

/* 0: sshd answers. -1: interrupted, the limit passed, or (no error set) the container has ended. */
static int wait_banner(struct podman *podman, const struct ready_options *options, int64_t deadline,
		       struct error *err)
{
	int64_t look_at = clock_mono_ms() + LOOK_EVERY_MS;

	while (!has_banner(options, clock_left_ms(deadline))) {
		if (is_cancelled(options))
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		if (!clock_left_ms(deadline))
			return error_set(err, ERROR_TIMEOUT,
					 "sshd did not answer on port %u within %d s",
					 options->port, options->timeout_ms / 1000);
		if (clock_mono_ms() >= look_at) {
			if (has_ended(podman, options))
				return -1;
			look_at = clock_mono_ms() + LOOK_EVERY_MS;
		}
		clock_sleep_ms(RETRY_MS);
	}
	return 0;
}

static bool add_log_line(const char *line, size_t len, bool is_stderr, void *context)
{
	struct buf *text = context;

	(void)is_stderr;
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (len) {
		buf_add_str(text, text->len ? " | " : "");
		buf_add_printable(text, line, len < LOG_LINE_MAX ? len : LOG_LINE_MAX, false);
	}
	return true;
}

/* How the logs of the first sidecars that do not answer end. What cannot be read is left out. */
static void add_log_ends(struct podman *podman, const struct report *r,
			 const struct ready_options *options, struct error *err)
{
	const struct log_options log = {
		.with_stdout = true,
		.with_stderr = true,
		.tail = LOG_LINES,
		.timeout_ms = LOG_TIMEOUT_MS,
	};

	for (size_t i = 0; options->slug && i < r->waiting_count && i < LOGS_MAX; i++) {
		DEFER(freep) char *name = object_name(options->slug, r->waiting[i]);
		DEFER(buf_release) struct buf text;
		struct error had = *err;

		buf_init(&text, LOG_LINES * (LOG_LINE_MAX * 4 + 4));
		if (container_logs(podman, name, &log, add_log_line, &text, NULL) == 0 && text.len)
			error_set(err, had.kind, "%s; the log of %s ends with: %s", had.text,
				  r->waiting[i], text.data);
	}
}

static int describe_wait(struct podman *podman, const struct report *r,
			 const struct ready_options *options, struct error *err)
{
	struct buf names;

	if (!r->waiting_count)
		return error_set(err, ERROR_TIMEOUT, "the guest did not report within %d s%s%s",
				 options->timeout_ms / 1000, r->last_words.len ? ": " : "",
				 r->last_words.data);
	buf_init(&names, sizeof(r->waiting) * 2);
	for (size_t i = 0; i < r->waiting_count; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", r->waiting[i]);
	error_set(err, ERROR_TIMEOUT, "no answer from %s within %d s", names.data,
		  options->timeout_ms / 1000);
	buf_release(&names);
	if (err)
		add_log_ends(podman, r, options, err);
	return -1;
}

static int explain_end(struct podman *podman, const struct report *r,
		       const struct ready_options *options, struct error *err)
{
	DEFER(json_freep) struct json *inspect = NULL;
	const struct json *state;

	if (container_inspect(podman, options->container_id, &inspect, err) < 0)
		return -1;
	state = json_get(inspect, "State");
	return error_set(err, ERROR_PODMAN, "the container ended with status %d%s%s",
			 (int)json_get_int(state, "ExitCode", -1), r->last_words.len ? ": " : "",
			 r->last_words.data);
}

static int read_log(struct podman *podman, const struct ready_options *options, int timeout_ms,
		    bool follow, struct report *report, struct error *err)
{
	const struct log_options log = {
		.follow = follow,
		.with_stdout = true,
		.with_stderr = true,
		.since_s = options->since_s,
		.tail = -1,
		.timeout_ms = timeout_ms,
	};

	on_start(report, NULL); /* the stream begins at the beginning again */
	return container_logs(podman, options->container_id, &log, follow ? follow_line : read_line,
			      report, err);
}

static int watch_log(struct podman *podman, const struct ready_options *options,
		     struct report *report, int64_t deadline, struct error *err)
{
	struct error failure = { 0 };

	if (read_log(podman, options, LOG_TIMEOUT_MS, false, report, err) < 0)
		return -1;
	if (report->is_ready)
		return 0;
	if (!clock_left_ms(deadline))
		return describe_wait(podman, report, options, err);
	if (read_log(podman, options, clock_left_ms(deadline), true, report, &failure) == 0)
		return report->is_ready ? 0 : explain_end(podman, report, options, err);
	if (failure.kind == ERROR_TIMEOUT)
		return describe_wait(podman, report, options, err);
	*err = failure;
	return -1;
}

/* The banner did not come: what the log says last is worth more than the bare limit. */
static int explain_silence(struct podman *podman, const struct ready_options *options,
			   struct report *report, const struct error *banner, struct error *err)
{
	read_log(podman, options, LOG_TIMEOUT_MS, false, report, NULL);
	if (!banner->text[0])
		return explain_end(podman, report, options, err);
	*err = *banner;
	if (banner->kind == ERROR_TIMEOUT && report->last_words.len)
		error_set(err, ERROR_TIMEOUT, "%s: %s", banner->text, report->last_words.data);
	return -1;
}

int ready_wait(struct podman *podman, const struct ready_options *options, char **ret_host_key,
	       struct error *err)
{
	DEFER(report_release) struct report report = { .options = options };
	const int64_t deadline = clock_mono_ms() + options->timeout_ms;
	struct error banner = { 0 };

	buf_init(&report.last_words, LAST_WORDS_MAX * 4);
	if (options->address && wait_banner(podman, options, deadline, &banner) < 0)
		return explain_silence(podman, options, &report, &banner, err);
	if (watch_log(podman, options, &report, deadline, err) < 0)
		return -1;
	*ret_host_key = TAKE(report.host_key);
	return 0;
}
