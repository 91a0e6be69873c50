/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_FIGURES_H
#define WINALUX_CLI_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/plan/facts.h"
#include "winalux/workspace/telemetry.h"

#include "table.h"

struct app;
struct error;
struct json;
struct strv;

/* What was measured, as people and programs read it; shared by top, status and metrics. Texts are
 * the caller's to free. */

/* What is there and what it uses. DEFER(look_release). */
struct look {
	struct facts facts;
	struct telemetry telemetry;
};
/* The list calls for the state of workspaces and one call for all figures. names (may be empty)
 * must be there. Opens the host. */
int look_at_all(struct app *app, const struct strv *names, struct look *ret, struct error *err);
void look_release(struct look *look);

/*
 * A line of cells, as wide as that, from percentages, oldest first; where there are more of them
 * than cells, each shows the highest of its own. METRICS_RECENT_UNKNOWN is a blank.
 */
char *figures_spark(const uint8_t *percent, size_t count, size_t cells, bool is_utf8);

/* From 0 to 1, never more, of a total that is not 0. */
double figures_share(uint64_t used, uint64_t total);
/* "14.3%", never more than 100; "" of nothing. Then what it is a share of: "host", "limit". */
char *figures_percent(uint64_t used, uint64_t total);
const char *figures_of(bool is_limited);
const char *figures_state(uint8_t state); /* of a metrics_service: "up", "down", "unknown" */
const char *figures_policy(const struct metrics *m); /* at the storage limit: "warn", "freeze" */
/* "512M", "1.2G": where there is little room. */
char *figures_short_size(uint64_t bytes);
/* Of a share that comes near its end. */
enum table_color figures_color(uint64_t used, uint64_t total);

/* One element of `top --json`: see winalux(1). */
struct json *figures_json(const struct telemetry *t, const struct workspace_facts *w);

#endif
