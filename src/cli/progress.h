/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_PROGRESS_H
#define WINALUX_CLI_PROGRESS_H

#include <stdbool.h>

struct progress_sink;

/*
 * Shows a deploy while it runs. On a terminal: one line per workspace, redrawn ten times a second,
 * at most as many as the terminal has. Elsewhere: one plain line per step, written before the step
 * runs. Quiet: nothing.
 */
enum progress_mode { PROGRESS_QUIET, PROGRESS_PLAIN, PROGRESS_LIVE };

struct progress;

/* Writes to fd (standard error). Free with progress_freep, which ends the display. */
struct progress *progress_new(int fd, enum progress_mode mode);
void progress_freep(struct progress **progress);

/* LIVE on a terminal that can move its cursor, else PLAIN. */
enum progress_mode progress_mode_for(int fd, bool is_quiet);

/* Callbacks for apply_plan, deploy_run, operate_run; valid until progress_freep. */
struct progress_sink progress_sink(struct progress *progress);

#endif
