/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_MEASURE_H
#define WINALUX_GUEST_MEASURE_H

#include "loop.h"
#include "telemetry/sampler.h"
#include "winalux/telemetry/metrics.h"

struct checks;
struct freeze;
struct sessions;
struct report;
struct wire_config;

/*
 * PID 1 measures its container, so that who asks gets an answer that is there already: every 10 s
 * it writes a sample into a file that everybody inside may read (telemetry/metrics.h).
 */

enum { MEASURE_SECOND_MS = 1000 };

struct measure {
	struct timer timer;
	struct report *report;
	const struct checks *checks;
	const struct sessions *sessions; /* NULL: none are known of */
	const struct freeze *freeze;     /* NULL: nothing is ever stopped */
	struct sampler sampler;
	struct metrics next;
	const char *path;
	bool has_failed; /* said once */
};

void measure_init(struct measure *m, struct loop *loop, struct report *report,
		  const struct checks *checks);
/* What the workspace is called and which ports it has; copies what it needs. */
void measure_set(struct measure *m, const struct wire_config *config);
/* The first sample at once, the second, which knows the CPU, soon; reported where it cannot be. */
void measure_start(struct measure *m, const char *path);

/* Who is stopped has changed: told at once, beside the figures of the last sample. */
void measure_show_frozen(struct measure *m);

#endif
