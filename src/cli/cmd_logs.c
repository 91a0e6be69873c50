/* SPDX-License-Identifier: MIT */
/*
 * Logs of several containers are read one after the other and merged by time; with --follow there
 * is one thread and one connection for each, whose lines are written whole as they come. When one
 * of them ends the others go on; a signal ends all.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"
#include "winalux/podman/podman.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "event_text.h"
#include "find.h"
#include "log_merge.h"
#include "signals.h"

enum { CONTAINERS_MAX = 32, TAIL_MAX = 1000000, LOG_MAX_BYTES = 64 << 20 };

struct logs_options {
	bool does_follow;
	bool is_raw;
	const char *tail;
	uint64_t since_ms;
};

static const struct option logs_option_table[] = {
	{ .name = "follow",
	  .letter = 'f',
	  .offset = offsetof(struct logs_options, does_follow),
	  .help = "go on with what comes, until the containers end" },
	{ .name = "tail",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct logs_options, tail),
	  .arg = "N",
	  .help = "only the last N lines of each container" },
	{ .name = "since",
	  .kind = OPTION_DURATION,
	  .offset = offsetof(struct logs_options, since_ms),
	  .arg = "TIME",
	  .help = "only what is younger: 90s, 5m, 2h, 1d" },
	{ .name = "raw",
	  .offset = offsetof(struct logs_options, is_raw),
	  .help = "lines as they are, without time and sentences" },
	{ .name = NULL },
};

/* One container's stream. */
struct source {
	const struct container *container;
	const char *role;
	struct podman *podman;
	const struct log_options *options;
	pthread_mutex_t *write_lock;
	size_t prefix_width; /* 0: no prefix */
	bool is_raw;
	bool is_json;
	struct log_lines *lines; /* NULL: what comes is written at once */
	int result;
	struct error err;
};

/* "2026-01-31T23:59:59.123456789+01:00" to "2026-01-31 22:59:59". */
static void add_time(struct buf *b, const char *stamp, size_t len)
{
	enum { DATE = 10, WHOLE = 19 };
	char utc[CLOCK_RFC3339_SIZE];
	uint32_t time_ns;
	int64_t time_s;

	if (!log_stamp_parse(stamp, len, &time_s, &time_ns)) {
		buf_add_printable(b, stamp, len, false);
		return;
	}
	clock_format_rfc3339(time_s, utc);
	buf_add(b, utc, DATE);
	buf_add_char(b, ' ');
	buf_add(b, utc + DATE + 1, WHOLE - DATE - 1);
}

/* The same in RFC 3339, nanoseconds and all; what is no time stays. The caller frees it. */
static char *utc_time(const char *stamp, size_t len)
{
	char utc[CLOCK_RFC3339_SIZE];
	uint32_t time_ns;
	int64_t time_s;

	if (!log_stamp_parse(stamp, len, &time_s, &time_ns))
		return xstrndup(stamp, len);
	clock_format_rfc3339(time_s, utc);
	return time_ns ? xasprintf("%.19s.%09uZ", utc, time_ns) : xstrdup(utc);
}

static void add_text_line(struct buf *b, const struct source *s, const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len);
	size_t stamp = blank ? (size_t)(blank - line) : len;
	size_t body = blank ? stamp + 1 : len;

	if (s->prefix_width > 0)
		buf_addf(b, "%-*s  ", (int)s->prefix_width, s->role);
	add_time(b, line, stamp);
	buf_add_str(b, "  ");
	event_text_add(b, line + body, len - body);
	buf_add_char(b, '\n');
}

static void add_json_line(struct buf *b, const struct source *s, const char *line, size_t len,
			  bool is_stderr)
{
	const char *blank = memchr(line, ' ', len);
	size_t stamp = blank ? (size_t)(blank - line) : 0;
	size_t body = blank ? stamp + 1 : 0;
	DEFER(freep) char *time = utc_time(line, stamp);
	DEFER(freep) char *text = xstrndup(line + body, len - body);
	struct json *event = NULL, *root = json_new_object();

	json_add_text(root, "time", time);
	json_add_text(root, "container", s->role);
	json_add_text(root, "stream", is_stderr ? "stderr" : "stdout");
	json_add_text(root, "line", text);
	if (json_parse(text, strlen(text), &event, NULL) == 0 && json_is_object(event))
		json_add(root, "event", event);
	else
		json_free(event);
	DEFER(freep) char *printed = json_print(root, false);
	buf_add_str(b, printed);
	buf_add_char(b, '\n');
	json_free(root);
}

static void add_raw_line(struct buf *b, const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len);
	size_t body = blank ? (size_t)(blank - line) + 1 : 0;

	buf_add(b, line + body, len - body);
	buf_add_char(b, '\n');
}

/* Ends the stream when nobody reads any more. */
static bool on_line(const char *line, size_t len, bool is_stderr, void *context)
{
	const struct source *s = context;
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	if (s->is_json)
		add_json_line(&b, s, line, len, is_stderr);
	else if (s->is_raw)
		add_raw_line(&b, line, len);
	else
		add_text_line(&b, s, line, len);
	if (s->lines) {
		const char *blank = memchr(line, ' ', len);

		log_lines_add(s->lines, line, blank ? (size_t)(blank - line) : 0, &b);
		return !s->lines->text.is_full;
	}
	pthread_mutex_lock(s->write_lock);
	fwrite(b.data, 1, b.len, stdout);
	bool goes_on = !s->options->follow || fflush(stdout) == 0;
	goes_on = goes_on && !ferror(stdout);
	pthread_mutex_unlock(s->write_lock);
	return goes_on;
}

