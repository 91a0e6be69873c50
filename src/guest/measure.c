/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "freeze.h"
#include "proc_net.h"
#include "report.h"
#include "sessions.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"

static const char *const listings[] = { "/proc/net/tcp", "/proc/net/tcp6" };

/* The pod's containers share one network, so whoever listens there is seen. */
static enum metrics_state look_for_listener(uint16_t port)
{
	enum metrics_state state = METRICS_UNKNOWN;

	for (size_t i = 0; i < ARRAY_SIZE(listings); i++) {
		const int has = proc_net_has_listener(listings[i], port);

		if (has > 0)
			return METRICS_UP;
		if (has == 0)
			state = METRICS_DOWN;
	}
	return state;
}

static void look_at_ports(struct metrics *m)
{
	for (uint32_t i = 0; i < m->port_count; i++)
		m->ports[i].state = (uint8_t)look_for_listener(m->ports[i].port);
}

static void look_at_sidecars(struct metrics *m, const struct checks *checks)
{
	static const enum metrics_state states[] = { [CHECK_UNKNOWN] = METRICS_UNKNOWN,
						     [CHECK_UP] = METRICS_UP,
						     [CHECK_DOWN] = METRICS_DOWN };

	m->sidecar_count = 0;
	for (size_t i = 0; i < WIRE_MAX_CHECKS && m->sidecar_count < METRICS_SIDECARS_MAX; i++) {
		const struct check *check = &checks->items[i];
		struct metrics_service *s = &m->sidecars[m->sidecar_count];

		if (!*check->name)
			continue;
		*s = (struct metrics_service){ .port = check->port,
					       .state = (uint8_t)states[check->state] };
		snprintf(s->name, sizeof(s->name), "%s", check->name);
		m->sidecar_count++;
	}
}

static void add_key(struct metrics *m, const char *fingerprint)
{
	struct metrics_key *key = m->keys;

	while (key < m->keys + m->key_count && strcmp(key->fingerprint, fingerprint) != 0)
		key++;
	if (key == m->keys + METRICS_KEYS_MAX)
		return;
	if (key == m->keys + m->key_count) {
		*key = (struct metrics_key){ 0 };
		snprintf(key->fingerprint, sizeof(key->fingerprint), "%s", fingerprint);
		m->key_count++;
	}
	key->sessions++;
}

static void look_at_sessions(struct metrics *m, const struct sessions *sessions)
{
	m->key_count = m->ssh_sessions = 0;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		const struct session *s = &sessions->items[i];

		if (!s->pid || !s->is_authenticated)
			continue;
		m->ssh_sessions++;
		add_key(m, *s->login.key ? s->login.key : "without a key");
	}
	m->known |= METRICS_SESSIONS;
}

static void look_at_frozen(struct metrics *m, const struct freeze *freeze)
{
	m->storage_is_frozen = freeze->count > 0;
	m->writer_count = 0;
	memset(m->writers, 0, sizeof(m->writers));
	for (size_t i = 0; i < freeze->count && m->writer_count < METRICS_WRITERS_MAX; i++) {
		const struct frozen *item = &freeze->items[i];
		struct metrics_writer *writer = &m->writers[m->writer_count++];

		writer->started_ticks = item->started_ticks;
		writer->pid = (uint32_t)item->pid;
		writer->state = METRICS_WRITER_STOPPED;
		memcpy(writer->command, item->command, sizeof(writer->command));
	}
}

static void publish(struct measure *m)
{
	const bool was_failing = m->has_failed;
	struct error err;

	m->has_failed = !metrics_write(m->path, &m->next);
	if (m->has_failed && !was_failing) {
		error_set_errno(&err, ERROR_HOST, errno, "cannot write '%s'", m->path);
		report_error(m->report, &err);
	}
}

static void take(struct measure *m)
{
	m->next.sampled_boot_ms = metrics_now_ms();
	m->next.sampled_s = clock_wall_s();
	sampler_take(&m->sampler, m->next.sampled_boot_ms, &m->next);
	look_at_ports(&m->next);
	look_at_sidecars(&m->next, m->checks);
	if (m->sessions)
		look_at_sessions(&m->next, m->sessions);
	if (m->freeze)
		look_at_frozen(&m->next, m->freeze);
	publish(m);
}

static void on_timer(void *owner)
{
	struct measure *m = owner;

	take(m);
	timer_start(&m->timer, METRICS_INTERVAL_S * 1000);
}

void measure_init(struct measure *m, struct loop *loop, struct report *report,
		  const struct checks *checks)
{
	*m = (struct measure){
		.report = report,
		.checks = checks,
		.timer = { .run = on_timer, .owner = m },
		.next = { .interval_ms = METRICS_INTERVAL_S * 1000 },
	};
	loop_add_timer(loop, &m->timer);
}

/* A limit that does not hold is none to divide by. */
static void set_limits(struct metrics *next, const struct wire_limit *limits)
{
	const struct wire_limit *cpu = &limits[WIRE_LIMIT_CPU],
				*memory = &limits[WIRE_LIMIT_MEMORY],
				*disk = &limits[WIRE_LIMIT_DISK];

	next->cpu_is_limited = cpu->is_held;
	next->cpu_total_milli = cpu->is_held ? (uint32_t)cpu->number : 0;
	next->memory_is_limited = memory->is_held;
	next->memory_total_bytes = memory->is_held ? memory->number : 0;
	next->storage_total_bytes = disk->number;
	next->storage_policy = disk->freezes ? METRICS_POLICY_FREEZE : METRICS_POLICY_WARN;
}

void measure_set(struct measure *m, const struct wire_config *config)
{
	struct metrics *next = &m->next;

	snprintf(next->profile, sizeof(next->profile), "%s", config->profile);
	set_limits(next, config->limits);
	next->port_count = 0;
	for (size_t i = 0; i < config->port_count && i < METRICS_PORTS_MAX; i++) {
		struct metrics_service *port = &next->ports[next->port_count++];

		*port = (struct metrics_service){ .port = config->ports[i].number };
		snprintf(port->name, sizeof(port->name), "%s", config->ports[i].label);
	}
}

void measure_start(struct measure *m, const char *path)
{
	m->path = path;
	sampler_init(&m->sampler, "/proc");
	m->next.started_boot_ms = metrics_now_ms();
	m->next.known |= METRICS_UPTIME;
	take(m);
	timer_start(&m->timer, MEASURE_SECOND_MS);
}

void measure_show_frozen(struct measure *m)
{
	if (!m->path || !m->freeze)
		return;
	look_at_frozen(&m->next, m->freeze);
	publish(m);
}
