/* SPDX-License-Identifier: MIT */
#include "dashboard.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "storage_warning.h"
#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"

enum {
	BAR_CELLS = 10,
	NARROW_BAR_CELLS = 5,
	LABEL_COLUMNS = 13,
	NOTE_COLUMNS = 19,   /* of "  ✦ Persistence    " */
	NARROW_COLUMNS = 50, /* notes stand below their titles there, and bars are shorter */
	FOLD_INDENT = 2,     /* of what is continued, more than of its beginning */
	STATUS_INDENT = 2,
	NAMES_SIZE = 640,
	HEADER_SIZE = 128,
};

/* Signs for terminals that have them, and for the others. */
enum sign { SIGN_FULL, SIGN_EMPTY, SIGN_STAR, SIGN_COUNT };
static const char *const signs[SIGN_COUNT][2] = {
	[SIGN_FULL] = { "#", "■" },
	[SIGN_EMPTY] = { "-", "□" },
	[SIGN_STAR] = { "*", "✦" },
};

static const struct {
	const char *title, *text;
} notes[] = {
	{ "Persistence",
	  "Files in /home/developer are volume-backed. Redeploying the container will NOT delete "
	  "your work." },
	{ "Security", "This is a rootless system. No sudo access available." },
	{ "Interface", "Type task --list to see all available commands." },
};

struct canvas {
	const struct dashboard *d;
	char *text;
	size_t len, size;
};

/* --- letters --- */

static void add(struct canvas *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct canvas *c, const char *fmt, ...)
{
	const size_t room = c->size - c->len;
	va_list ap;

	va_start(ap, fmt);
	const int n = vsnprintf(c->text + c->len, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < room)
		c->len += (size_t)n;
	else
		c->text[c->len] = '\0';
}

static const char *sign(const struct canvas *c, enum sign s)
{
	return signs[s][c->d->is_utf8];
}

static bool is_narrow(const struct canvas *c)
{
	return c->d->columns < NARROW_COLUMNS;
}

static void color(struct canvas *c, const char *code)
{
	if (c->d->has_color)
		add(c, "\033[%sm", code);
}

static void heading(struct canvas *c, const char *text)
{
	color(c, "1;36");
	add(c, "%s", text);
	color(c, "0");
	add(c, "\n");
}

/* What a file said: nothing of it may move the cursor. */
static void add_outside(struct canvas *c, const char *text, size_t size, int (*change)(int))
{
	for (size_t i = 0; i < size && text[i]; i++) {
		const int letter = isprint((unsigned char)text[i]) ? text[i] : '?';

		add(c, "%c", change ? change(letter) : letter);
	}
}

/* Words of text, each on the line where there is room for it; continued lines begin at indent. */
static void add_wrapped(struct canvas *c, const char *text, unsigned column, unsigned indent)
{
	bool is_first = true;

	while (*text) {
		const size_t len = strcspn(text, " ");

		if (!is_first && column + 1 + len > c->d->columns) {
			add(c, "\n%*s", (int)indent, "");
			column = indent;
			is_first = true;
		}
		add(c, "%s%.*s", is_first ? "" : " ", (int)len, text);
		column += (unsigned)len + !is_first;
		is_first = false;
		text += len + (text[len] == ' ');
	}
	add(c, "\n");
}

/* --- figures --- */

static unsigned share_x10(uint64_t used, uint64_t total)
{
	return total ? (unsigned)((used > total ? total : used) * 1000 / total) : 0;
}

static const char *color_of(unsigned percent_x10)
{
	if (percent_x10 >= STORAGE_ALARM_X10)
		return "31";
	return percent_x10 >= STORAGE_WARNING_X10 ? "33" : "32";
}

/* From 5 % on, each cell that is begun is a full one. */
static void bar(struct canvas *c, unsigned percent_x10)
{
	const unsigned cells = is_narrow(c) ? NARROW_BAR_CELLS : BAR_CELLS;
	const unsigned full = percent_x10 < 50 ? 0 : (percent_x10 * cells + 999) / 1000;

	color(c, color_of(percent_x10));
	for (unsigned i = 0; i < cells; i++)
		add(c, "%s", sign(c, i < full ? SIGN_FULL : SIGN_EMPTY));
	color(c, "0");
	add(c, " ");
}

static void label(struct canvas *c, const char *name)
{
	add(c, "  %-*s", LABEL_COLUMNS - 2, name);
}

