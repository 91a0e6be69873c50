/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/plan/plan.h"
#include "winalux/workspace/host.h"

#include "app.h"

enum { WARN_PERCENT = 80, ALARM_PERCENT = 95, SPARK_LEVELS = 8 };

static int fill(struct app *app, const struct strv *names, struct look *look, struct error *err)
{
	if (app_open_host(app, err) < 0 ||
	    host_observe(app->host, OBSERVE_STATE, &look->facts, err) < 0)
		return -1;
	if (names->count > 0 && plan_check_names(&look->facts, names, err) < 0)
		return -1;
	return telemetry_read(host_podman(app->host), &look->facts, &look->telemetry, err);
}

int look_at_all(struct app *app, const struct strv *names, struct look *ret, struct error *err)
{
	struct look look = { 0 };

	if (fill(app, names, &look, err) < 0) {
		look_release(&look);
		return -1;
	}
	*ret = look;
	return 0;
}

void look_release(struct look *look)
{
	telemetry_release(&look->telemetry);
	facts_release(&look->facts);
}

/* --- text --- */

/* Higher and higher; for terminals without such signs, denser and denser. */
static const char *const spark_signs[2][SPARK_LEVELS] = {
	{ ".", ":", "-", "=", "+", "*", "#", "@" },
	{ "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
};

/* The highest of those that are known, or METRICS_RECENT_UNKNOWN. */
static uint8_t highest(const uint8_t *percent, size_t count)
{
	uint8_t max = METRICS_RECENT_UNKNOWN;

	for (size_t i = 0; i < count; i++)
		if (percent[i] <= 100 && (max == METRICS_RECENT_UNKNOWN || percent[i] > max))
			max = percent[i];
	return max;
}

char *figures_spark(const uint8_t *percent, size_t count, size_t cells, bool is_utf8)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	cells = cells < count ? cells : count;
	for (size_t i = 0; i < cells; i++) {
		const size_t from = i * count / cells, to = (i + 1) * count / cells;
		const uint8_t value = highest(percent + from, to - from);

		if (value == METRICS_RECENT_UNKNOWN)
			buf_add_char(&b, ' ');
		else
			buf_add_str(&b, spark_signs[is_utf8][value * (SPARK_LEVELS - 1U) / 100]);
	}
	return buf_take(&b);
}

double figures_share(uint64_t used, uint64_t total)
{
	return used < total ? (double)used / (double)total : 1;
}

char *figures_percent(uint64_t used, uint64_t total)
{
	return total ? xasprintf("%.1f%%", 100 * figures_share(used, total)) : xstrdup("");
}

const char *figures_of(bool is_limited)
{
	return is_limited ? "limit" : "host";
}

const char *figures_state(uint8_t state)
{
	static const char *const names[] = {
		[METRICS_UNKNOWN] = "unknown", [METRICS_UP] = "up", [METRICS_DOWN] = "down"
	};

	return names[state <= METRICS_DOWN ? state : METRICS_UNKNOWN];
}

const char *figures_policy(const struct metrics *m)
{
	return m->storage_policy == METRICS_POLICY_FREEZE ? "freeze" : "warn";
}

char *figures_short_size(uint64_t bytes)
{
	static const char units[] = "KMGTP";
	double value = (double)bytes / 1024;
	size_t unit = 0;

	for (; value >= 999.5 && units[unit + 1]; unit++)
		value /= 1024;
	return xasprintf(value < 9.95 && unit > 0 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

enum table_color figures_color(uint64_t used, uint64_t total)
{
	const double percent = total ? 100 * figures_share(used, total) : 0;

	if (percent >= ALARM_PERCENT)
		return TABLE_RED;
	return percent >= WARN_PERCENT ? TABLE_YELLOW : TABLE_PLAIN;
}