static void *read_source(void *context)
{
	struct source *s = context;

	s->result = container_logs(s->podman, s->container->id, s->options, on_line, s, &s->err);
	return NULL;
}

static void read_together(struct source *sources, size_t count)
{
	pthread_t threads[CONTAINERS_MAX];
	bool has_thread[CONTAINERS_MAX] = { false };

	for (size_t i = 0; i < count; i++) {
		has_thread[i] = pthread_create(&threads[i], NULL, read_source, &sources[i]) == 0;
		if (!has_thread[i])
			sources[i].result =
				error_set(&sources[i].err, ERROR_INTERNAL, "cannot start a thread");
	}
	for (size_t i = 0; i < count; i++) {
		if (has_thread[i])
			pthread_join(threads[i], NULL);
	}
}

static void read_merged(struct source *sources, size_t count)
{
	struct log_lines logs[CONTAINERS_MAX], *all[CONTAINERS_MAX];
	const char *line;
	size_t len;

	for (size_t i = 0; i < count; i++) {
		sources[i].lines = all[i] = &logs[i];
		log_lines_init(all[i], LOG_MAX_BYTES);
		read_source(&sources[i]);
		if (all[i]->text.is_full)
			log_warn("the log of '%s' is longer than %d MiB: use --tail or --since",
				 sources[i].container->name, LOG_MAX_BYTES >> 20);
	}
	while (!ferror(stdout) && log_merge_next(all, count, &line, &len))
		fwrite(line, 1, len, stdout);
	for (size_t i = 0; i < count; i++)
		log_lines_release(all[i]);
}

static int first_failure(const struct source *sources, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (sources[i].result == 0)
			continue;
		*err = sources[i].err;
		return error_add(err, "cannot read the log of '%s'", sources[i].container->name);
	}
	return 0;
}

/* The sidecar asked for, or all of the workspace's, dev last. */
static int choose(const struct containers *containers, const struct strv *args,
		  const struct container **ret, size_t *ret_count, struct error *err)
{
	const char *role = args->count > 1 ? args->items[1] : NULL;
	size_t count = 0;

	if (role) {
		*ret_count = 1;
		return find_container(containers, args->items[0], role, true, ret, err);
	}
	for (size_t i = 0; i < containers->count && count < CONTAINERS_MAX; i++) {
		const struct container *c = &containers->items[i];
		if (!c->is_infra)
			ret[count++] = c;
	}
	*ret_count = count;
	return 0;
}

static int fill_log_options(const struct logs_options *o, struct log_options *ret,
			    struct error *err)
{
	uint64_t tail = 0;

	*ret = (struct log_options){
		.follow = o->does_follow,
		.with_stdout = true,
		.with_stderr = true,
		.with_timestamps = true,
		.since_s = o->since_ms ? clock_wall_s() - (int64_t)(o->since_ms / 1000) : 0,
		.tail = -1,
		.timeout_ms = -1,
	};
	if (!o->tail)
		return 0;
	if (!parse_whole_u64(o->tail, 0, TAIL_MAX, &tail))
		return error_set(err, ERROR_USAGE, "option '--tail': '%s' is not a number",
				 o->tail);
	ret->tail = (int)tail;
	return 0;
}

static size_t role_width(const struct container *const *chosen, size_t count)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(find_role(chosen[i]));
		width = len > width ? len : width;
	}
	return width;
}

static void source_init(struct source *s, struct app *app, const struct logs_options *o,
			const struct container *container)
{
	*s = (struct source){
		.container = container,
		.role = find_role(container),
		.podman = podman_clone(host_podman(app->host)),
		.is_raw = o->is_raw,
		.is_json = app->global.is_json,
	};
}

static int run_logs(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct logs_options *o = options;
	DEFER(containers_release) struct containers containers = { 0 };
	const struct container *chosen[CONTAINERS_MAX];
	struct source sources[CONTAINERS_MAX] = { 0 };
	struct log_options log_options;
	pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;
	size_t count;

	if (fill_log_options(o, &log_options, err) < 0 ||
	    find_containers(app, args->items[0], &containers, err) < 0 ||
	    choose(&containers, args, chosen, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		source_init(&sources[i], app, o, chosen[i]);
	for (size_t i = 0; i < count; i++) {
		sources[i].options = &log_options;
		sources[i].write_lock = &write_lock;
		sources[i].prefix_width = count > 1 ? role_width(chosen, count) : 0;
	}
	if (count == 1)
		read_source(&sources[0]);
	else if (o->does_follow)
		read_together(sources, count);
	else
		read_merged(sources, count);
	app->has_result = true;
	for (size_t i = 0; i < count; i++)
		podman_free(sources[i].podman);
	if (o->does_follow && *signals_cancelled()) {
		app->exit_status = error_exit_status(ERROR_INTERRUPTED);
		return 0; /* the way to end it, no failure to talk about */
	}
	return first_failure(sources, count, err);
}

const struct command cmd_logs = {
	.name = "logs",
	.summary = "Show what a workspace's containers have logged",
	.args = "NAME [SIDECAR]",
	.details =
		"Without SIDECAR all containers of the workspace are shown by time, each line with "
		"the name of its container; SIDECAR 'dev' is the dev container alone. Events of "
		"the "
		"guest become sentences. Times are UTC. With --json each line is one object.",
	.min_args = 1,
	.max_args = 2,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_WORKSPACE,
	.options = logs_option_table,
	.options_size = sizeof(struct logs_options),
	.run = run_logs,
};
