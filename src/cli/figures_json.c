/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

/* An object for a group; NULL, and null in the document, where it was not measured. */
static struct json *add_group(struct json *object, const char *key, const struct metrics *m,
			      uint32_t group)
{
	if (m && (m->known & group))
		return json_add_object(object, key);
	json_add_null(object, key);
	return NULL;
}

static void add_number(struct json *object, const char *key, bool is_known, uint64_t value)
{
	if (is_known)
		json_add_int(object, key, (int64_t)value);
	else
		json_add_null(object, key);
}

static void add_figure(struct json *object, const char *key, const struct metrics *m,
		       uint32_t group, uint64_t value)
{
	add_number(object, key, m->known & group, value);
}

static void add_share(struct json *object, uint64_t used, uint64_t total)
{
	if (!total) {
		json_add_null(object, "share");
		return;
	}
	const int64_t in_10000 = (int64_t)(1e4 * figures_share(used, total) + 0.5);
	json_add_number(object, "share", (double)in_10000 / 1e4);
}

static void add_recent(struct json *object, const uint8_t *percent)
{
	struct json *array = json_add_array(object, "recent_percent");

	for (size_t i = 0; i < METRICS_RECENT; i++) {
		if (percent[i] <= 100)
			json_append_int(array, percent[i]);
		else
			json_append(array, NULL);
	}
}

static void add_cpu(struct json *root, const struct metrics *m)
{
	struct json *o = add_group(root, "cpu", m, METRICS_CPU);

	if (!o)
		return;
	json_add_number(o, "used_cores", m->cpu_used_milli / 1000.0);
	json_add_number(o, "total_cores", m->cpu_total_milli / 1000.0);
	add_share(o, m->cpu_used_milli, m->cpu_total_milli);
	json_add_text(o, "of", figures_of(m->cpu_is_limited));
	json_add_int(o, "time_ms", (int64_t)(m->cpu_total_us / 1000));
	add_recent(o, m->cpu_recent);
}

static void add_memory(struct json *root, const struct metrics *m)
{
	struct json *o = add_group(root, "memory", m, METRICS_MEMORY);

	if (!o)
		return;
	json_add_int(o, "rss", (int64_t)m->memory_rss_bytes);
	add_figure(o, "pss", m, METRICS_PSS, m->memory_pss_bytes);
	add_figure(o, "peak", m, METRICS_PEAK, m->memory_peak_bytes);
	json_add_int(o, "total", (int64_t)m->memory_total_bytes);
	add_share(o, m->memory_rss_bytes, m->memory_total_bytes);
	json_add_text(o, "of", figures_of(m->memory_is_limited));
	add_recent(o, m->memory_recent);
}

static void add_writers(struct json *object, const struct metrics *m)
{
	static const char *const states[] = { [METRICS_WRITER_RUNS] = "running",
					      [METRICS_WRITER_STOPPED] = "stopped",
					      [METRICS_WRITER_SIDECAR] = "sidecar" };
	struct json *array = json_add_array(object, "writers");

	for (uint32_t i = 0; i < m->writer_count && i < METRICS_WRITERS_MAX; i++) {
		const struct metrics_writer *w = &m->writers[i];
		struct json *o;

		if (w->state >= ARRAY_SIZE(states))
			continue;
		o = json_append_object(array);
		json_add_text(o, "command", w->command);
		add_number(o, "pid", w->pid, w->pid);
		json_add_text(o, "state", states[w->state]);
	}
}

static void add_storage(struct json *root, const struct metrics *m)
{
	struct json *o = add_group(root, "storage", m, METRICS_STORAGE);

	if (!o)
		return;
	json_add_int(o, "used", (int64_t)m->storage_used_bytes);
	add_number(o, "total", m->storage_total_bytes, m->storage_total_bytes);
	add_share(o, m->storage_used_bytes, m->storage_total_bytes);
	json_add_bool(o, "is_estimated", m->storage_is_estimated);
	json_add_int(o, "files", (int64_t)m->storage_files);
	add_number(o, "counted_age_ms", m->storage_counted_boot_ms,
		   (uint64_t)(m->sampled_boot_ms - m->storage_counted_boot_ms));
	json_add_text(o, "policy", figures_policy(m));
	json_add_bool(o, "is_over", m->storage_is_over);
	json_add_bool(o, "is_frozen", m->storage_is_frozen);
	add_writers(o, m);
}

