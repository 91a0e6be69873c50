/* SPDX-License-Identifier: MIT */
/*
 * A command in a container, in four steps: create the session (POST), start it on a connection of
 * its own that becomes its stdin and stdout (hijack.c), carry bytes until the stream ends
 * (exec_pump.c), then ask for the exit status, which follows the end of the stream by a moment.
 *
 * A command that cannot be started is no error of the call on 4.3.1 and 5.4.2: 101, the reason as
 * stderr text, and exit status 126 or 127, as a shell has them.
 */
#include "winalux/podman/exec.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "exec_pump.h"
#include "hijack.h"
#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

enum { STATUS_WAIT_MS = 1000, STATUS_PAUSE_MS = 5, FIRST_BYTES_MAX = 1 << 20 };
enum { FRAME_HEAD = 8, HOLD_TICK_MS = 150, HOLD_BYTES_MAX = 64 << 10 };

/*
 * An empty text would leave ctrl-p,ctrl-q in force, or is refused (before 5.8). The engine holds
 * back the first key of a sequence until the next one comes, so that one is a rare key.
 */
#define IMPROBABLE_KEYS "ctrl-^,ctrl-@,ctrl-^,ctrl-_,ctrl-@"

struct session {
	struct podman *podman;
	const struct exec_options *options;
	const char *container;
	char *id;
};

static bool has_variable(const struct strv *environment, const char *prefix)
{
	for (size_t i = 0; i < environment->count; i++)
		if (!strncmp(environment->items[i], prefix, strlen(prefix)))
			return true;
	return false;
}

static void add_environment(struct json *body, const struct exec_options *options)
{
	struct json *array = json_add_array(body, "Env");

	for (size_t i = 0; i < options->environment.count; i++)
		json_append_text(array, options->environment.items[i]);
	/* Not LANG: the image's own would be overridden. */
	if (options->has_terminal && !has_variable(&options->environment, "TERM="))
		json_append_text(array, "TERM=xterm");
}

static struct json *encode_session(const struct exec_options *options)
{
	struct json *body = json_new_object();
	struct json *command = json_add_array(body, "Cmd");

	for (size_t i = 0; i < options->command.count; i++)
		json_append_text(command, options->command.items[i]);
	add_environment(body, options);
	json_add_bool(body, "Tty", options->has_terminal);
	json_add_bool(body, "AttachStdin", options->stdin_fd >= 0);
	json_add_bool(body, "AttachStdout", true);
	json_add_bool(body, "AttachStderr", true);
	json_add_bool(body, "Privileged", false);
	json_add_text(body, "DetachKeys", IMPROBABLE_KEYS);
	if (options->user)
		json_add_text(body, "User", options->user);
	if (options->workdir)
		json_add_text(body, "WorkingDir", options->workdir);
	return body;
}

static int create(struct session *s, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "POST", "execute in container", s->container);
	request_path(&rq, "containers", s->container, "exec", NULL);
	request_json(&rq, encode_session(s->options));
	return podman_call_id(s->podman, &rq, "Id", &s->id, err);
}

/* The size goes along with the start: a resize right after it may come too early (podman #10560).
 */
static struct json *encode_start(const struct exec_options *options)
{
	struct json *body = json_new_object();
	struct winsize size;

	json_add_bool(body, "Detach", false);
	json_add_bool(body, "Tty", options->has_terminal);
	if (options->has_terminal && ioctl(options->stdin_fd, TIOCGWINSZ, &size) == 0 &&
	    size.ws_row > 0 && size.ws_col > 0) {
		json_add_int(body, "h", size.ws_row);
		json_add_int(body, "w", size.ws_col);
	}
	return body;
}

static int start(const struct session *s, int *ret_fd, struct buf *rest, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "POST", "execute in container", s->container);
	request_path(&rq, "exec", s->id, "start", NULL);
	request_json(&rq, encode_start(s->options));
	return hijack_open(s->podman, &rq, ret_fd, rest, err);
}

static void on_resize(const struct winsize *size, void *context)
{
	DEFER(request_release) struct request rq;
	const struct session *s = context;

	request_init(&rq, "POST", "resize the terminal of", s->container);
	request_path(&rq, "exec", s->id, "resize", NULL);
	request_query_int(&rq, "h", size->ws_row);
	request_query_int(&rq, "w", size->ws_col);
	request_query(&rq, "running", "true"); /* the session may have ended: no error */
	podman_call(s->podman, &rq, NULL, NULL);
}

static int inspect(const struct session *s, bool *ret_running, int *ret_status, struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(json_freep) struct json *answer = NULL;

	request_init(&rq, "GET", "read the exit status of a command in container", s->container);
	request_path(&rq, "exec", s->id, "json", NULL);
	if (podman_call_json(s->podman, &rq, &answer, err) < 0)
		return -1;
	*ret_running = json_get_bool(answer, "Running", false);
	*ret_status = (int)json_get_int(answer, "ExitCode", 0);
	return 0;
}

