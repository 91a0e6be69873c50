/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_GUEST_FREEZE_H
#define WINALUX_SRC_GUEST_FREEZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loop.h"
#include "winalux/telemetry/metrics.h"

struct report;
struct sessions;
struct wire_config;

/*
 * disk_policy: freeze. While the telemetry daemon says in the pod's page that the workspace is over
 * its storage limit, PID 1 stops the processes that the page names as writing, and says so on their
 * terminals. It continues all of them when the daemon says so, when nobody renews the page, and
 * when the settings change: what cannot be known holds nobody. Root's processes and sshd's own are
 * never stopped.
 */
enum {
	FREEZE_MAX = 128, /* stopped at a time */
	FREEZE_SOON_MS = 1000,
};

struct frozen {
	pid_t pid;
	uint64_t started_ticks;
	char command[METRICS_COMMAND_SIZE];
	bool has_stopped; /* seen so: one that waits for a disk stops when that has answered */
};

struct freeze {
	struct timer timer;
	struct report *report;
	const struct sessions *sessions; /* NULL: none are known of */
	const char *path;                /* of the page; METRICS_POD_PATH */
	/* Called after somebody was stopped or continued; NULL: nobody wants to know. */
	void (*on_change)(void *context);
	void *context;
	bool is_on;
	uint64_t limit_bytes;
	int64_t acted_boot_ms; /* the sample that was acted on last */
	size_t count;
	struct frozen items[FREEZE_MAX];
};

/* Of zeroed memory; sessions and on_change may be set before or after. */
void freeze_init(struct freeze *f, struct loop *loop, struct report *report, const char *path);

/* What is stopped is continued where the policy or the limit has changed. */
void freeze_set(struct freeze *f, const struct wire_config *config);

/* No more; what is stopped is continued. */
void freeze_stop(struct freeze *f);

#endif