static void add_pressure(struct json *root, const struct metrics *m)
{
	struct json *o = add_group(root, "pressure", m, METRICS_PRESSURE);

	if (!o)
		return;
	json_add_number(o, "cpu_percent", m->pressure_cpu / 100.0);
	json_add_number(o, "memory_percent", m->pressure_memory / 100.0);
	json_add_number(o, "io_percent", m->pressure_io / 100.0);
}

static void add_network(struct json *root, const struct metrics *m)
{
	struct json *o = add_group(root, "network", m, METRICS_NETWORK);

	if (!o)
		return;
	json_add_int(o, "received", (int64_t)m->network_received_bytes);
	json_add_int(o, "sent", (int64_t)m->network_sent_bytes);
}

static void add_services(struct json *root, const char *key, const struct metrics_service *services,
			 uint32_t count)
{
	struct json *array = json_add_array(root, key);

	for (uint32_t i = 0; i < count; i++) {
		struct json *o = json_append_object(array);

		json_add_text(o, "name", services[i].name);
		add_number(o, "port", services[i].port, services[i].port);
		json_add_text(o, "state", figures_state(services[i].state));
	}
}

static void add_keys(struct json *root, const struct metrics *m)
{
	struct json *array;

	if (!(m->known & METRICS_SESSIONS)) {
		json_add_null(root, "keys");
		return;
	}
	array = json_add_array(root, "keys");
	for (uint32_t i = 0; i < m->key_count; i++) {
		struct json *o = json_append_object(array);

		json_add_text(o, "fingerprint", m->keys[i].fingerprint);
		json_add_int(o, "sessions", m->keys[i].sessions);
	}
}

static void add_sample(struct json *root, const struct telemetry *t, const struct metrics *m)
{
	char sampled[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(m->sampled_s, sampled);
	json_add_text(root, "sampled", sampled);
	json_add_int(root, "age_ms", telemetry_age_s(t, m) * 1000);
	json_add_bool(root, "is_stale", telemetry_is_stale(t, m));
	json_add_int(root, "interval_ms", m->interval_ms);
	json_add_text(root, "covers", m->covers_pod ? "pod" : "dev");
	add_figure(root, "uptime_ms", m, METRICS_UPTIME,
		   (uint64_t)(m->sampled_boot_ms - m->started_boot_ms));
	add_cpu(root, m);
	add_memory(root, m);
	add_storage(root, m);
	add_pressure(root, m);
	add_network(root, m);
	add_figure(root, "processes", m, METRICS_MEMORY, m->processes);
	add_figure(root, "threads", m, METRICS_MEMORY, m->threads);
	add_figure(root, "connections", m, METRICS_CONNECTIONS, m->connections);
	add_figure(root, "ssh_sessions", m, METRICS_SESSIONS, m->ssh_sessions);
	add_keys(root, m);
	add_services(root, "sidecars", m->sidecars, m->sidecar_count);
	add_services(root, "ports", m->ports, m->port_count);
}

static void add_nothing(struct json *root)
{
	static const char *const keys[] = {
		"sampled", "age_ms",      "is_stale",     "interval_ms", "covers",   "uptime_ms",
		"cpu",     "memory",      "storage",      "pressure",    "network",  "processes",
		"threads", "connections", "ssh_sessions", "keys",        "sidecars", "ports",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_add_null(root, keys[i]);
}

struct json *figures_json(const struct telemetry *t, const struct workspace_facts *w)
{
	struct json *root = json_new_object();
	const char *reason;
	const struct metrics *m = telemetry_figures(t, w, &reason);

	json_add_text(root, "name", w->name);
	json_add_text(root, "status", workspace_facts_status(w));
	json_add_text(root, "profile", w->state.profile);
	json_add_text(root, "reason", reason);
	if (m)
		add_sample(root, t, m);
	else
		add_nothing(root);
	return root;
}
