/* SPDX-License-Identifier: MIT */
/*
 * The format wants all samples of a family in one place, so the families are a table, and each is
 * walked over all workspaces. A figure that nobody has renewed is left out: a flat line would look
 * like a quiet workspace. How old the last sample is, is always there.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#include "exposition.h"

#include <inttypes.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"

#include "figures.h"

/* A workspace, with what may be said of it. */
struct subject {
	const struct telemetry *t;
	const struct workspace_facts *w;
	const struct metrics *m; /* NULL: no sample */
};

/* How an integer is written so that it is in base units. */
enum scale { SCALE_ONE, SCALE_MILLI, SCALE_MICRO, SCALE_TEN_THOUSANDTH };
static const unsigned scale_digits[] = {
	[SCALE_ONE] = 0,
	[SCALE_MILLI] = 3,
	[SCALE_MICRO] = 6,
	[SCALE_TEN_THOUSANDTH] = 4,
};

struct family {
	const char *name; /* behind "winalux_" */
	const char *help;
	const char *type;
	uint32_t group; /* enum metrics_group; 0: no matter which is known */
	enum scale scale;
	bool is_kept; /* when the sample is old */
	/* One figure of a workspace; false: there is none. */
	bool (*get)(const struct subject *s, uint64_t *ret);
	/* Several with labels of their own. */
	void (*add)(struct buf *b, const struct family *f, const struct subject *s);
};

/* --- lines --- */

/* Control characters and broken UTF-8 become text first; then the format's own escapes. */
static void add_label(struct buf *b, const char *name, const char *value, bool is_first)
{
	DEFER(buf_release) struct buf printable = { 0 };

	buf_init(&printable, SIZE_MAX);
	buf_add_printable(&printable, value, strlen(value), false);
	buf_addf(b, "%s%s=\"", is_first ? "" : ",", name);
	for (const char *c = printable.data; *c; c++) {
		if (*c == '\\' || *c == '"')
			buf_add_char(b, '\\');
		buf_add_char(b, *c);
	}
	buf_add_char(b, '"');
}

static void add_value(struct buf *b, enum scale scale, uint64_t value)
{
	const unsigned digits = scale_digits[scale];
	uint64_t unit = 1;

	for (unsigned i = 0; i < digits; i++)
		unit *= 10;
	if (digits)
		buf_addf(b, " %" PRIu64 ".%0*" PRIu64 "\n", value / unit, (int)digits,
			 value % unit);
	else
		buf_addf(b, " %" PRIu64 "\n", value);
}

/* label NULL: the workspace alone. */
static void add_line(struct buf *b, const struct family *f, const struct subject *s,
		     const char *label, const char *label_value, uint64_t value)
{
	buf_addf(b, "winalux_%s{", f->name);
	add_label(b, "workspace", s->w->name, true);
	if (label)
		add_label(b, label, label_value, false);
	buf_add_char(b, '}');
	add_value(b, f->scale, value);
}

static void add_head(struct buf *b, const char *name, const char *help, const char *type)
{
	buf_addf(b, "# HELP winalux_%s %s\n# TYPE winalux_%s %s\n", name, help, name, type);
}

/* --- figures --- */

#define GET(name, expression)                                                                      \
	static bool get_##name(const struct subject *s, uint64_t *ret)                             \
	{                                                                                          \
		*ret = (uint64_t)(expression);                                                     \
		return true;                                                                       \
	}

GET(up, workspace_facts_dev_runs(s->w))
GET(has_sample, s->m != NULL && !telemetry_is_stale(s->t, s->m))
GET(timestamp, s->m->sampled_s)
GET(age, telemetry_age_s(s->t, s->m))
GET(uptime, s->m->sampled_boot_ms - s->m->started_boot_ms)
GET(cpu_seconds, s->m->cpu_total_us)
GET(cpu_used, s->m->cpu_used_milli)
GET(cpu_total, s->m->cpu_total_milli)
GET(cpu_limited, s->m->cpu_is_limited != 0)
GET(rss, s->m->memory_rss_bytes)
GET(pss, s->m->memory_pss_bytes)
GET(peak, s->m->memory_peak_bytes)
GET(memory_total, s->m->memory_total_bytes)
GET(memory_limited, s->m->memory_is_limited != 0)
GET(storage, s->m->storage_used_bytes)
GET(storage_estimated, s->m->storage_is_estimated != 0)
GET(storage_files, s->m->storage_files)
GET(storage_frozen, s->m->storage_is_frozen != 0)
GET(received, s->m->network_received_bytes)
GET(sent, s->m->network_sent_bytes)
GET(processes, s->m->processes)
GET(threads, s->m->threads)
GET(connections, s->m->connections)
GET(sessions, s->m->ssh_sessions)

