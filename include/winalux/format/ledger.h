/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_LEDGER_H
#define WINALUX_FORMAT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

/*
 * A ledger: JSON objects, one on each line, to which lines are only ever added
 *(docs/design/audit.md has the reasons). Each begins with when it was written and its number, and
 *ends in its link:
 *
 *	{"time":"2026-11-23T09:00:00.123Z","seq":7,…,"chain":"64 hex digits"}
 *
 * The link is BLAKE2b-256 over the 32 bytes of the link before it (zeros for the first line) and
 * the line up to and without ,"chain". Lines are in log.jsonl; at LEDGER_FILE_BYTES it becomes
 * log.1.jsonl and so on, and what was log.3.jsonl goes. The first line of a file that begins in the
 * middle of the chain has the link before it: {…,"event":"rotated","prev":"64 hex digits",…}.
 */
enum {
	LEDGER_FILES = 4,
	LEDGER_FILE_BYTES = 1 << 20,
	LEDGER_OBJECT_MAX = 4096, /* bytes of an object that is added */
	LEDGER_LINE_MAX = LEDGER_OBJECT_MAX + 256,
	LEDGER_LINK_SIZE = 32,
	LEDGER_NAME_SIZE = 16,
};

/* "log.jsonl" for 0, "log.1.jsonl" …: the higher, the older. */
void ledger_file_name(unsigned age, char ret[static LEDGER_NAME_SIZE]);

/* --- writing --- */

struct ledger {
	int directory; /* -1: closed; nothing is written then */
	int file;
	off_t size;    /* of the file as we left it */
	uint64_t seq;  /* of the last line */
	uint64_t lost; /* events that could not be written since the last that was */
	uint8_t link[LEDGER_LINK_SIZE];
};

/*
 * Opens the ledger in a directory, which exists, and goes on where its last line ends. The torn end
 * of a line is cut off, and an event in the ledger says so. ERROR_HOST; l is closed then. One
 * writer at a time.
 */
int ledger_open(struct ledger *l, const char *directory, struct error *err);
void ledger_close(struct ledger *l);

/*
 * Adds an object: len bytes of "{…}", at most LEDGER_OBJECT_MAX, with at least one member and none
 * of our names. One write(2), no fsync. What cannot be written (a full disk) is counted, and
 * {"event":"gap","lost":N} says so once there is room again. Where the file is not as we left it,
 * {"event":"tampered","what":…} comes first.
 */
void ledger_add(struct ledger *l, const char *object, size_t len, int64_t wall_ms);

/* --- reading --- */

/* Slices of a line, which is read by its form alone. */
struct ledger_record {
	const char *time; /* RFC 3339 with milliseconds */
	size_t time_len;
	uint64_t seq;
	const char *members; /* of the object that was added, without its braces */
	size_t members_len;
	uint8_t link[LEDGER_LINK_SIZE];
};

/* False where the line has another form. What it says is not checked. */
bool ledger_record_read(const char *line, size_t len, struct ledger_record *ret);

/* --- checking --- */

enum ledger_flaw {
	LEDGER_SOUND,
	LEDGER_CHANGED,  /* the line, or one before it, is not what was written */
	LEDGER_MISSING,  /* lines before this one are gone */
	LEDGER_MOVED,    /* it belongs further up */
	LEDGER_NO_RECORD /* not the form of a ledger's line; at the very end: torn */
};

/* "is changed" …, for people. */
const char *ledger_flaw_text(enum ledger_flaw flaw);

/* Zeroed: before the first line. After a line, it and its number. */
struct ledger_check {
	uint64_t seq;
	uint8_t link[LEDGER_LINK_SIZE];
};

/*
 * The next line, without its newline. After a flaw the check goes on from this line as if it were
 * sound. A chain that begins in the middle is sound when its first line has "prev": what is missing
 * then was rotated away, or is seen by check->seq before and after.
 */
enum ledger_flaw ledger_check_line(struct ledger_check *check, const char *line, size_t len);

#endif
