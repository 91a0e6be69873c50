/* SPDX-License-Identifier: MIT */
/*
 * The live display is a block of lines at the bottom of the terminal. Every change of the block is
 * one write: back to its first line, each line anew with "erase to the end of line", then what was
 * left over erased. A thread redraws it so that times move while a step takes long; the log hook
 * takes the block away before a line of the log and puts it back behind. Rows that are done give
 * way to those that run when the terminal is too low.
 *
 * Locks: the log holds its own lock around the hook, which takes ours; nothing here logs while it
 * holds ours.
 */
#include "progress.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/term.h"
#include "winalux/workspace/apply.h"

#include "table.h"
#include "view.h"

enum { REDRAW_MS = 100, NAME_WIDTH_MAX = 24 };

struct row {
	char *name;
	char *text;
	size_t number, total;
	int64_t begun_ms;
	int64_t took_ms; /* when done */
	bool is_done;
	bool has_failed;
};

struct progress {
	int fd;
	enum progress_mode mode;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t redrawer;
	bool is_ending;
	bool is_hidden; /* the log is writing */
	size_t drawn;   /* lines of the block on the terminal */
	struct row *rows;
	size_t count;
	size_t cap;
};

enum progress_mode progress_mode_for(int fd, bool is_quiet)
{
	const char *term = getenv("TERM");

	if (is_quiet)
		return PROGRESS_QUIET;
	if (!term_is_terminal(fd) || !term || strcmp(term, "dumb") == 0)
		return PROGRESS_PLAIN;
	return PROGRESS_LIVE;
}

static const char *shown_name(const char *workspace)
{
	return workspace ? workspace : "account";
}

static struct row *row_get(struct progress *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->rows[i].name, name) == 0)
			return &p->rows[i];
	}
	struct row *row = xgrow(&p->rows, &p->cap, p->count, sizeof(*row));
	p->count++;
	*row = (struct row){ .name = xstrdup(name), .begun_ms = clock_mono_ms() };
	return row;
}

static void row_set_text(struct row *row, const char *text)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	buf_add_printable(&b, text, strlen(text), false);
	free(row->text);
	row->text = buf_take(&b);
}

/* --- the block --- */

static size_t terminal_rows(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_row < 2)
		return 24;
	return size.ws_row;
}

static void add_row(struct buf *b, const struct row *row, size_t name_width, size_t width)
{
	DEFER(buf_release) struct buf line = { 0 };
	DEFER(freep)
	char *took = view_took(row->is_done ? row->took_ms : clock_mono_ms() - row->begun_ms);

	buf_init(&line, SIZE_MAX);
	text_add_cut(&line, row->name, name_width);
	buf_addf(&line, "%*s", (int)(name_width + 2 - term_text_width(line.data)), "");
	buf_addf(&line, "%8s  ", took);
	if (!row->is_done && row->total > 0)
		buf_addf(&line, "%zu/%zu  ", row->number, row->total);
	buf_add_str(&line, row->text ? row->text : "");
	text_add_cut(b, line.data, width);
	buf_add_str(b, "\033[K\n");
}

static size_t name_column(const struct progress *p)
{
	size_t width = 8;

	for (size_t i = 0; i < p->count; i++) {
		size_t name = term_text_width(p->rows[i].name);
		width = name > width ? name : width;
	}
	return width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
}

static size_t count_running(const struct progress *p)
{
	size_t running = 0;

	for (size_t i = 0; i < p->count; i++)
		running += !p->rows[i].is_done;
	return running;
}

/*
 * In the order in which they began; where the terminal is too low, running ones stay and as many of
 * the done ones as there is room for. Returns the lines added.
 */
static size_t add_rows(const struct progress *p, struct buf *b, size_t room)
{
	size_t width = (size_t)term_width(p->fd, 80), running = count_running(p), added = 0;
	size_t done_room = running < room ? room - running : 0;

	for (size_t i = 0; i < p->count && added < room; i++) {
		if (p->rows[i].is_done && done_room == 0)
			continue;
		done_room -= p->rows[i].is_done;
		add_row(b, &p->rows[i], name_column(p), width > 1 ? width - 1 : 1);
		added++;
	}
	return added;
}

static void go_back(const struct progress *p, struct buf *b)
{
	if (p->drawn > 0)
		buf_addf(b, "\033[%zuA", p->drawn);
	buf_add_char(b, '\r');
}

static void redraw(struct progress *p)
{
	DEFER(buf_release) struct buf b = { 0 };

	if (p->is_hidden || p->mode != PROGRESS_LIVE || p->count == 0)
		return;
	buf_init(&b, SIZE_MAX);
	go_back(p, &b);
	size_t drawn = add_rows(p, &b, terminal_rows(p->fd) - 1);
	buf_add_str(&b, "\033[J");
	p->drawn = drawn;
	fd_write_all(p->fd, b.data, b.len, NULL); /* a display has nowhere to report to */
}