static bool get_storage_limit(const struct subject *s, uint64_t *ret)
{
	*ret = s->m->storage_total_bytes;
	return *ret != 0;
}

static void add_pressure(struct buf *b, const struct family *f, const struct subject *s)
{
	add_line(b, f, s, "resource", "cpu", s->m->pressure_cpu);
	add_line(b, f, s, "resource", "memory", s->m->pressure_memory);
	add_line(b, f, s, "resource", "io", s->m->pressure_io);
}

static bool is_repeated(const struct metrics_service *services, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (!strcmp(services[i].name, services[index].name))
			return true;
	return false;
}

static void add_sidecars(struct buf *b, const struct family *f, const struct subject *s)
{
	for (uint32_t i = 0; i < s->m->sidecar_count; i++) {
		const struct metrics_service *v = &s->m->sidecars[i];

		if (v->state != METRICS_UNKNOWN && !is_repeated(s->m->sidecars, i))
			add_line(b, f, s, "sidecar", v->name, v->state == METRICS_UP);
	}
}

static bool is_port_repeated(const struct metrics *m, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (m->ports[i].port == m->ports[index].port)
			return true;
	return false;
}

static void add_ports(struct buf *b, const struct family *f, const struct subject *s)
{
	for (uint32_t i = 0; i < s->m->port_count; i++) {
		const struct metrics_service *v = &s->m->ports[i];
		DEFER(freep) char *port = xasprintf("%u", v->port);

		if (v->state != METRICS_UNKNOWN && !is_port_repeated(s->m, i))
			add_line(b, f, s, "port", port, v->state == METRICS_UP);
	}
}

static const struct family families[] = {
	{ .name = "workspace_sample_timestamp_seconds",
	  .help = "When the figures of the workspace were measured, since the epoch.",
	  .type = "gauge",
	  .is_kept = true,
	  .get = get_timestamp },
	{ .name = "workspace_sample_age_seconds",
	  .help = "How long ago the figures of the workspace were measured.",
	  .type = "gauge",
	  .is_kept = true,
	  .get = get_age },
	{ .name = "workspace_uptime_seconds",
	  .help = "Time since the dev container of the workspace began.",
	  .type = "gauge",
	  .group = METRICS_UPTIME,
	  .scale = SCALE_MILLI,
	  .get = get_uptime },
	{ .name = "workspace_cpu_seconds_total",
	  .help = "Processor time that the workspace has used since it was first measured.",
	  .type = "counter",
	  .group = METRICS_CPU,
	  .scale = SCALE_MICRO,
	  .get = get_cpu_seconds },
	{ .name = "workspace_cpu_used_cores",
	  .help = "Processors in use over the last interval.",
	  .type = "gauge",
	  .group = METRICS_CPU,
	  .scale = SCALE_MILLI,
	  .get = get_cpu_used },
	{ .name = "workspace_cpu_available_cores",
	  .help = "Processors that may be used: the limit, or those of the host.",
	  .type = "gauge",
	  .group = METRICS_CPU,
	  .scale = SCALE_MILLI,
	  .get = get_cpu_total },
	{ .name = "workspace_cpu_limited",
	  .help = "Whether a limit says how many processors may be used.",
	  .type = "gauge",
	  .group = METRICS_CPU,
	  .get = get_cpu_limited },
	{ .name = "workspace_memory_rss_bytes",
	  .help = "Sum of the resident sets of all processes; shared pages count for each.",
	  .type = "gauge",
	  .group = METRICS_MEMORY,
	  .get = get_rss },
	{ .name = "workspace_memory_pss_bytes",
	  .help = "Memory of all processes, shared pages counted once; measured once a minute.",
	  .type = "gauge",
	  .group = METRICS_PSS,
	  .get = get_pss },
	{ .name = "workspace_memory_peak_bytes",
	  .help = "The most memory that the control groups of the workspace ever had.",
	  .type = "gauge",
	  .group = METRICS_PEAK,
	  .get = get_peak },
	{ .name = "workspace_memory_available_bytes",
	  .help = "Memory that may be used: the limit, or that of the host.",
	  .type = "gauge",
	  .group = METRICS_MEMORY,
	  .get = get_memory_total },
	{ .name = "workspace_memory_limited",
	  .help = "Whether a limit says how much memory may be used.",
	  .type = "gauge",
	  .group = METRICS_MEMORY,
	  .get = get_memory_limited },
	{ .name = "workspace_storage_used_bytes",
	  .help = "What the home and the volumes of the sidecars hold.",
	  .type = "gauge",
	  .group = METRICS_STORAGE,
	  .get = get_storage },
	{ .name = "workspace_storage_estimated",
	  .help = "Whether the storage in use is an estimate.",
	  .type = "gauge",
	  .group = METRICS_STORAGE,
	  .get = get_storage_estimated },
	{ .name = "workspace_storage_limit_bytes",
	  .help = "The limit of the storage; without one this is not there.",
	  .type = "gauge",
	  .group = METRICS_STORAGE,
	  .get = get_storage_limit },
	{ .name = "workspace_storage_files",
	  .help = "Files and directories in the home and the volumes of the sidecars.",
	  .type = "gauge",
	  .group = METRICS_STORAGE,
	  .get = get_storage_files },
	{ .name = "workspace_storage_frozen",
	  .help = "Whether the workspace was frozen because its storage is full.",
	  .type = "gauge",
	  .group = METRICS_STORAGE,
	  .get = get_storage_frozen },
	{ .name = "workspace_pressure_ratio",
	  .help = "Share of the last 10 s in which some process waited for the resource.",
	  .type = "gauge",
	  .group = METRICS_PRESSURE,
	  .scale = SCALE_TEN_THOUSANDTH,
	  .add = add_pressure },
	{ .name = "workspace_network_receive_bytes_total",
	  .help = "Bytes that the workspace has received since it began.",
	  .type = "counter",
	  .group = METRICS_NETWORK,
	  .get = get_received },
	{ .name = "workspace_network_transmit_bytes_total",
	  .help = "Bytes that the workspace has sent since it began.",
	  .type = "counter",
	  .group = METRICS_NETWORK,
	  .get = get_sent },
	{ .name = "workspace_tcp_connections",
	  .help = "Established TCP connections of the workspace, local ones too.",
	  .type = "gauge",
	  .group = METRICS_CONNECTIONS,
	  .get = get_connections },
	{ .name = "workspace_processes",
	  .help = "Processes of the workspace.",
	  .type = "gauge",
	  .group = METRICS_MEMORY,
	  .get = get_processes },
	{ .name = "workspace_threads",
	  .help = "Threads of the workspace.",
	  .type = "gauge",
	  .group = METRICS_MEMORY,
	  .get = get_threads },
	{ .name = "workspace_ssh_sessions",
	  .help = "Sessions of ssh in the workspace.",
	  .type = "gauge",
	  .group = METRICS_SESSIONS,
	  .get = get_sessions },
	{ .name = "workspace_sidecar_up",
	  .help = "Whether a sidecar answers.",
	  .type = "gauge",
	  .add = add_sidecars },
	{ .name = "workspace_port_up",
	  .help = "Whether something listens on a port of the profile or the inventory.",
	  .type = "gauge",
	  .add = add_ports },
};

