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
 * There are two such files in a workspace. PID 1 writes one about its own container; the account's
 * telemetry daemon takes that, puts the figures of the whole pod in place of the container's
 * (covers_pod), and writes the other, which the workspace sees read-only.
 *
 * "known" has a bit for each group below: what could not be measured is not there, which is not the
 * same as zero.
 */
enum {
	METRICS_MAGIC = 0x4d4e4957, /* "WINM" */
	METRICS_VERSION = 3,
	METRICS_FILE_SIZE = 4096,
	METRICS_SIDECARS_MAX = 16,
	METRICS_PORTS_MAX = 16,
	METRICS_KEYS_MAX = 8,
	METRICS_NAME_SIZE = 28,
	METRICS_TEXT_SIZE = 64,
	METRICS_KEY_SIZE = 64,
	METRICS_WRITERS_MAX = 16,
	METRICS_COMMAND_SIZE = 16,
	METRICS_THAW_PERCENT = 95, /* of the storage limit: below it stopped processes go on */
	METRICS_RECENT = 60,
	METRICS_RECENT_UNKNOWN = 255,
	METRICS_INTERVAL_S = 10, /* between two samples, where nothing else is said */
};

enum metrics_group {
	METRICS_CPU = 1 << 0,
	METRICS_MEMORY = 1 << 1, /* processes and threads too */
	METRICS_STORAGE = 1 << 2,
	METRICS_PSS = 1 << 3,
	METRICS_PEAK = 1 << 4,
	METRICS_PRESSURE = 1 << 5,
	METRICS_NETWORK = 1 << 6,
	METRICS_CONNECTIONS = 1 << 7,
	METRICS_SESSIONS = 1 << 8,
	METRICS_UPTIME = 1 << 9,
};

enum metrics_state { METRICS_UNKNOWN, METRICS_UP, METRICS_DOWN };

/* What happens when the storage limit is reached. */
enum metrics_policy { METRICS_POLICY_WARN, METRICS_POLICY_FREEZE };

/* A sidecar, or a port that the inventory publishes. Texts are cut to fit and end with a NUL. */
struct metrics_service {
	char name[METRICS_NAME_SIZE]; /* "redis"; of a port what listens there: "Web Server" */
	uint16_t port;                /* inside; 0: none */
	uint8_t state;                /* enum metrics_state */
	uint8_t reserved;
};

/* A key that ssh sessions are in with. */
struct metrics_key {
	char fingerprint[METRICS_KEY_SIZE]; /* "SHA256:…" */
	uint32_t sessions;
};

/*
 * A process that writes while storage_is_over. The page of PID 1 has those that it has stopped; the
 * daemon's has those that it has seen writing in front of these.
 */
enum metrics_writer_state { METRICS_WRITER_RUNS, METRICS_WRITER_STOPPED, METRICS_WRITER_SIDECAR };

struct metrics_writer {
	char command[METRICS_COMMAND_SIZE]; /* as the process calls itself: any bytes */
	uint64_t started_ticks;             /* since boot; with the pid it names a process */
	uint32_t pid;                       /* in the dev container; of a sidecar's 0 */
	uint8_t state;                      /* enum metrics_writer_state */
	uint8_t reserved[3];
};

struct metrics {
	uint32_t magic;
	uint32_t version;
	uint32_t sequence;       /* as at the end, but while it is being written */
	uint32_t known;          /* enum metrics_group */
	int64_t sampled_boot_ms; /* CLOCK_BOOTTIME, which no one sets and containers share */
	int64_t sampled_s;       /* since the epoch, for people */
	int64_t started_boot_ms; /* METRICS_UPTIME: when PID 1 of the workspace began */
	uint32_t interval_ms;    /* between two samples */

	uint32_t cpu_used_milli;  /* thousandths of one processor, over the last interval */
	uint32_t cpu_total_milli; /* of which that many may be used */
	uint8_t cpu_is_limited;   /* a limit says so; else it is the host's processors */
	uint8_t memory_is_limited;
	uint8_t storage_is_estimated;
	uint8_t storage_policy;    /* enum metrics_policy */
	uint8_t storage_is_frozen; /* PID 1 has stopped processes */
	uint8_t covers_pod; /* sidecars are in the figures; else this is the dev container alone */
	/* The daemon says that what writes is to be stopped: from the limit on, until it is below
	 * METRICS_THAW_PERCENT of it again. */
	uint8_t storage_is_over;
	uint8_t reserved;