static void erase(struct progress *p)
{
	DEFER(buf_release) struct buf b = { 0 };

	if (p->drawn == 0)
		return;
	buf_init(&b, SIZE_MAX);
	go_back(p, &b);
	buf_add_str(&b, "\033[J");
	p->drawn = 0;
	fd_write_all(p->fd, b.data, b.len, NULL);
}

static void on_log(bool is_before, void *context)
{
	struct progress *p = context;

	pthread_mutex_lock(&p->lock);
	p->is_hidden = is_before;
	if (is_before)
		erase(p);
	else
		redraw(p);
	pthread_mutex_unlock(&p->lock);
}

/* The first picture comes after one period: what is done sooner needs none. */
static void *redraw_often(void *context)
{
	struct progress *p = context;

	pthread_mutex_lock(&p->lock);
	while (!p->is_ending) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += REDRAW_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
		if (!p->is_ending)
			redraw(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* --- plain lines --- */

static void write_plain(struct progress *p, const char *name, const char *text)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	buf_addf(&b, "%s: ", name);
	buf_add_printable(&b, text, strlen(text), false);
	buf_add_char(&b, '\n');
	fd_write_all(p->fd, b.data, b.len, NULL);
}

/* --- callbacks --- */

static void on_step(void *context, const char *workspace, const char *text, size_t number,
		    size_t total)
{
	struct progress *p = context;
	const char *name = shown_name(workspace);

	if (p->mode == PROGRESS_PLAIN)
		write_plain(p, name, text);
	if (p->mode != PROGRESS_LIVE)
		return;
	pthread_mutex_lock(&p->lock);
	struct row *row = row_get(p, name);
	row->number = number;
	row->total = total;
	row_set_text(row, text);
	pthread_mutex_unlock(&p->lock);
}

static void on_line(void *context, const char *workspace, const char *line)
{
	struct progress *p = context;
	const char *name = shown_name(workspace);

	if (p->mode == PROGRESS_PLAIN)
		write_plain(p, name, line);
	if (p->mode != PROGRESS_LIVE)
		return;
	pthread_mutex_lock(&p->lock);
	row_set_text(row_get(p, name), line);
	pthread_mutex_unlock(&p->lock);
}

/* Images come through the same calls as workspaces: created is built, unchanged only moved. */
static const char *done_word(const char *name, enum action action)
{
	bool is_image = strncmp(name, "image ", strlen("image ")) == 0;

	if (is_image && action == ACTION_UNCHANGED)
		return "done";
	return is_image && action == ACTION_CREATE ? "built" : view_action_done(action);
}

static void on_done(void *context, const char *workspace, enum action action, int64_t took_ms,
		    const struct error *err)
{
	struct progress *p = context;
	const char *name = shown_name(workspace);
	DEFER(freep) char *took = view_took(took_ms);
	DEFER(freep)
	char *text = err ? xasprintf("failed: %s", err->text) : xstrdup(done_word(name, action));

	view_shorten_ids(text);
	if (p->mode == PROGRESS_PLAIN) {
		DEFER(freep) char *timed = err ? xstrdup(text) : xasprintf("%s (%s)", text, took);
		write_plain(p, name, timed);
	}
	if (p->mode != PROGRESS_LIVE)
		return;
	pthread_mutex_lock(&p->lock);
	struct row *row = row_get(p, name);
	row->is_done = true;
	row->has_failed = err != NULL;
	row->took_ms = took_ms;
	row_set_text(row, text);
	pthread_mutex_unlock(&p->lock);
}

struct progress_sink progress_sink(struct progress *progress)
{
	return (struct progress_sink){ on_step, on_line, on_done, progress };
}

static void start_live(struct progress *p)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&p->redrawer, NULL, redraw_often, p) != 0) {
		pthread_cond_destroy(&p->wake);
		p->mode = PROGRESS_PLAIN;
		return;
	}
	log_set_hook(on_log, p);
}

struct progress *progress_new(int fd, enum progress_mode mode)
{
	struct progress *p = xcalloc(1, sizeof(*p));

	p->fd = fd;
	p->mode = mode;
	pthread_mutex_init(&p->lock, NULL);
	if (mode == PROGRESS_LIVE)
		start_live(p);
	return p;
}

static void end_live(struct progress *p)
{
	log_set_hook(NULL, NULL);
	pthread_mutex_lock(&p->lock);
	p->is_ending = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->redrawer, NULL);
	erase(p);
	pthread_cond_destroy(&p->wake);
}

void progress_freep(struct progress **progress)
{
	struct progress *p = *progress;

	*progress = NULL;
	if (!p)
		return;
	if (p->mode == PROGRESS_LIVE)
		end_live(p);
	pthread_mutex_destroy(&p->lock);
	for (size_t i = 0; i < p->count; i++) {
		free(p->rows[i].name);
		free(p->rows[i].text);
	}
	free(p->rows);
	free(p);
}