static int wait_status(const struct session *s, int *ret_status, struct error *err)
{
	int64_t deadline_ms = clock_mono_ms() + STATUS_WAIT_MS;
	int pause_ms = STATUS_PAUSE_MS;
	bool is_running;
	int status;

	for (;;) {
		if (inspect(s, &is_running, &status, err) < 0)
			return -1;
		if (!is_running) {
			*ret_status = status;
			return 0;
		}
		if (clock_left_ms(deadline_ms) == 0)
			return error_set(err, ERROR_PODMAN,
					 "the output of the command in container '%s' ended, but "
					 "Podman does not say how the command did",
					 s->container);
		clock_sleep_ms(pause_ms);
		pause_ms *= 2;
	}
}

static int run(struct session *s, int *ret_status, struct error *err)
{
	DEFER(fd_closep) int sock = -1;
	DEFER(buf_release) struct buf first = { 0 };

	buf_init(&first, FIRST_BYTES_MAX);
	if (create(s, err) < 0 || start(s, &sock, &first, err) < 0)
		return -1;
	if (exec_pump(sock, s->options, &first, on_resize, s, err) < 0)
		return error_add(err, "cannot execute in container '%s'", s->container);
	return wait_status(s, ret_status, err);
}

int exec_run(struct podman *podman, const char *container_id, const struct exec_options *options,
	     int *ret_status, struct error *err)
{
	struct session s = { .podman = podman, .options = options, .container = container_id };
	int result = run(&s, ret_status, err);

	free(s.id);
	return result;
}

/* --- a command that is held --- */

/* The payload of whole and of begun frames {stream, 0, 0, 0, len32be}, into text. */
static void unframe(const struct buf *raw, struct buf *text)
{
	const unsigned char *at = (const unsigned char *)raw->data;
	size_t left = raw->len;

	while (left >= FRAME_HEAD) {
		size_t len = (size_t)at[4] << 24 | (size_t)at[5] << 16 | (size_t)at[6] << 8 | at[7];

		at += FRAME_HEAD;
		left -= FRAME_HEAD;
		if (len > left)
			len = left;
		buf_add(text, (const char *)at, len);
		at += len;
		left -= len;
	}
}

static char *first_line(const struct buf *raw)
{
	DEFER(buf_release) struct buf text = { 0 };
	const char *end;

	buf_init(&text, FIRST_BYTES_MAX);
	unframe(raw, &text);
	end = text.len ? memchr(text.data, '\n', text.len) : NULL;
	return end ? xstrndup(text.data, (size_t)(end - text.data)) : NULL;
}

/* More of the stream; 0 at its end. */
static ssize_t read_more(struct podman *podman, int fd, int64_t deadline_ms, struct buf *raw,
			 struct error *err)
{
	char bytes[512];
	ssize_t n;

	for (;;) {
		int left_ms = clock_left_ms(deadline_ms);

		if (podman_is_cancelled(podman))
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		if (left_ms == 0)
			return error_set(err, ERROR_TIMEOUT, "the command does not answer");
		if (fd_wait(fd, POLLIN, left_ms < HOLD_TICK_MS ? left_ms : HOLD_TICK_MS) > 0)
			break;
	}
	n = read(fd, bytes, sizeof(bytes));
	if (n > 0)
		buf_add(raw, bytes, (size_t)n);
	return n > 0 ? n : 0;
}

static int await_line(struct podman *podman, int fd, int timeout_ms, struct buf *raw,
		      char **ret_line, struct error *err)
{
	const int64_t deadline_ms = clock_mono_ms() + timeout_ms;

	while ((*ret_line = first_line(raw)) == NULL) {
		ssize_t n = read_more(podman, fd, deadline_ms, raw, err);

		if (n < 0)
			return -1;
		if (n == 0 || raw->len >= HOLD_BYTES_MAX)
			return error_set(err, ERROR_PODMAN, "the command ended at once");
	}
	return 0;
}

int exec_hold(struct podman *podman, const char *container_id, const struct strv *command,
	      int timeout_ms, char **ret_line, int *ret_fd, struct error *err)
{
	const struct exec_options options = { .command = *command, .stdin_fd = STDIN_FILENO };
	struct session s = { .podman = podman, .options = &options, .container = container_id };
	DEFER(fd_closep) int sock = -1;
	DEFER(buf_release) struct buf raw = { 0 };
	DEFER(freep) char *line = NULL;
	int result = -1;

	buf_init(&raw, FIRST_BYTES_MAX);
	if (create(&s, err) == 0 && start(&s, &sock, &raw, err) == 0)
		result = await_line(podman, sock, timeout_ms, &raw, &line, err);
	free(s.id);
	if (result < 0)
		return error_add(err, "cannot execute in container '%s'", container_id);
	*ret_line = TAKE(line);
	*ret_fd = TAKE_FD(sock);
	return 0;
}
