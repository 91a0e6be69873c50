/* SPDX-License-Identifier: MIT */
/*
 * What is needed to go on is in memory (size, number, link of the last line), so a writer finds out
 * at its next line that somebody was at the file, and goes on from what it knows: the chain then
 * shows the place. Only a start has to believe the last line that it finds.
 */
#include "winalux/format/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger_line.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/token_hash.h"

enum { MS_PER_S = 1000 };

void ledger_file_name(unsigned age, char ret[static LEDGER_NAME_SIZE])
{
	if (age == 0)
		snprintf(ret, LEDGER_NAME_SIZE, "log.jsonl");
	else
		snprintf(ret, LEDGER_NAME_SIZE, "log.%u.jsonl", age % 10);
}

static int open_age(const struct ledger *l, unsigned age, int flags)
{
	char name[LEDGER_NAME_SIZE];

	ledger_file_name(age, name);
	return openat(l->directory, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool open_newest(struct ledger *l)
{
	struct stat st;

	fd_closep(&l->file);
	l->file = open_age(l, 0, O_RDWR | O_CREAT | O_APPEND);
	if (l->file < 0 || fstat(l->file, &st) < 0)
		return false;
	l->size = st.st_size;
	return true;
}

/* --- lines --- */

static size_t add_head(const struct ledger *l, int64_t wall_ms, char *line)
{
	char now[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(wall_ms / MS_PER_S, now);
	now[sizeof(now) - 2] = '\0'; /* the Z comes after the fraction */
	return (size_t)snprintf(line, LEDGER_LINE_MAX,
				LEDGER_TIME "%s.%03uZ" LEDGER_SEQ "%" PRIu64 ",", now,
				(unsigned)(wall_ms % MS_PER_S), l->seq + 1);
}

/* What a full disk has taken of a line is given back. */
static bool write_line(struct ledger *l, const char *line, size_t len)
{
	ssize_t n;

	do {
		n = write(l->file, line, len);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len) {
		l->size += n;
		return true;
	}
	if (n > 0) /* should this fail, too, notice() sees what is there */
		(void)!ftruncate(l->file, l->size);
	return false;
}

/* members: of the object, without its braces. */
static bool put(struct ledger *l, const char *members, size_t len, int64_t wall_ms)
{
	char line[LEDGER_LINE_MAX + 1];
	uint8_t link[LEDGER_LINK_SIZE];
	size_t used = add_head(l, wall_ms, line);

	memcpy(line + used, members, len);
	used += len;
	ledger_link(l->link, line, used, link);
	memcpy(line + used, LEDGER_CHAIN, sizeof(LEDGER_CHAIN) - 1);
	used += sizeof(LEDGER_CHAIN) - 1;
	hex_format(link, sizeof(link), line + used);
	used += 2 * sizeof(link);
	memcpy(line + used, LEDGER_END "\n", sizeof(LEDGER_END));
	used += sizeof(LEDGER_END);
	if (!write_line(l, line, used))
		return false;
	l->seq++;
	memcpy(l->link, link, sizeof(l->link));
	return true;
}

static bool put_text(struct ledger *l, int64_t wall_ms, const char *members)
{
	return put(l, members, strlen(members), wall_ms);
}

static bool put_rotated(struct ledger *l, int64_t wall_ms)
{
	char hex[2 * LEDGER_LINK_SIZE + 1], members[sizeof(LEDGER_ROTATED) + sizeof(hex) + 2];

	hex_format(l->link, sizeof(l->link), hex);
	snprintf(members, sizeof(members), LEDGER_ROTATED "%s\"", hex);
	return put_text(l, wall_ms, members);
}

/* --- files --- */

/* The oldest goes where all are there; where a rotation was interrupted, what it left is enough. */
static unsigned first_free(const struct ledger *l)
{
	char name[LEDGER_NAME_SIZE];
	unsigned age = 1;

	for (; age < LEDGER_FILES - 1; age++) {
		ledger_file_name(age, name);
		if (faccessat(l->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			break;
	}
	return age;
}

static bool rotate(struct ledger *l, int64_t wall_ms)
{
	char from[LEDGER_NAME_SIZE], to[LEDGER_NAME_SIZE];

	for (unsigned age = first_free(l); age > 0; age--) {
		ledger_file_name(age - 1, from);
		ledger_file_name(age, to);
		if (renameat(l->directory, from, l->directory, to) < 0 && errno != ENOENT)
			return false;
	}
	return open_newest(l) && put_rotated(l, wall_ms);
}

static bool ends_in_newline(const struct ledger *l)
{
	char last = '\n';

	return l->size == 0 || (pread(l->file, &last, 1, l->size - 1) == 1 && last == '\n');
}

/* Is the file as we left it? If not, it is said, after whatever is there now. */
static bool notice(struct ledger *l, int64_t wall_ms)
{
	char name[LEDGER_NAME_SIZE];
	struct stat ours, there;
	const off_t size = l->size;

	if (l->file < 0) /* a rotation got no further */
		return open_newest(l) && (l->size > 0 || put_rotated(l, wall_ms));
	ledger_file_name(0, name);
	if (fstat(l->file, &ours) == 0 &&
	    fstatat(l->directory, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev && there.st_size == size)
		return true;
	if (!open_newest(l) || (!ends_in_newline(l) && !write_line(l, "\n", 1)))
		return false;
	return put_text(l, wall_ms,
			l->size < size
				? "\"event\":\"tampered\",\"what\":\"lines were removed\""
				: "\"event\":\"tampered\",\"what\":\"the file was changed\"");
}

static bool tell_gap(struct ledger *l, int64_t wall_ms)
{
	char members[64];

	if (!l->lost)
		return true;
	snprintf(members, sizeof(members), "\"event\":\"gap\",\"lost\":%" PRIu64, l->lost);
	if (!put_text(l, wall_ms, members))
		return false;
	l->lost = 0;
	return true;
}

void ledger_add(struct ledger *l, const char *object, size_t len, int64_t wall_ms)
{
	if (l->directory < 0 || len < 3 || len > LEDGER_OBJECT_MAX)
		return;
	const bool is_added =
		notice(l, wall_ms) &&
		(l->size <= LEDGER_FILE_BYTES - LEDGER_LINE_MAX || rotate(l, wall_ms)) &&
		tell_gap(l, wall_ms) && put(l, object + 1, len - 2, wall_ms);
	if (!is_added)
		l->lost++;
}

/* --- where it was left --- */

/* The last line of a file; what follows it is torn, and cut off. */
static bool read_last(struct ledger *l, int file, bool *ret_is_torn)
{
	char text[2 * LEDGER_LINE_MAX];
	struct ledger_line line;
	const off_t size = lseek(file, 0, SEEK_END);
	const off_t from = size > (off_t)sizeof(text) ? size - (off_t)sizeof(text) : 0;
	const ssize_t n = size < 0 ? -1 : pread(file, text, sizeof(text), from);

	if (n < 0)
		return false;
	const char *newline = memrchr(text, '\n', (size_t)n);
	const size_t end = newline ? (size_t)(newline - text) : 0;
	*ret_is_torn = (size_t)n > (newline ? end + 1 : 0);
	if (*ret_is_torn && ftruncate(file, from + (newline ? (off_t)end + 1 : 0)) < 0)
		return false;
	const char *before = newline ? memrchr(text, '\n', end) : NULL;
	const size_t start = before ? (size_t)(before - text) + 1 : 0;
	if (newline && ledger_line_read(text + start, end - start, &line) &&
	    line.seq < LEDGER_SEQ_MAX / 2) {
		l->seq = line.seq;
		memcpy(l->link, line.link, sizeof(l->link));
	}
	return true;
}

/* A rotation may have been interrupted, so the newest file need not be log.jsonl. */
static bool find_end(struct ledger *l, bool *ret_is_torn, unsigned *ret_age)
{
	for (unsigned age = 0; age < LEDGER_FILES && l->seq == 0; age++) {
		DEFER(fd_closep) int file = open_age(l, age, O_RDWR);

		*ret_age = age;
		if (file < 0 && errno == ENOENT)
			continue;
		if (file < 0 || !read_last(l, file, ret_is_torn))
			return false;
	}
	return true;
}

int ledger_open(struct ledger *l, const char *directory, struct error *err)
{
	const int64_t wall_ms = clock_wall_ms();
	bool is_torn = false;
	unsigned age = 0;

	*l = (struct ledger){ .file = -1 };
	l->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->directory < 0 || !find_end(l, &is_torn, &age) || !open_newest(l)) {
		error_set_errno(err, ERROR_HOST, errno, "cannot open the ledger in '%s'",
				directory);
		ledger_close(l);
		return -1;
	}
	if (l->seq > 0 && l->size == 0 && !put_rotated(l, wall_ms))
		l->lost++;
	if (is_torn && !put_text(l, wall_ms, "\"event\":\"torn\""))
		l->lost++;
	return 0;
}

void ledger_close(struct ledger *l)
{
	fd_closep(&l->file);
	fd_closep(&l->directory);
}
