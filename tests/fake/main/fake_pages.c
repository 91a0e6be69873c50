/* SPDX-License-Identifier: MIT */
/*
 * fake-pages DIRECTORY: below it what a telemetry daemon would have written, telemetry/NAME/metrics
 * and history/NAME. alice has every figure and limits, bob what an unprivileged host gives, carol's
 * page is ten minutes old, dora's is of another version.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/telemetry/history.h"
#include "winalux/telemetry/metrics.h"

static char *below(const char *directory, const char *a, const char *b)
{
	DEFER(freep) char *parent = xasprintf("%s/%s", directory, a);

	mkdir(parent, 0755);
	return xasprintf("%s/%s", parent, b);
}

static void write_page(const char *directory, const char *name, const struct metrics *m)
{
	DEFER(freep) char *own = below(directory, "telemetry", name);
	DEFER(freep) char *path = below(own, ".", METRICS_FILE_NAME);
	const uint32_t another = METRICS_VERSION + 1;

	mkdir(own, 0755);
	if (!metrics_write(path, m))
		exit(1);
	if (m->interval_ms)
		return;
	DEFER(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (pwrite(fd, &another, sizeof(another), offsetof(struct metrics, version)) < 0)
		exit(1);
}

static struct metrics sample(uint32_t known)
{
	const int64_t now_ms = 5000000;
	struct metrics m = {
		.known = known,
		.sampled_s = clock_wall_s() - 1,
		.sampled_boot_ms = now_ms,
		.started_boot_ms = now_ms - 3600 * 1000,
		.interval_ms = 10000,
		.cpu_used_milli = 500,
		.cpu_total_milli = 2000,
		.cpu_total_us = 83250000,
		.memory_rss_bytes = UINT64_C(512) << 20,
		.memory_total_bytes = UINT64_C(4) << 30,
		.processes = 12,
		.threads = 30,
	};

	for (unsigned i = 0; i < METRICS_RECENT; i++) {
		m.cpu_recent[i] = i < 10 ? METRICS_RECENT_UNKNOWN : (uint8_t)(i * 100 / 59);
		m.memory_recent[i] = 12;
	}
	return m;
}

static struct metrics everything(void)
{
	struct metrics m = sample((METRICS_UPTIME << 1) - 1);

	m.cpu_is_limited = m.memory_is_limited = m.covers_pod = 1;
	m.memory_pss_bytes = UINT64_C(400) << 20;
	m.memory_peak_bytes = UINT64_C(700) << 20;
	m.pressure_cpu = 123;
	m.pressure_io = 5;
	m.storage_is_estimated = 1;
	m.storage_policy = METRICS_POLICY_FREEZE;
	m.storage_used_bytes = UINT64_C(1288490189);
	m.storage_total_bytes = UINT64_C(10) << 30;
	m.storage_files = 4711;
	m.storage_counted_boot_ms = m.sampled_boot_ms - 180000;
	m.storage_is_over = m.storage_is_frozen = 1;
	m.writer_count = 2;
	m.writers[0] = (struct metrics_writer){ "d\033d", 900, 77, METRICS_WRITER_STOPPED, { 0 } };
	m.writers[1] = (struct metrics_writer){ "redis", 800, 0, METRICS_WRITER_SIDECAR, { 0 } };
	m.network_received_bytes = 1 << 20;
	m.network_sent_bytes = 2048;
	m.connections = 5;
	m.ssh_sessions = 2;
	m.key_count = 1;
	m.keys[0].sessions = 2;
	strcpy(m.keys[0].fingerprint, "SHA256:abc");
	m.sidecar_count = 2;
	m.sidecars[0] = (struct metrics_service){ "redis", 6379, METRICS_UP, 0 };
	m.sidecars[1] = (struct metrics_service){ "q\"\\\n\xff", 0, METRICS_DOWN, 0 };
	m.port_count = 1;
	m.ports[0] = (struct metrics_service){ "Web Server", 8000, METRICS_UP, 0 };
	return m;
}

static void write_history(const char *directory, const char *name)
{
	DEFER(freep) char *path = below(directory, "history", name);
	const int64_t now_s = clock_wall_s();

	for (int64_t i = HISTORY_ENTRIES - 1; i > 0; i--) {
		const struct history_entry e = {
			.at_s = now_s - i * HISTORY_INTERVAL_S,
			.cpu_permille = i > 60 ? 100 : 300,
			.memory_bytes = UINT64_C(1) << 29,
			.processes = 12,
			.known = HISTORY_CPU | HISTORY_MEMORY,
		};

		if (!history_append(path, &e))
			exit(1);
	}
}

int main(int argc, char **argv)
{
	struct metrics m;

	if (argc != 2) {
		fprintf(stderr, "usage: fake-pages DIRECTORY\n");
		return 2;
	}
	m = everything();
	write_page(argv[1], "alice", &m);
	write_history(argv[1], "alice");
	m = sample(METRICS_CPU | METRICS_MEMORY);
	m.cpu_used_milli = 1900;
	write_page(argv[1], "bob", &m);
	m.sampled_s -= 600;
	write_page(argv[1], "carol", &m);
	m.interval_ms = 0;
	write_page(argv[1], "dora", &m);
	return 0;
}
