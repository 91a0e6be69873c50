/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_SUMMARY_H
#define WINALUX_CLI_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

struct app;
struct deployment;
struct error;
struct json;

/* What a deploy or another operation would do, or has done. */

/* The plan: object changes with their reasons, the steps too when has_steps, who is interrupted. */
void summary_print_plan(struct app *app, const struct deployment *d, bool has_steps);
struct json *summary_plan_json(const struct deployment *d);

/* One line where nothing was to do. */
void summary_print_unchanged(size_t count);

/*
 * How a run went: its notes, then the outcomes as a table or JSON on stdout, and failures on
 * stderr, but not what err says as well, with which the run ends. result is what the run returned;
 * nothing is printed of a run that never came to outcomes, whose error says all.
 */
void summary_print_run(struct app *app, const struct deployment *d, int result,
		       const struct error *err);

/* Notes of a deployment as lines on stderr. */
void summary_print_notes(const struct deployment *d);

#endif