static bool is_known(struct canvas *c, enum metrics_group group)
{
	if (c->d->result == METRICS_FINE && (c->d->metrics.known & group))
		return true;
	add(c, "not known\n");
	return false;
}

static void draw_cpu(struct canvas *c)
{
	const struct metrics *m = &c->d->metrics;

	label(c, "CPU Load:");
	if (!is_known(c, METRICS_CPU))
		return;
	const unsigned percent = share_x10(m->cpu_used_milli, m->cpu_total_milli);
	bar(c, percent);
	add(c, "%u.%u%%", percent / 10, percent % 10);
	if (!m->cpu_is_limited)
		add(c, " of the host");
	add(c, "\n");
}

static void add_gib(struct canvas *c, uint64_t bytes, bool with_fraction)
{
	const uint64_t hundredths = bytes * 100 >> 30;

	if (with_fraction)
		add(c, "%" PRIu64 ".%02" PRIu64 "GB", hundredths / 100, hundredths % 100);
	else
		add(c, "%" PRIu64 "GB", hundredths / 100);
}

static void draw_storage(struct canvas *c)
{
	const struct metrics *m = &c->d->metrics;

	label(c, "Storage:");
	if (!is_known(c, METRICS_STORAGE))
		return;
	const char *mark = m->storage_is_estimated ? "~" : "";
	if (!m->storage_total_bytes) {
		add(c, "%s", mark);
		add_gib(c, m->storage_used_bytes, true);
		add(c, "\n");
		return;
	}
	const unsigned percent = share_x10(m->storage_used_bytes, m->storage_total_bytes);
	bar(c, percent);
	add(c, "%s%u%% (%s", mark, percent / 10, mark);
	add_gib(c, m->storage_used_bytes, true);
	add(c, " / ");
	add_gib(c, m->storage_total_bytes, false);
	add(c, ")\n");
}

static void draw_memory(struct canvas *c)
{
	const struct metrics *m = &c->d->metrics;

	label(c, "Memory:");
	if (!is_known(c, METRICS_MEMORY))
		return;
	color(c, color_of(share_x10(m->memory_rss_bytes, m->memory_total_bytes)));
	add(c, "%" PRIu64 "MB / %" PRIu64 "MB", m->memory_rss_bytes >> 20,
	    m->memory_total_bytes >> 20);
	color(c, "0");
	if (!m->memory_is_limited)
		add(c, " of the host");
	add(c, "\n");
}

static void draw_activity(struct canvas *c)
{
	const struct metrics *m = &c->d->metrics;

	label(c, "Activity:");
	if (is_known(c, METRICS_MEMORY))
		add(c, "%" PRIu32 " process%s\n", m->processes, m->processes == 1 ? "" : "es");
}

static const char *const excuses[] = {
	[METRICS_FINE] = NULL,
	[METRICS_ABSENT] = "nothing was measured yet",
	[METRICS_FOREIGN] = "the figures cannot be read",
	[METRICS_TORN] = "the figures were left half written",
};

/* A sample that nobody renews says nothing of now. */
static void draw_age(struct canvas *c)
{
	const struct metrics *m = &c->d->metrics;
	const int64_t age_ms = c->d->now_boot_ms - m->sampled_boot_ms;

	if (excuses[c->d->result]) {
		color(c, "33");
		add(c, "  %s\n", excuses[c->d->result]);
		color(c, "0");
	} else if (age_ms < 0) {
		color(c, "33");
		add(c, "  measured before the machine was started\n");
		color(c, "0");
	} else if (age_ms > 2 * (int64_t)m->interval_ms) {
		color(c, "33");
		add(c, "  measured %" PRId64 " s ago\n", age_ms / 1000);
		color(c, "0");
	}
}

static void draw_line(struct canvas *c, const char *code, const char *text)
{
	color(c, code);
	add(c, "%*s", STATUS_INDENT, "");
	add_wrapped(c, text, STATUS_INDENT, STATUS_INDENT);
	color(c, "0");
}

static void draw_warning(struct canvas *c)
{
	char text[STORAGE_TEXT_SIZE];

	if (c->d->result != METRICS_FINE)
		return;
	const enum storage_level level = storage_warning(&c->d->metrics, text);
	if (level == STORAGE_FINE)
		return;
	draw_line(c, level == STORAGE_ALARM ? "31" : "33", text);
}

