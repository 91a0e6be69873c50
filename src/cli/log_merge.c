/* SPDX-License-Identifier: MIT */
#include "log_merge.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum { STAMP_MAX = 64, NANOSECOND_DIGITS = 9 };

void log_lines_init(struct log_lines *l, size_t max_bytes)
{
	*l = (struct log_lines){ 0 };
	buf_init(&l->text, max_bytes);
}

void log_lines_release(struct log_lines *l)
{
	buf_release(&l->text);
	free(l->entries);
	*l = (struct log_lines){ 0 };
}

/* Go cuts zeros at the end: ".5" is half a second. */
static uint32_t parse_fraction(const char *stamp)
{
	const char *digit = strchr(stamp, '.');
	uint32_t ns = 0;

	if (!digit)
		return 0;
	digit++;
	for (unsigned i = 0; i < NANOSECOND_DIGITS; i++) {
		ns *= 10;
		if (*digit >= '0' && *digit <= '9')
			ns += (uint32_t)(*digit++ - '0');
	}
	return ns;
}

bool log_stamp_parse(const char *stamp, size_t len, int64_t *ret_s, uint32_t *ret_ns)
{
	char text[STAMP_MAX];

	if (len >= sizeof(text))
		return false;
	memcpy(text, stamp, len);
	text[len] = '\0';
	if (!parse_rfc3339(text, ret_s))
		return false;
	*ret_ns = parse_fraction(text);
	return true;
}

void log_lines_add(struct log_lines *l, const char *stamp, size_t stamp_len, const struct buf *line)
{
	struct log_entry entry = { .at = l->text.len, .len = line->len };

	if (!log_stamp_parse(stamp, stamp_len, &entry.time_s, &entry.time_ns) && l->count > 0) {
		entry.time_s = l->entries[l->count - 1].time_s;
		entry.time_ns = l->entries[l->count - 1].time_ns;
	}
	buf_add(&l->text, line->data, line->len);
	if (l->text.is_full)
		return;
	*(struct log_entry *)xgrow(&l->entries, &l->cap, l->count, sizeof(entry)) = entry;
	l->count++;
}

static bool is_before(const struct log_entry *a, const struct log_entry *b)
{
	return a->time_s != b->time_s ? a->time_s < b->time_s : a->time_ns < b->time_ns;
}

bool log_merge_next(struct log_lines *const *logs, size_t count, const char **ret_line,
		    size_t *ret_len)
{
	struct log_lines *first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct log_lines *l = logs[i];

		if (l->next < l->count &&
		    (!first || is_before(&l->entries[l->next], &first->entries[first->next])))
			first = l;
	}
	if (!first)
		return false;
	const struct log_entry *entry = &first->entries[first->next++];
	*ret_line = first->text.data + entry->at;
	*ret_len = entry->len;
	return true;
}
