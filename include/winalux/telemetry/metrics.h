/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TELEMETRY_METRICS_H
#define WINALUX_TELEMETRY_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What was measured of a workspace, in a file of one page: one writer, any number of readers, who
 * never wait. Host byte order, since it never leaves the machine's memory but to a
 * winalux that reads it as bytes of the same architecture.
 *
 * "known" has a bit for each group below: what could not be measured is not there, which is not the
 * same as zero.
 */
enum {
	METRICS_MAGIC = 0x4d4e4957, /* "WINM" */
	METRICS_VERSION = 1,
	METRICS_FILE_SIZE = 4096,
	METRICS_SIDECARS_MAX = 16,
	METRICS_PORTS_MAX = 16,
	METRICS_NAME_SIZE = 28,
	METRICS_TEXT_SIZE = 64,
};

enum metrics_group {
	METRICS_CPU = 1 << 0,
	METRICS_MEMORY = 1 << 1,
	METRICS_STORAGE = 1 << 2,
};

enum metrics_state { METRICS_UNKNOWN, METRICS_UP, METRICS_DOWN };

/* A sidecar, or a port that the inventory publishes. Texts are cut to fit and end with a NUL. */
struct metrics_service {
	char name[METRICS_NAME_SIZE]; /* "redis"; of a port what listens there: "Web Server" */
	uint16_t port;                /* inside; 0: none */
	uint8_t state;                /* enum metrics_state */
	uint8_t reserved;
};

struct metrics {
	uint32_t magic;
	uint32_t version;
	uint32_t sequence;       /* odd while it is being written */
	uint32_t known;          /* enum metrics_group */
	int64_t sampled_boot_ms; /* CLOCK_BOOTTIME, which no one sets and containers share */
	int64_t sampled_s;       /* since the epoch, for people */
	uint32_t interval_ms;    /* between two samples */

	uint32_t cpu_used_milli;  /* thousandths of one processor, over the last interval */
	uint32_t cpu_total_milli; /* of which that many may be used */
	uint8_t cpu_is_limited;   /* a limit says so; else it is the host's processors */
	uint8_t memory_is_limited;
	uint8_t storage_is_estimated;
	uint8_t reserved;

	uint64_t memory_rss_bytes;
	uint64_t memory_total_bytes; /* the limit, else the host's memory */

	uint64_t storage_used_bytes;
	uint64_t storage_total_bytes; /* the limit; 0: none */

	uint32_t processes;
	uint32_t threads;

	char profile[METRICS_TEXT_SIZE];
	uint32_t port_count; /* the main one first */
	struct metrics_service ports[METRICS_PORTS_MAX];
	uint32_t sidecar_count;
	struct metrics_service sidecars[METRICS_SIDECARS_MAX];
};

/* CLOCK_BOOTTIME in milliseconds. */
int64_t metrics_now_ms(void);

/*
 * The writer's side. metrics_create makes the file at path (0644), one page of zeros, or takes the
 * one that is there, and maps it; NULL with errno. It is never unmapped.
 */
struct metrics *metrics_create(const char *path);
/* Replaces what is in the page; magic, version and sequence of value are not looked at. */
void metrics_publish(struct metrics *page, const struct metrics *value);

enum metrics_result {
	METRICS_FINE,
	METRICS_ABSENT,  /* there is no file, or no sample in it yet */
	METRICS_FOREIGN, /* something else, of another version, or cut short */
	METRICS_TORN,    /* the writer died while it wrote, and nobody has written since */
};

/* A whole sample of the file at path, which somebody may be writing to. Does not wait. */
enum metrics_result metrics_read(const char *path, struct metrics *ret);
/* The same of bytes that nobody writes to, which came out of an archive. */
enum metrics_result metrics_decode(const void *bytes, size_t len, struct metrics *ret);

#endif