/* "dd (77), tar (80)", of writers in that state; how many there are. */
static unsigned list_writers(const struct metrics *m, enum metrics_writer_state state,
			     char ret[static NAMES_SIZE])
{
	unsigned count = 0;
	size_t len = 0;

	ret[0] = '\0';
	for (uint32_t i = 0; i < m->writer_count && i < METRICS_WRITERS_MAX; i++) {
		const struct metrics_writer *w = &m->writers[i];

		if (w->state != state)
			continue;
		len += (size_t)snprintf(ret + len, NAMES_SIZE - len, count++ ? ", " : "");
		for (size_t n = 0; n < sizeof(w->command) && w->command[n]; n++)
			ret[len++] = isprint((unsigned char)w->command[n]) ? w->command[n] : '?';
		ret[len] = '\0';
		if (w->pid)
			len += (size_t)snprintf(ret + len, NAMES_SIZE - len, " (%" PRIu32 ")",
						w->pid);
	}
	return count;
}

static void draw_frozen(struct canvas *c)
{
	const struct metrics *m = &c->d->metrics;
	char names[NAMES_SIZE], text[NAMES_SIZE + 160];

	if (c->d->result != METRICS_FINE)
		return;
	if (list_writers(m, METRICS_WRITER_STOPPED, names)) {
		snprintf(text, sizeof(text),
			 "FROZEN (soft limit): %s stopped until storage is below %d%%; 'kill -CONT "
			 "PID' continues one now.",
			 names, METRICS_THAW_PERCENT);
		draw_line(c, "31", text);
	}
	if (list_writers(m, METRICS_WRITER_SIDECAR, names)) {
		snprintf(text, sizeof(text), "Sidecars write and are not stopped: %s.", names);
		draw_line(c, "33", text);
	}
}

/* Sidecars are in containers of their own, which PID 1 does not see into. */
static void draw_scope(struct canvas *c)
{
	const struct metrics *m = &c->d->metrics;

	if (c->d->result == METRICS_FINE && !m->covers_pod && m->sidecar_count)
		add(c, "  without sidecars\n");
}

static void draw_status(struct canvas *c)
{
	heading(c, "STATUS");
	draw_cpu(c);
	draw_storage(c);
	draw_memory(c);
	draw_activity(c);
	draw_scope(c);
	draw_warning(c);
	draw_frozen(c);
	draw_age(c);
}

/* --- what listens --- */

static void draw_port(struct canvas *c, const char *title, uint16_t port, const char *name,
		      size_t size, enum metrics_state state)
{
	add(c, "  %s %-13s: %u", sign(c, SIGN_STAR), title, port);
	if (*name) {
		add(c, " (");
		add_outside(c, name, size, NULL);
		add(c, ")");
	}
	if (state == METRICS_DOWN) {
		color(c, "33");
		add(c, " nothing listens");
		color(c, "0");
	}
	add(c, "\n");
}

static void draw_network(struct canvas *c)
{
	static const char admin[] = "Internal SSH";
	const struct metrics *m = &c->d->metrics;
	const bool is_there = c->d->result == METRICS_FINE;

	heading(c, "NETWORK");
	for (uint32_t i = 0; is_there && i < m->port_count && i < METRICS_PORTS_MAX; i++)
		draw_port(c, i ? "Extra Port" : "Primary Port", m->ports[i].port, m->ports[i].name,
			  sizeof(m->ports[i].name), (enum metrics_state)m->ports[i].state);
	draw_port(c, "Admin Port", 2222, admin, sizeof(admin), METRICS_UP);
}

static void draw_sidecars(struct canvas *c)
{
	static const char *const words[] = {
		[METRICS_UNKNOWN] = "not known", [METRICS_UP] = "up", [METRICS_DOWN] = "down"
	};
	const struct metrics *m = &c->d->metrics;

	if (c->d->result != METRICS_FINE || !m->sidecar_count)
		return;
	heading(c, "SIDECARS");
	for (uint32_t i = 0; i < m->sidecar_count && i < METRICS_SIDECARS_MAX; i++) {
		const struct metrics_service *s = &m->sidecars[i];
		const uint8_t state = s->state <= METRICS_DOWN ? s->state : METRICS_UNKNOWN;

		add(c, "  %s ", sign(c, SIGN_STAR));
		add_outside(c, s->name, sizeof(s->name), NULL);
		if (s->port)
			add(c, " 127.0.0.1:%u", s->port);
		color(c, state == METRICS_UP ? "32" : "33");
		add(c, " %s\n", words[state]);
		color(c, "0");
	}
}

