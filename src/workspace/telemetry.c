/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/telemetry.h"

#include <stdlib.h>
#include <string.h>

#include "container_files.h"
#include "telemetry_daemon.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/plan/facts.h"
#include "winalux/podman/container.h"

enum {
	/* All pages together may have eight times that: a page with its directory takes 5.5 KiB of
	 * the archive, so there is room for 1500 workspaces. */
	PAGE_MAX_BYTES = 1 << 20,
	HISTORY_MAX_BYTES = 2 * HISTORY_FILE_SIZE,
	STALE_INTERVALS = 3,
};

void telemetry_release(struct telemetry *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->samples[i].workspace);
	free(t->samples);
	*t = (struct telemetry){ 0 };
}

/* --- pages --- */

static void end_text(char *text, size_t size)
{
	text[size - 1] = '\0';
}

static void end_services(struct metrics_service *services, uint32_t *count, uint32_t max)
{
	*count = *count < max ? *count : max;
	for (uint32_t i = 0; i < *count; i++) {
		end_text(services[i].name, sizeof(services[i].name));
		if (services[i].state > METRICS_DOWN)
			services[i].state = METRICS_UNKNOWN;
	}
}

static int64_t no_later(int64_t time, int64_t limit)
{
	return time < 0 ? 0 : time < limit ? time : limit;
}

/*
 * When it was measured, by the wall clock of now. That may have been set since: then the time since
 * boot says so, where the page is of this machine and of this boot. Elsewhere a sample from the
 * future is as far from now as one from the past, since nothing tells which clock is right: it must
 * not look new until then.
 */
static int64_t sampled_s(const struct telemetry *t, const struct metrics *m)
{
	if (m->boot && m->boot == t->boot) {
		const int64_t age_ms =
			t->read_boot_ms - no_later(m->sampled_boot_ms, t->read_boot_ms);
		const int64_t by_boot_s = no_later(t->read_s - age_ms / 1000, t->read_s);
		const int64_t ahead_s = no_later(m->sampled_s, INT64_MAX) - by_boot_s;

		/* Seconds are whole: one more or less is the same time. */
		return ahead_s >= -1 && ahead_s <= 1 ? m->sampled_s : by_boot_s;
	}
	if (m->sampled_s > t->read_s)
		return t->read_s - (m->sampled_s - t->read_s);
	return m->sampled_s;
}

/* A page is made of what a workspace's PID 1 wrote: nothing in it is believed to be in bounds. */
static void put_in_bounds(const struct telemetry *t, struct metrics *m)
{
	end_text(m->profile, sizeof(m->profile));
	end_services(m->ports, &m->port_count, METRICS_PORTS_MAX);
	end_services(m->sidecars, &m->sidecar_count, METRICS_SIDECARS_MAX);
	m->key_count = m->key_count < METRICS_KEYS_MAX ? m->key_count : METRICS_KEYS_MAX;
	for (uint32_t i = 0; i < m->key_count; i++)
		end_text(m->keys[i].fingerprint, sizeof(m->keys[i].fingerprint));
	m->writer_count =
		m->writer_count < METRICS_WRITERS_MAX ? m->writer_count : METRICS_WRITERS_MAX;
	for (uint32_t i = 0; i < m->writer_count; i++)
		end_text(m->writers[i].command, sizeof(m->writers[i].command));
	if (m->interval_ms == 0)
		m->interval_ms = METRICS_INTERVAL_S * 1000;
	m->sampled_s = no_later(sampled_s(t, m), t->read_s);
	m->sampled_boot_ms = no_later(m->sampled_boot_ms, INT64_MAX);
	m->started_boot_ms = no_later(m->started_boot_ms, m->sampled_boot_ms);
	m->storage_counted_boot_ms = no_later(m->storage_counted_boot_ms, m->sampled_boot_ms);
}

/* The directory of ".../NAME/metrics", or NULL for another file. The caller frees it. */
static char *workspace_of(const char *path)
{
	static const char end[] = "/" METRICS_FILE_NAME;
	const size_t len = strlen(path), end_len = strlen(end);

	if (len <= end_len || strcmp(path + len - end_len, end) != 0)
		return NULL;
	DEFER(freep) char *directory = xstrndup(path, len - end_len);
	const char *slash = strrchr(directory, '/');
	return xstrdup(slash ? slash + 1 : directory);
}

static void take_page(const char *name, const char *data, size_t len, void *context)
{
	struct telemetry *t = context;
	DEFER(freep) char *workspace = workspace_of(name);

	if (!workspace)
		return;
	struct telemetry_sample *s = xgrow(&t->samples, &t->cap, t->count, sizeof(*s));
	s->result = metrics_decode(data, len, &s->metrics);
	if (s->result == METRICS_FINE)
		put_in_bounds(t, &s->metrics);
	s->workspace = TAKE(workspace);
	t->count++;
}

