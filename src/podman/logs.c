/* SPDX-License-Identifier: MIT */
/*
 * A container's log. The answer is a chain of frames, in libpod one for each entry of the k8s-file
 * log; an entry that conmon cut (a line without its newline yet, or one above 2 KiB) is a frame
 * without a newline, and with timestamps each of them begins with one, which must not end up
 * in the middle of the line.
 *
 * With follow, 4.3.1 and 5.4.2 look at the file every 250 ms, and send the headers of
 * the answer with the first item or at once, depending on version: so no limit on silence here.
 */
#include "winalux/podman/container.h"

#include <string.h>

#include "client.h"
#include "stream.h"
#include "winalux/base/mem.h"

enum { LOG_LINE_MAX = 64 << 10 };

struct log_reader {
	struct frames frames;
	struct lines lines[2]; /* stdout, stderr */
	bool is_skipping[2];   /* a timestamp inside a line */
	bool has_timestamps;
	bool is_stderr; /* of the line that is being given */
	log_line_fn on_line;
	void *context;
};

static bool on_line(const char *line, size_t len, void *context)
{
	struct log_reader *r = context;

	return r->on_line(line, len, r->is_stderr, r->context);
}

static bool on_frame(enum frame_stream stream, bool is_start, const char *data, size_t len,
		     void *context)
{
	struct log_reader *r = context;
	int index = stream == FRAME_STDERR;

	if (is_start)
		r->is_skipping[index] = r->has_timestamps && r->lines[index].is_open;
	if (r->is_skipping[index]) {
		const char *blank = memchr(data, ' ', len);

		if (!blank)
			return true;
		len -= (size_t)(blank + 1 - data);
		data = blank + 1;
		r->is_skipping[index] = false;
	}
	r->is_stderr = index;
	return lines_feed(&r->lines[index], data, len, on_line, r);
}

static bool on_data(const char *data, size_t len, void *context)
{
	struct log_reader *r = context;

	return frames_feed(&r->frames, data, len, on_frame, r);
}

static void build_request(struct request *rq, const char *id, const struct log_options *options)
{
	bool has_choice = options->with_stdout || options->with_stderr;

	request_init(rq, "GET", "read the log of container", id);
	request_path(rq, "containers", id, "logs", NULL);
	request_query(rq, "stdout", options->with_stdout || !has_choice ? "true" : "false");
	request_query(rq, "stderr", options->with_stderr || !has_choice ? "true" : "false");
	request_query(rq, "follow", options->follow ? "true" : "false");
	request_query(rq, "timestamps", options->with_timestamps ? "true" : "false");
	if (options->since_s > 0)
		request_query_int(rq, "since", options->since_s);
	if (options->tail >= 0)
		request_query_int(rq, "tail", options->tail);
	rq->timeout_ms = options->timeout_ms;
}

static int read_log(struct podman *podman, const struct request *rq, struct log_reader *r,
		    struct error *err)
{
	struct response response;

	if (podman_call(podman, rq, &response, err) < 0)
		return -1;
	if (r->frames.is_bad || (!response.is_stopped && !frames_is_whole(&r->frames)))
		return error_set(err, ERROR_PODMAN,
				 "cannot read the log of container '%s': Podman's stream is broken",
				 rq->subject);
	for (int i = 0; i < 2 && !response.is_stopped; i++) {
		r->is_stderr = i;
		if (!lines_end(&r->lines[i], on_line, r))
			break;
	}
	return 0;
}

int container_logs(struct podman *podman, const char *id, const struct log_options *options,
		   log_line_fn fn, void *context, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct log_reader reader = { .has_timestamps = options->with_timestamps,
				     .on_line = fn,
				     .context = context };

	build_request(&rq, id, options);
	rq.on_data = on_data;
	rq.context = &reader;
	lines_init(&reader.lines[0], LOG_LINE_MAX);
	lines_init(&reader.lines[1], LOG_LINE_MAX);
	int result = read_log(podman, &rq, &reader, err);
	lines_release(&reader.lines[0]);
	lines_release(&reader.lines[1]);
	return result;
}
