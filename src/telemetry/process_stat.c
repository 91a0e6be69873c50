/* SPDX-License-Identifier: MIT */
#include "process_stat.h"

#include <limits.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

/* Numbers of the fields, as the manual page counts them. */
enum {
	FIELD_PARENT = 4,
	FIELD_SESSION = 6,
	FIELD_TERMINAL = 7,
	FIELD_UTIME = 14,
	FIELD_STIME = 15,
	FIELD_CUTIME = 16,
	FIELD_CSTIME = 17,
	FIELD_THREADS = 20,
	FIELD_STARTED = 22,
	FIELD_RSS = 24,
	FIELD_COUNT = 25,
};

/* Some are signed (tpgid, priority): what is below zero counts as zero. */
static bool read_number(const char **at, uint64_t *ret)
{
	uint64_t value;

	if (!parse_char(at, ' '))
		return false;
	const bool is_negative = parse_char(at, '-');
	if (!parse_u64(at, 0, UINT64_MAX, &value))
		return false;
	*ret = is_negative ? 0 : value;
	return true;
}

bool process_stat_parse(const char *text, struct process_stat *ret)
{
	uint64_t fields[FIELD_COUNT] = { 0 }, pid;
	const char *at = text, *name_end = strrchr(text, ')');

	if (!name_end || !parse_u64(&at, 1, INT_MAX, &pid) || !parse_literal(&at, " ("))
		return false;
	at = name_end + 1;
	if (!parse_char(&at, ' ') || !*at)
		return false;
	const char state = *at++;
	for (unsigned i = FIELD_PARENT; i < FIELD_COUNT; i++)
		if (!read_number(&at, &fields[i]))
			return false;
	if (fields[FIELD_PARENT] > INT_MAX || fields[FIELD_SESSION] > INT_MAX)
		return false;
	*ret = (struct process_stat){
		.pid = (pid_t)pid,
		.parent = (pid_t)fields[FIELD_PARENT],
		.session = (pid_t)fields[FIELD_SESSION],
		.terminal = (uint32_t)fields[FIELD_TERMINAL],
		.state = state,
		.own_ticks = fields[FIELD_UTIME] + fields[FIELD_STIME],
		.waited_ticks = fields[FIELD_CUTIME] + fields[FIELD_CSTIME],
		.threads = fields[FIELD_THREADS],
		.started_ticks = fields[FIELD_STARTED],
		.rss_pages = fields[FIELD_RSS],
	};
	return true;
}