	uint64_t cpu_total_us; /* METRICS_CPU: processor time since the first sample */

	uint64_t memory_rss_bytes;   /* sum over processes: what they share counts for each */
	uint64_t memory_pss_bytes;   /* METRICS_PSS, once a minute: what it really costs */
	uint64_t memory_peak_bytes;  /* METRICS_PEAK: of the cgroups */
	uint64_t memory_total_bytes; /* the limit, else the host's memory */
	/* METRICS_PRESSURE: hundredths of a percent of the last 10 s that somebody waited
	 * ("some avg10" of cgroup v2), of the container that waited most. */
	uint32_t pressure_cpu, pressure_memory, pressure_io;
	uint32_t boot; /* metrics_boot() of the kernel that sampled_boot_ms is of; 0: not known */

	uint64_t storage_used_bytes;     /* of the home and the sidecars' volumes */
	uint64_t storage_total_bytes;    /* the limit; 0: none */
	uint64_t storage_files;          /* inodes */
	int64_t storage_counted_boot_ms; /* when that was counted last; 0: never */

	uint64_t network_received_bytes; /* METRICS_NETWORK: of the pod since it began */
	uint64_t network_sent_bytes;

	uint32_t processes;
	uint32_t threads;
	uint32_t connections;  /* METRICS_CONNECTIONS: established TCP of the pod, local ones too */
	uint32_t ssh_sessions; /* METRICS_SESSIONS */

	char profile[METRICS_TEXT_SIZE];
	uint32_t port_count; /* the main one first */
	struct metrics_service ports[METRICS_PORTS_MAX];
	uint32_t sidecar_count;
	struct metrics_service sidecars[METRICS_SIDECARS_MAX];
	uint32_t key_count;
	struct metrics_key keys[METRICS_KEYS_MAX];
	/* Percent of the total at the last samples, oldest first, METRICS_RECENT_UNKNOWN where
	 * nothing was measured. */
	uint8_t cpu_recent[METRICS_RECENT];
	uint8_t memory_recent[METRICS_RECENT];
	uint32_t writer_count;
	struct metrics_writer writers[METRICS_WRITERS_MAX]; /* who writes most first */
	uint32_t reserved_3;
	uint32_t sequence_end;
};

/*
 * Where they are. In a workspace: of PID 1, and of the daemon, which is the one of the pod. In the
 * daemon's container: a directory for each workspace.
 */
#define METRICS_OWN_PATH "/run/winalux/metrics"
#define METRICS_POD_DIRECTORY "/run/winalux/pod"
#define METRICS_POD_PATH METRICS_POD_DIRECTORY "/metrics"
#define METRICS_ACCOUNT_DIRECTORY "/account/telemetry"
#define METRICS_FILE_NAME "metrics"

/* CLOCK_BOOTTIME in milliseconds. */
int64_t metrics_now_ms(void);
/*
 * A number for the boot of this kernel (boot_id of random(4), which containers share): where two
 * are the same, times of CLOCK_BOOTTIME can be compared. 0: not known.
 */
uint32_t metrics_boot(void);

/*
 * The writer's side, of whom there is one: replaces what the file at path says (0644, made where it
 * is missing); magic, version and sequence of value are not looked at. False with errno.
 */
bool metrics_write(const char *path, const struct metrics *value);

enum metrics_result {
	METRICS_FINE,
	METRICS_ABSENT,  /* there is no file, or no sample in it yet */
	METRICS_FOREIGN, /* something else, of another version, or cut short */
	METRICS_TORN,    /* the writer died while it wrote, and nobody has written since */
};

/* A whole sample of the file at path, which somebody may be writing to. Does not wait. */
enum metrics_result metrics_read(const char *path, struct metrics *ret);
/* The same of an open file, which stays open. */
enum metrics_result metrics_read_fd(int fd, struct metrics *ret);
/* The same of bytes that nobody writes to, which came out of an archive. */
enum metrics_result metrics_decode(const void *bytes, size_t len, struct metrics *ret);

#endif
