/* SPDX-License-Identifier: MIT */
/*
 * One poll loop with a queue for each direction, so that nothing waits for anything else: the
 * stream is read while both output queues are empty, stdin while its queue is, and an output is
 * written to when poll says it takes bytes, at most PIPE_BUF of them, because the descriptors are
 * the user's and must not be made non-blocking behind the back of others who hold them.
 *
 * End of stdin becomes a half close of the stream; the end of the stream is the end of the session.
 */
#include "exec_pump.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/podman/exec.h"

enum { PUMP_TICK_MS = 150, PUMP_READ_BYTES = 32 << 10, PUMP_QUEUE_MAX = 1 << 20 };

/*
 * What libpod adds to stderr after each command that cannot be started, and when one ends without
 * having read all of its input (4.3.1, 5.4.2).
 */
static const char *const attach_noise[] = {
	"Error: read unixpacket @->/proc/self/fd/",
	"Error: write unixpacket @->/proc/self/fd/",
};

struct queue {
	struct buf buf;
	size_t at; /* written so far */
};

enum pump_slot { SLOT_STREAM, SLOT_STDIN, SLOT_STDOUT, SLOT_STDERR, SLOT_COUNT };

struct pump {
	const struct exec_options *options;
	int sock;
	struct frames frames;
	struct queue to_stream;
	struct queue out[2]; /* stdout, stderr */
	bool is_stdin_open;
	bool is_stream_open;
	bool is_half_closed;
	int64_t deadline_ms; /* 0: none */
	struct winsize size;
	exec_resize_fn on_resize;
	void *context;
};

static bool is_empty(const struct queue *q)
{
	return q->at == q->buf.len;
}

static void advance(struct queue *q, size_t len)
{
	q->at += len;
	if (is_empty(q)) {
		buf_clear(&q->buf);
		q->at = 0;
	}
}

static int output_fd(const struct pump *p, int index)
{
	return index ? p->options->stderr_fd : p->options->stdout_fd;
}

/* An output without a descriptor is dropped. */
static void add_output(struct pump *p, int index, const char *data, size_t len)
{
	if (output_fd(p, index) >= 0)
		buf_add(&p->out[index].buf, data, len);
}

static bool is_noise(const char *data, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(attach_noise); i++) {
		size_t prefix = strlen(attach_noise[i]);

		if (len > prefix && !memcmp(data, attach_noise[i], prefix))
			return true;
	}
	return false;
}

static bool on_frame(enum frame_stream stream, bool is_start, const char *data, size_t len,
		     void *context)
{
	struct pump *p = context;
	int index = stream == FRAME_STDERR || stream == FRAME_ERROR;

	(void)is_start;
	if (index && is_noise(data, len))
		return true;
	add_output(p, index, data, len);
	return true;
}

static int take(struct pump *p, const char *data, size_t len, struct error *err)
{
	if (p->options->has_terminal)
		add_output(p, 0, data, len);
	else if (!frames_feed(&p->frames, data, len, on_frame, p))
		return error_set(err, ERROR_PODMAN, "Podman's stream is broken");
	return 0;
}

static int read_stream(struct pump *p, struct error *err)
{
	char data[PUMP_READ_BYTES];
	ssize_t n = recv(p->sock, data, sizeof(data), MSG_DONTWAIT);

	if (n > 0)
		return take(p, data, (size_t)n, err);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* A reset is how the engine ends a session whose input it did not read to the end. */
	if (n < 0 && errno != ECONNRESET)
		return error_set_errno(err, ERROR_PODMAN, errno, "cannot read Podman's stream");
	p->is_stream_open = false;
	if (!p->options->has_terminal && !frames_is_whole(&p->frames))
		return error_set(err, ERROR_PODMAN, "Podman's stream ended in the middle");
	return 0;
}

static void half_close(struct pump *p)
{
	if (p->is_stdin_open || !is_empty(&p->to_stream) || p->is_half_closed)
		return;
	p->is_half_closed = true;
	shutdown(p->sock, SHUT_WR);
}

