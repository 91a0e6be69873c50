/* SPDX-License-Identifier: MIT */
#include "winalux/format/process_mark.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/parse.h"
#include "winalux/format/hash.h"

enum { PLACE_SIZE = 96, STAT_MAX = 4096, STAT_FIELDS_BEFORE = 19 };

/* "<boot id> <pid namespace>", or "" where /proc does not tell. */
static void describe_place(char ret[static PLACE_SIZE])
{
	struct buf boot;
	char namespace[64];
	const ssize_t len = readlink("/proc/self/ns/pid", namespace, sizeof(namespace) - 1);

	ret[0] = '\0';
	buf_init(&boot, STAT_MAX);
	if (len > 0 && file_read("/proc/sys/kernel/random/boot_id", STAT_MAX, &boot, NULL) == 0) {
		namespace[len] = '\0';
		snprintf(ret, PLACE_SIZE, "%.*s %s", (int)strcspn(boot.data, "\n"), boot.data,
			 namespace);
	}
	buf_release(&boot);
}

/* Field 22 of /proc/PID/stat: the name before the state may hold anything, also ")". 0: a zombie.
 */
static bool parse_started(const char *stat, uint64_t *ret_ticks)
{
	const char *at = strrchr(stat, ')');

	if (!at || !parse_literal(&at, ") "))
		return false;
	if (*at == 'Z' || *at == 'X') {
		*ret_ticks = 0;
		return true;
	}
	for (int i = 0; i < STAT_FIELDS_BEFORE && at; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at && parse_u64(&at, 0, UINT64_MAX, ret_ticks);
}

/*
 * When a process started, in ticks since boot: proc(5). 0: there is none, or nobody has reaped it
 * yet; UINT64_MAX: it cannot be read (hidepid).
 */
static uint64_t started_ticks(pid_t pid)
{
	char path[64];
	struct buf stat;
	uint64_t ticks = UINT64_MAX;

	if (kill(pid, 0) < 0 && errno == ESRCH)
		return 0;
	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	buf_init(&stat, STAT_MAX);
	if (file_read(path, STAT_MAX, &stat, NULL) < 0 || !parse_started(stat.data, &ticks))
		ticks = UINT64_MAX;
	buf_release(&stat);
	return ticks;
}

void process_mark_make(char ret[static PROCESS_MARK_SIZE])
{
	char place[PLACE_SIZE], random[HASH_HEX_SIZE];

	describe_place(place);
	hash_random_hex(random);
	snprintf(ret, PROCESS_MARK_SIZE, "%s %ld %" PRIu64 " %s", place, (long)getpid(),
		 started_ticks(getpid()), random);
}

bool process_mark_has_ended(const char *mark)
{
	char place[PLACE_SIZE];
	uint64_t pid, started, now;

	describe_place(place);
	if (!place[0] || !parse_literal(&mark, place) || !parse_spaces(&mark) ||
	    !parse_u64(&mark, 1, INT_MAX, &pid) || !parse_spaces(&mark) ||
	    !parse_u64(&mark, 0, UINT64_MAX, &started))
		return false;
	now = started_ticks((pid_t)pid);
	if (now == UINT64_MAX || started == UINT64_MAX)
		return false;
	return now != started;
}