static int compare_samples(const void *a, const void *b)
{
	const struct telemetry_sample *left = a, *right = b;

	return strcmp(left->workspace, right->workspace);
}

int telemetry_read(struct podman *podman, const struct facts *facts, struct telemetry *ret,
		   struct error *err)
{
	const struct container *daemon = facts->telemetry;
	DEFER(telemetry_release)
	struct telemetry t = {
		.read_s = clock_wall_s(),
		.read_boot_ms = metrics_now_ms(),
		.boot = metrics_boot(),
	};

	if (daemon) {
		t.daemon =
			daemon->state == CONTAINER_RUNNING ? TELEMETRY_RUNNING : TELEMETRY_STOPPED;
		if (container_files_read(podman, daemon->id, METRICS_ACCOUNT_DIRECTORY,
					 PAGE_MAX_BYTES, take_page, &t, err) < 0)
			return error_add(err, "cannot read what was measured");
	}
	if (t.count > 1)
		qsort(t.samples, t.count, sizeof(t.samples[0]), compare_samples);
	*ret = t;
	t = (struct telemetry){ 0 };
	return 0;
}

const struct telemetry_sample *telemetry_find(const struct telemetry *t, const char *workspace)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->samples[i].workspace, workspace))
			return &t->samples[i];
	return NULL;
}

int64_t telemetry_age_s(const struct telemetry *t, const struct metrics *m)
{
	return t->read_s > m->sampled_s ? t->read_s - m->sampled_s : 0;
}

bool telemetry_is_stale(const struct telemetry *t, const struct metrics *m)
{
	return telemetry_age_s(t, m) * 1000 > STALE_INTERVALS * (int64_t)m->interval_ms;
}

static const char *const result_reasons[] = {
	[METRICS_FINE] = NULL,
	[METRICS_ABSENT] = "nothing was measured yet",
	[METRICS_FOREIGN] = "its figures are damaged, or of another version of winalux",
	[METRICS_TORN] = "its figures were left half written",
};

static const char *reason_of(const struct telemetry *t, const struct workspace_facts *w,
			     const struct telemetry_sample *s)
{
	if (!workspace_facts_dev_runs(w))
		return "it does not run";
	if (t->daemon == TELEMETRY_NO_DAEMON)
		return "nobody measures: `winalux deploy` starts the telemetry daemon";
	if (t->daemon == TELEMETRY_STOPPED)
		return "the telemetry daemon does not run: `winalux deploy` starts it";
	if (!telemetry_sees_pod(w))
		return "it was made while nobody measured: `winalux destroy --keep-data` and "
		       "`winalux deploy` make it anew";
	return result_reasons[s ? s->result : METRICS_ABSENT];
}

const struct metrics *telemetry_figures(const struct telemetry *t, const struct workspace_facts *w,
					const char **ret_reason)
{
	const struct telemetry_sample *s = telemetry_find(t, w->name);

	*ret_reason = reason_of(t, w, s);
	return *ret_reason ? NULL : &s->metrics;
}

/* --- history --- */

static void take_history(const char *name, const char *data, size_t len, void *context)
{
	struct telemetry_history *h = context;
	const int64_t now_s = clock_wall_s();

	(void)name;
	history_decode(data, len, h->entries, &h->count);
	for (size_t i = 0; i < h->count; i++)
		h->entries[i].at_s = no_later(h->entries[i].at_s, now_s);
}

int telemetry_read_history(struct podman *podman, const struct facts *facts, const char *workspace,
			   struct telemetry_history *ret, struct error *err)
{
	const struct container *daemon = facts->telemetry;
	DEFER(freep) char *path = xasprintf(HISTORY_DIRECTORY "/%s", workspace);

	ret->count = 0;
	if (daemon && container_files_read(podman, daemon->id, path, HISTORY_MAX_BYTES,
					   take_history, ret, err) < 0)
		return error_add(err, "cannot read the history of '%s'", workspace);
	return 0;
}

uint64_t telemetry_entry_value(const struct history_entry *e, enum history_group group)
{
	switch (group) {
	case HISTORY_CPU:
		return e->cpu_permille;
	case HISTORY_MEMORY:
		return e->memory_bytes;
	case HISTORY_STORAGE:
		return e->storage_bytes;
	}
	return 0;
}

struct telemetry_range telemetry_range(const struct telemetry_history *h, enum history_group group,
				       int64_t since_s)
{
	struct telemetry_range r = { .min = UINT64_MAX };
	double sum = 0;

	for (size_t i = 0; i < h->count; i++) {
		const struct history_entry *e = &h->entries[i];
		const uint64_t value = telemetry_entry_value(e, group);

		if (!(e->known & group) || e->at_s < since_s)
			continue;
		r.count++;
		r.min = value < r.min ? value : r.min;
		r.max = value > r.max ? value : r.max;
		sum += (double)value;
	}
	if (r.count == 0)
		return (struct telemetry_range){ 0 };
	r.mean = (uint64_t)(sum / (double)r.count);
	return r;
}
