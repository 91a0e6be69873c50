/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_TELEMETRY_H
#define WINALUX_WORKSPACE_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/telemetry/history.h"
#include "winalux/telemetry/metrics.h"

struct error;
struct facts;
struct podman;
struct workspace_facts;

/*
 * What the account's telemetry daemon has measured (docs/design/telemetry.md), read out of its
 * container: the pages of all workspaces by one call, and the history of one by another.
 */

/*
 * What a page said of one workspace. metrics counts only where result is METRICS_FINE; its counts
 * are within their arrays then, its texts end, and its times are not after now: sampled_s is by the
 * reader's wall clock, whatever that was when it was measured.
 */
struct telemetry_sample {
	char *workspace;
	enum metrics_result result;
	struct metrics metrics;
};

enum telemetry_daemon {
	TELEMETRY_NO_DAEMON, /* there is no container of it */
	TELEMETRY_STOPPED,   /* what is there is what it measured last */
	TELEMETRY_RUNNING,
};

struct telemetry {
	enum telemetry_daemon daemon;
	int64_t read_s; /* wall clock, when it was read */
	int64_t read_boot_ms;
	uint32_t boot; /* metrics_boot() */
	struct telemetry_sample *samples;
	size_t count, cap;
};
void telemetry_release(struct telemetry *t);

/*
 * Every page, by one GET /containers/{id}/archive (libpod 4.3). No daemon is no error, and no call.
 * Release with telemetry_release. ERROR_PODMAN, ERROR_HOST.
 */
int telemetry_read(struct podman *podman, const struct facts *facts, struct telemetry *ret,
		   struct error *err);

/* Of one workspace; NULL where there is no page of it. */
const struct telemetry_sample *telemetry_find(const struct telemetry *t, const char *workspace);

/* Seconds since it was measured, by the wall clock: never negative. */
int64_t telemetry_age_s(const struct telemetry *t, const struct metrics *m);
/* Nobody has renewed it for three intervals: it does not say what is now. */
bool telemetry_is_stale(const struct telemetry *t, const struct metrics *m);

/*
 * Figures of now: of a sample that is whole, of a workspace that runs. NULL where there are none,
 * with the reason in *ret_reason ("it does not run"). A stale sample is one too.
 */
const struct metrics *telemetry_figures(const struct telemetry *t, const struct workspace_facts *w,
					const char **ret_reason);

struct telemetry_history {
	struct history_entry entries[HISTORY_ENTRIES]; /* the oldest first; no time is after now */
	size_t count;                                  /* 0: there is none */
};

/* The ring of one workspace; none is no error. ERROR_PODMAN, ERROR_HOST. */
int telemetry_read_history(struct podman *podman, const struct facts *facts, const char *workspace,
			   struct telemetry_history *ret, struct error *err);

/* What the entries from since_s on say about one figure. count 0: nothing. */
struct telemetry_range {
	uint64_t min, mean, max;
	size_t count;
};
uint64_t telemetry_entry_value(const struct history_entry *e, enum history_group group);
struct telemetry_range telemetry_range(const struct telemetry_history *h, enum history_group group,
				       int64_t since_s);

#endif
