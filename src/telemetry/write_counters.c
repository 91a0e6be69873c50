/* SPDX-License-Identifier: MIT */
#include "write_counters.h"

#include <stddef.h>
#include <string.h>

#include "proc_file.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum { IO_TEXT_MAX = 1024 };

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "write_bytes: ", offsetof(struct write_counters, written_bytes) },
	{ "cancelled_write_bytes: ", offsetof(struct write_counters, cancelled_bytes) },
};

static bool read_field(const char *line, size_t field, struct write_counters *ret)
{
	uint64_t *value = (uint64_t *)(void *)((char *)ret + fields[field].offset);

	return parse_literal(&line, fields[field].name) && parse_u64(&line, 0, UINT64_MAX, value) &&
	       parse_char(&line, '\n');
}

bool write_counters_parse(const char *text, struct write_counters *ret)
{
	struct write_counters found = { 0 };
	unsigned seen = 0;

	for (const char *line = text; *line;) {
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
			if (read_field(line, i, &found))
				seen |= 1u << i;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (seen != (1u << ARRAY_SIZE(fields)) - 1)
		return false;
	*ret = found;
	return true;
}

bool write_counters_add(struct write_counters *sum, const char *path)
{
	char text[IO_TEXT_MAX];
	struct write_counters one;

	if (!proc_file_read_path(path, text, sizeof(text)) || !write_counters_parse(text, &one))
		return false;
	sum->written_bytes += one.written_bytes;
	sum->cancelled_bytes += one.cancelled_bytes;
	return true;
}

void write_growth_begin(struct write_growth *g, const struct write_counters *sum)
{
	*g = (struct write_growth){ .has_before = sum, .has_moved = !sum, .has_lost = !sum };
	if (sum)
		g->before = *sum;
}

void write_growth_take(struct write_growth *g, const struct write_counters *sum)
{
	const struct write_counters before = g->before;
	const bool had_before = g->has_before;

	g->has_before = sum;
	if (sum)
		g->before = *sum;
	if (sum && had_before && sum->written_bytes == before.written_bytes &&
	    sum->cancelled_bytes == before.cancelled_bytes)
		return;
	g->has_moved = true;
	if (!sum || !had_before || sum->written_bytes < before.written_bytes ||
	    sum->cancelled_bytes < before.cancelled_bytes) {
		g->has_lost = true;
		return;
	}
	g->gross_bytes += sum->written_bytes - before.written_bytes;
	const uint64_t written = g->net_bytes + sum->written_bytes - before.written_bytes;
	const uint64_t cancelled = sum->cancelled_bytes - before.cancelled_bytes;
	g->net_bytes = written > cancelled ? written - cancelled : 0;
}