static void read_stdin(struct pump *p)
{
	char data[PUMP_READ_BYTES];
	ssize_t n = read(p->options->stdin_fd, data, sizeof(data));

	if (n > 0)
		buf_add(&p->to_stream.buf, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		p->is_stdin_open = false;
	half_close(p);
}

static void write_stream(struct pump *p)
{
	struct queue *q = &p->to_stream;
	ssize_t n =
		send(p->sock, q->buf.data + q->at, q->buf.len - q->at, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n >= 0) {
		advance(q, (size_t)n);
	} else if (errno != EAGAIN && errno != EINTR) {
		/* The command does not read any more; what it says still counts. */
		p->is_stdin_open = false;
		advance(q, q->buf.len - q->at);
	}
	half_close(p);
}

static int write_output(struct pump *p, int index, struct error *err)
{
	struct queue *q = &p->out[index];
	size_t len = q->buf.len - q->at;
	ssize_t n =
		write(output_fd(p, index), q->buf.data + q->at, len < PIPE_BUF ? len : PIPE_BUF);

	if (n >= 0)
		advance(q, (size_t)n);
	else if (errno != EAGAIN && errno != EINTR)
		return error_set_errno(err, ERROR_HOST, errno, "cannot write the output");
	return 0;
}

static void check_size(struct pump *p)
{
	struct winsize now;

	if (!p->options->has_terminal || (p->options->resized && !*p->options->resized) ||
	    ioctl(p->options->stdin_fd, TIOCGWINSZ, &now) < 0)
		return;
	if (now.ws_row == p->size.ws_row && now.ws_col == p->size.ws_col)
		return;
	p->size = now;
	p->on_resize(&now, p->context);
}

static void set_slot(struct pollfd *slot, int fd, short events)
{
	*slot = (struct pollfd){ .fd = events && fd >= 0 ? fd : -1, .events = events };
}

static void fill_slots(const struct pump *p, struct pollfd slots[static SLOT_COUNT])
{
	bool is_drained = is_empty(&p->out[0]) && is_empty(&p->out[1]);
	short stream = (p->is_stream_open && is_drained ? POLLIN : 0) |
		       (p->is_stream_open && !is_empty(&p->to_stream) ? POLLOUT : 0);

	set_slot(&slots[SLOT_STREAM], p->sock, stream);
	set_slot(&slots[SLOT_STDIN], p->options->stdin_fd,
		 p->is_stdin_open && is_empty(&p->to_stream) ? POLLIN : 0);
	set_slot(&slots[SLOT_STDOUT], p->options->stdout_fd, is_empty(&p->out[0]) ? 0 : POLLOUT);
	set_slot(&slots[SLOT_STDERR], p->options->stderr_fd, is_empty(&p->out[1]) ? 0 : POLLOUT);
}

static int act(struct pump *p, const struct pollfd slots[static SLOT_COUNT], struct error *err)
{
	short stream = slots[SLOT_STREAM].revents;

	if (slots[SLOT_STDIN].revents)
		read_stdin(p);
	if ((stream & (POLLOUT | POLLERR | POLLHUP)) && !is_empty(&p->to_stream))
		write_stream(p);
	if ((stream & (POLLIN | POLLERR | POLLHUP)) && (slots[SLOT_STREAM].events & POLLIN) &&
	    read_stream(p, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (slots[SLOT_STDOUT + i].revents && !is_empty(&p->out[i]) &&
		    write_output(p, i, err) < 0)
			return -1;
	return 0;
}

static bool is_alive(const struct pump *p)
{
	return p->is_stream_open || !is_empty(&p->out[0]) || !is_empty(&p->out[1]);
}

/* Is there a reason to leave a stream that has not ended? */
static int check_limits(const struct pump *p, struct error *err)
{
	if (p->options->cancelled && *p->options->cancelled)
		return error_set(err, ERROR_INTERRUPTED, "interrupted");
	if (p->deadline_ms && clock_left_ms(p->deadline_ms) == 0)
		return error_set(err, ERROR_TIMEOUT, "the command has not ended within %d s",
				 p->options->timeout_ms / 1000);
	return 0;
}

static int run(struct pump *p, struct error *err)
{
	struct pollfd slots[SLOT_COUNT];

	while (is_alive(p)) {
		fill_slots(p, slots);
		int ready = poll(slots, SLOT_COUNT, PUMP_TICK_MS);

		if (check_limits(p, err) < 0)
			return -1;
		if (ready < 0 && errno != EINTR)
			return error_set_errno(err, ERROR_INTERNAL, errno, "cannot wait");
		check_size(p);
		if (ready > 0 && act(p, slots, err) < 0)
			return -1;
	}
	return 0;
}

int exec_pump(int sock, const struct exec_options *options, const struct buf *first,
	      exec_resize_fn on_resize, void *context, struct error *err)
{
	struct pump p = { .options = options,
			  .sock = sock,
			  .is_stdin_open = options->stdin_fd >= 0,
			  .is_stream_open = true,
			  .is_half_closed = options->stdin_fd < 0, /* nothing to end */
			  .on_resize = on_resize,
			  .context = context };

	buf_init(&p.to_stream.buf, PUMP_QUEUE_MAX);
	buf_init(&p.out[0].buf, PUMP_QUEUE_MAX);
	buf_init(&p.out[1].buf, PUMP_QUEUE_MAX);
	if (options->timeout_ms > 0)
		p.deadline_ms = clock_mono_ms() + options->timeout_ms;
	if (options->has_terminal)
		ioctl(options->stdin_fd, TIOCGWINSZ, &p.size);
	int result = take(&p, first->data, first->len, err);
	if (result == 0)
		result = run(&p, err);
	buf_release(&p.to_stream.buf);
	buf_release(&p.out[0].buf);
	buf_release(&p.out[1].buf);
	return result;
}