/* What is said of every workspace, measured or not. */
static const struct family always[] = {
	{ .name = "workspace_up",
	  .help = "Whether the dev container of the workspace runs.",
	  .type = "gauge",
	  .get = get_up },
	{ .name = "workspace_measured",
	  .help = "Whether there are figures of now of the workspace.",
	  .type = "gauge",
	  .get = get_has_sample },
};

static bool may_tell(const struct family *f, const struct subject *s)
{
	return s->m && (!f->group || (s->m->known & f->group)) &&
	       (f->is_kept || !telemetry_is_stale(s->t, s->m));
}

static void add_subject(struct buf *b, const struct family *f, const struct subject *s)
{
	uint64_t value;

	if (f->add)
		f->add(b, f, s);
	else if (f->get(s, &value))
		add_line(b, f, s, NULL, NULL, value);
}

static void add_family(struct buf *b, const struct family *f, const struct look *look, bool is_all)
{
	add_head(b, f->name, f->help, f->type);
	for (size_t i = 0; i < look->facts.count; i++) {
		const char *reason;
		struct subject s = { .t = &look->telemetry, .w = &look->facts.workspaces[i] };

		s.m = telemetry_figures(s.t, s.w, &reason);
		if (is_all || may_tell(f, &s))
			add_subject(b, f, &s);
	}
}

void exposition_add(struct buf *b, const struct look *look)
{
	add_head(b, "build_info", "The winalux that says this.", "gauge");
	buf_add_str(b, "winalux_build_info{");
	add_label(b, "version", winalux_version, true);
	buf_add_str(b, "} 1\n");
	add_head(b, "telemetry_up", "Whether the account's telemetry daemon runs.", "gauge");
	buf_addf(b, "winalux_telemetry_up %d\n", look->telemetry.daemon == TELEMETRY_RUNNING);
	add_head(b, "workspaces", "Workspaces of the account, running or not.", "gauge");
	buf_addf(b, "winalux_workspaces %zu\n", look->facts.count);
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		add_family(b, &always[i], look, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		add_family(b, &families[i], look, false);
}