static void draw_notes(struct canvas *c)
{
	const unsigned indent = is_narrow(c) ? 4 : NOTE_COLUMNS;

	heading(c, "SANDBOX NOTES");
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		add(c, "  %s %s", sign(c, SIGN_STAR), notes[i].title);
		if (is_narrow(c))
			add(c, "\n    ");
		else
			add(c, "%*s", NOTE_COLUMNS - 4 - (int)strlen(notes[i].title), "");
		add_wrapped(c, notes[i].text, indent, indent);
	}
}

static void draw_foot(struct canvas *c)
{
	const struct metrics *m = &c->d->metrics;
	const struct tm *now = &c->d->now;

	add(c, "\nConnected as %s", c->d->user);
	if (c->d->result == METRICS_FINE && *m->profile) {
		add(c, " | Profile: ");
		add_outside(c, m->profile, sizeof(m->profile), toupper);
	}
	add(c, " | %02d:%02d:%02d\n", now->tm_hour, now->tm_min, now->tm_sec);
}

/* --- lines that are too long all the same --- */

struct fold {
	unsigned column;  /* behind what was seen of the line */
	unsigned leading; /* blanks at its beginning */
	size_t blank;     /* where it may be broken, or 0 */
	bool has_begun;
};

/* The bytes of a character, or of the escape sequence of a colour, which has no columns. */
static size_t measure(const char *text, size_t len, unsigned *ret_columns)
{
	uint32_t code;

	if (*text == '\033') {
		const size_t used = strcspn(text, "m") + 1;

		*ret_columns = 0;
		return used < len ? used : len;
	}
	const size_t used = utf8_decode(text, len, &code);
	*ret_columns = used ? utf8_columns(code) : 1;
	return used ? used : 1;
}

/* Blanks become a new line, indented. False: there is no room for it. */
static bool break_line(struct canvas *c, size_t at, unsigned indent)
{
	const size_t blanks = strspn(c->text + at, " "), wanted = 1 + indent;

	if (c->len - blanks + wanted >= c->size)
		return false;
	memmove(c->text + at + wanted, c->text + at + blanks, c->len + 1 - at - blanks);
	memset(c->text + at, ' ', wanted);
	c->text[at] = '\n';
	c->len += wanted - blanks;
	return true;
}

static void note_blank(struct fold *f, const struct canvas *c, size_t at)
{
	if (!f->has_begun)
		f->leading++;
	else if (c->text[at - 1] != ' ')
		f->blank = at;
	f->column++;
}

/* Breaks what is wider than the terminal, at blanks where there are any. */
static void fold(struct canvas *c)
{
	const unsigned columns =
		c->d->columns > DASHBOARD_MIN_COLUMNS ? c->d->columns : DASHBOARD_MIN_COLUMNS;
	struct fold f = { 0 };
	unsigned width;

	for (size_t at = 0, used; at < c->len; at += used) {
		used = measure(c->text + at, c->len - at, &width);
		if (c->text[at] == '\n') {
			f = (struct fold){ 0 };
			continue;
		}
		if (c->text[at] == ' ') {
			note_blank(&f, c, at);
			continue;
		}
		f.has_begun = f.has_begun || width > 0;
		f.column += width;
		if (width == 0 || f.column <= columns)
			continue;
		const unsigned wanted = f.leading + FOLD_INDENT;
		const unsigned indent = wanted < columns / 2 ? wanted : columns / 2;
		at = f.blank ? f.blank : at;
		if (!break_line(c, at, indent))
			return;
		used = 1 + indent;
		f = (struct fold){ .column = indent, .leading = f.leading, .has_begun = true };
	}
}

size_t dashboard_draw(const struct dashboard *d, char *ret, size_t size)
{
	struct canvas c = { .d = d, .text = ret, .size = size };

	*ret = '\0';
	color(&c, "1");
	add(&c, "W I N A L U X   W O R K S T A T I O N\n");
	color(&c, "0");
	add(&c, "Secure rootless development environment\n\n");
	draw_status(&c);
	draw_network(&c);
	draw_sidecars(&c);
	draw_notes(&c);
	draw_foot(&c);
	fold(&c);
	return c.len;
}
