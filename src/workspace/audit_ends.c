/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/token_hash.h"
#include "winalux/plan/facts.h"
#include "winalux/workspace/audit.h"

#define FIRST_LINE "winalux-audit-ends 1"

enum { FILE_MAX = 1 << 20 };

static char *find_directory(struct error *err)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state == '/')
		return xasprintf("%s/winalux", state);
	if (home && *home == '/')
		return xasprintf("%s/.local/state/winalux", home);
	error_set(err, ERROR_HOST, "neither XDG_STATE_HOME nor HOME is set");
	return NULL;
}

/* A workspace of the same name that was made anew has another ledger; the warden's goes on. */
static char *ledger_of(const struct workspace_facts *w, enum audit_origin origin)
{
	return xasprintf("%s %s", audit_origin_name(origin),
			 origin == AUDIT_INSIDE && w->state.id ? w->state.id : w->name);
}

static struct audit_end *find(const struct audit_ends *ends, const char *ledger)
{
	for (size_t i = 0; i < ends->count; i++)
		if (strcmp(ends->items[i].ledger, ledger) == 0)
			return &ends->items[i];
	return NULL;
}

static struct audit_end *add(struct audit_ends *ends, char *ledger)
{
	struct audit_end *end =
		xgrow(&ends->items, &ends->cap, ends->count++, sizeof(*ends->items));

	*end = (struct audit_end){ .ledger = ledger };
	return end;
}

void audit_ends_release(struct audit_ends *ends)
{
	for (size_t i = 0; i < ends->count; i++)
		free(ends->items[i].ledger);
	free(ends->items);
	free(ends->path);
	*ends = (struct audit_ends){ 0 };
}

/* "SEQ LINK ORIGIN ID" */
static bool load_line(struct audit_ends *ends, const char *line)
{
	struct audit_end end;

	if (!parse_u64(&line, 1, UINT64_MAX, &end.seq) || !parse_char(&line, ' ') ||
	    !hex_parse(&line, end.link, sizeof(end.link)) || !parse_char(&line, ' ') || !*line)
		return false;
	end.ledger = xstrdup(line);
	*add(ends, NULL) = end;
	return true;
}

static int load_text(struct audit_ends *ends, char *text, struct error *err)
{
	char *next = text;
	const char *first = strsep(&next, "\n");

	if (strcmp(first, FIRST_LINE) != 0)
		return error_set(err, ERROR_HOST, "'%s' is no list of this version; move it away",
				 ends->path);
	for (char *line = strsep(&next, "\n"); line; line = strsep(&next, "\n"))
		if (*line && !load_line(ends, line))
			return error_set(err, ERROR_HOST, "'%s' is damaged; move it away",
					 ends->path);
	return 0;
}

int audit_ends_load(struct audit_ends *ret, struct error *err)
{
	DEFER(audit_ends_release) struct audit_ends ends = { 0 };
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(freep) char *directory = find_directory(err);
	struct error why;

	if (!directory)
		return -1;
	ends.path = xasprintf("%s/audit-ends", directory);
	buf_init(&text, FILE_MAX);
	if (file_read(ends.path, FILE_MAX, &text, &why) < 0) {
		if (why.os_errno != ENOENT) {
			if (err)
				*err = why;
			return -1;
		}
	} else {
		DEFER(freep) char *copy = xstrndup(text.data, text.len);
		if (load_text(&ends, copy, err) < 0)
			return -1;
	}
	*ret = ends;
	ends = (struct audit_ends){ 0 };
	return 0;
}

int audit_ends_save(const struct audit_ends *ends, struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(freep)
	char *directory = xstrndup(ends->path, (size_t)(strrchr(ends->path, '/') - ends->path));

	buf_init(&text, FILE_MAX);
	buf_add_str(&text, FIRST_LINE "\n");
	for (size_t i = 0; i < ends->count; i++) {
		char link[2 * LEDGER_LINK_SIZE + 1];

		hex_format(ends->items[i].link, LEDGER_LINK_SIZE, link);
		buf_addf(&text, "%" PRIu64 " %s %s\n", ends->items[i].seq, link,
			 ends->items[i].ledger);
	}
	if (dir_make_all(directory, 0700, err) < 0)
		return -1;
	return file_write_atomic(ends->path, text.data, text.len, 0600, err);
}

struct search {
	const struct audit_end *end;
	uint64_t first_seq;
	bool is_found;
};

static bool look_for(unsigned age, unsigned number, const char *line, size_t len, void *context)
{
	struct search *s = context;
	struct ledger_record record;

	(void)age, (void)number;
	if (!ledger_record_read(line, len, &record))
		return true;
	if (!s->first_seq)
		s->first_seq = record.seq;
	s->is_found |= record.seq == s->end->seq &&
		       memcmp(record.link, s->end->link, sizeof(record.link)) == 0;
	return !s->is_found;
}

bool audit_ends_agree(const struct audit_ends *ends, const struct workspace_facts *w,
		      enum audit_origin origin, const struct audit_ledger *l, uint64_t *ret_seq)
{
	DEFER(freep) char *ledger = ledger_of(w, origin);
	struct search search = { .end = find(ends, ledger) };

	*ret_seq = search.end ? search.end->seq : 0;
	if (!search.end)
		return true;
	audit_each(l, look_for, &search);
	return search.is_found || search.first_seq > search.end->seq;
}

void audit_ends_set(struct audit_ends *ends, const struct workspace_facts *w,
		    enum audit_origin origin, const struct audit_finding *finding)
{
	DEFER(freep) char *ledger = ledger_of(w, origin);
	struct audit_end *end = find(ends, ledger);

	if (!finding->end.seq)
		return;
	if (!end)
		end = add(ends, TAKE(ledger));
	end->seq = finding->end.seq;
	memcpy(end->link, finding->end.link, sizeof(end->link));
}
