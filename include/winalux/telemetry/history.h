/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TELEMETRY_HISTORY_H
#define WINALUX_TELEMETRY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a workspace used in the last 24 hours: a file of fixed size, one entry a minute, the oldest
 * overwritten. Host byte order, as metrics.h says. The telemetry daemon writes it, for each
 * workspace one below HISTORY_DIRECTORY in its container, with the workspace's name; winalux reads
 * it out of an archive.
 */
enum {
	HISTORY_MAGIC = 0x484e4957, /* "WINH" */
	HISTORY_VERSION = 1,
	HISTORY_ENTRIES = 24 * 60,
	HISTORY_INTERVAL_S = 60,
	HISTORY_SLOTS = HISTORY_ENTRIES + 1, /* one more than is shown: see history.c */
};
#define HISTORY_DIRECTORY "/account/history"

/* "known" has a bit for each figure: what was not measured is not zero. */
enum history_group {
	HISTORY_CPU = 1 << 0,
	HISTORY_MEMORY = 1 << 1, /* processes too */
	HISTORY_STORAGE = 1 << 2,
};

struct history_entry {
	int64_t at_s;           /* since the epoch; that clock may have been set in between */
	uint64_t memory_bytes;  /* resident */
	uint64_t storage_bytes; /* of the home and the sidecars' volumes */
	uint32_t processes;
	uint16_t cpu_permille; /* of the processors that could be used, the mean since the last
				  entry */
	uint16_t known;        /* enum history_group */
};

struct history_header {
	uint32_t magic;
	uint32_t version;
	uint32_t capacity;   /* HISTORY_SLOTS */
	uint32_t entry_size; /* of struct history_entry */
	uint64_t written;    /* entries so far: the next goes into slot written % capacity */
	uint64_t reserved;
};

enum {
	HISTORY_FILE_SIZE =
		sizeof(struct history_header) + HISTORY_SLOTS * sizeof(struct history_entry),
};

/*
 * Adds an entry to the file at path (0600), which it makes when it is not there, and makes anew
 * when it is of another version, too short, or something else: what was in it is lost then. No
 * heap. False with errno: nothing was added; EINVAL for what is no regular file.
 */
bool history_append(const char *path, const struct history_entry *entry);

/* All entries of a file's bytes, the oldest first. False: it is none, or of another version. */
bool history_decode(const void *bytes, size_t len, struct history_entry ret[static HISTORY_ENTRIES],
		    size_t *ret_count);

#endif
