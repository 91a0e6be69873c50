/* SPDX-License-Identifier: MIT */
/*
 * How each figure is made:
 *
 *  meminfo  the host's lines in their order. Total is the limit or the host's, what is free is the
 *           rest: programs subtract it from the total and call that used, which must not be what
 *           neighbours use. The page cache is nobody's, and so 0, as is all else that is the
 *           kernel's.
 *  cpuinfo  the host's first processors, as many as the workspace may use.
 *  stat     the workspace's processor time, all of it as "user", spread over its processors; idle
 *           is the rest of the time that has gone by. "btime" stays the host's: /proc/PID/stat
 *           counts a process's start from there, and ps and psutil add the two up.
 *  uptime   since PID 1 of the workspace began, and the idle time.
 *  loadavg  the kernel's formula (kernel/sched/loadavg.c) over the workspace's runnable threads.
 *
 * What is not measured of a workspace (interrupts, forks, the last pid) is 0.
 */
#include "winalux/telemetry/proc_files.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum {
	TICK_US = 10000, /* USER_HZ is 100 wherever Linux has amd64 or arm64 */
	LOAD_STEP_MS = 5000,
	LOAD_SHIFT = 11,
	LOAD_ONE = 1 << LOAD_SHIFT,
	LOAD_STEPS_MAX = 2000, /* nothing of the time before is left in any of the three */
	LOADAVG_COLUMNS = 56,
	UPTIME_COLUMNS = 32,
	SUM_COLUMNS = 14, /* ticks of 1024 processors in thirty years */
	TICKS_COLUMNS = 11,
	COUNT_COLUMNS = 7,
	KEY_COLUMNS = 16,
	VALUE_COLUMNS = 8, /* of meminfo; more where the host has more memory than that */
	MHZ_COLUMNS = 9,
	LINE_SIZE = 256,
};

struct out {
	char *text;
	size_t len, size;
};

/* A line, or nothing of it. */
static bool add(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool add(struct out *o, const char *fmt, ...)
{
	const size_t room = o->size - o->len;
	va_list ap;

	va_start(ap, fmt);
	const int n = vsnprintf(o->text + o->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		o->text[o->len] = '\0';
		return false;
	}
	o->len += (size_t)n;
	return true;
}

static size_t line_length(const char *line)
{
	const size_t len = strcspn(line, "\n");

	return len + (line[len] == '\n');
}

/* Is the line's key, up to a colon and without blanks before that, this one? */
static bool has_key(const char *line, const char *key)
{
	const size_t len = strlen(key);

	if (strncmp(line, key, len) != 0)
		return false;
	line += len;
	line += strspn(line, " \t");
	return *line == ':';
}

/* --- processors --- */

/* The next processor in a text of cpuinfo with the blank line behind it, and its length. */
static const char *next_processor(const char *at, size_t *ret_len)
{
	while (*at && !has_key(at, "processor"))
		at += line_length(at);
	const char *end = *at ? strstr(at, "\n\n") : NULL;
	if (!end)
		return NULL;
	*ret_len = (size_t)(end - at) + strlen("\n\n");
	return at;
}

static uint32_t count_processors(const char *cpuinfo)
{
	uint32_t count = 0;
	size_t len;

	for (const char *at = cpuinfo; at && (at = next_processor(at, &len)); at += len)
		count++;
	return count;
}

static uint32_t processors_of(const struct proc_host *host, const struct metrics *m)
{
	const uint32_t allowed = (uint32_t)(((uint64_t)m->cpu_total_milli + 999) / 1000);
	uint32_t count = count_processors(host->cpuinfo);

	if (!count || (m->cpu_is_limited && allowed < count))
		count = allowed;
	if (count > PROC_FILES_PROCESSORS_MAX)
		count = PROC_FILES_PROCESSORS_MAX;
	return count ? count : 1;
}

/* A figure of a whole package must not be more than there are processors. */
static bool add_bounded(struct out *o, const char *line, size_t len, uint32_t most)
{
	const char *colon = memchr(line, ':', len), *at = colon ? colon + 1 : line;
	uint64_t value;

	at += strspn(at, " ");
	if (!colon || !parse_u64(&at, 0, UINT32_MAX, &value) || value <= most)
		return add(o, "%.*s", (int)len, line);
	return add(o, "%.*s: %" PRIu32 "\n", (int)(colon - line), line, most);
}

/* The speed is another one each time that the host looks. */
static bool add_speed(struct out *o, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	const size_t key_len = colon ? (size_t)(colon - line) : 0;

	if (!colon || len < key_len + strlen(": \n"))
		return add(o, "%.*s", (int)len, line);
	const int value_len = (int)(len - key_len - strlen(": \n"));
	return add(o, "%.*s: %*.*s\n", (int)key_len, line, MHZ_COLUMNS, value_len, colon + 2);
}

static bool add_cpuinfo_line(struct out *o, const char *line, size_t len, uint32_t processors)
{
	if (has_key(line, "siblings") || has_key(line, "cpu cores"))
		return add_bounded(o, line, len, processors);
	if (has_key(line, "cpu MHz"))
		return add_speed(o, line, len);
	return add(o, "%.*s", (int)len, line);
}

static bool add_processor(struct out *o, const char *text, size_t size, uint32_t processors)
{
	const struct out before = *o;

	for (size_t at = 0, len; at < size; at += len) {
		len = line_length(text + at);
		if (!add_cpuinfo_line(o, text + at, len, processors)) {
			*o = before;
			o->text[o->len] = '\0';
			return false;
		}
	}
	return true;
}

static void write_cpuinfo(struct out *o, const struct proc_files *p, const struct proc_host *host)
{
	const char *at = host->cpuinfo ? host->cpuinfo : "";
	size_t len;

	for (uint32_t i = 0; i < p->processors && (at = next_processor(at, &len)); i++, at += len)
		if (!add_processor(o, at, len, p->processors))
			return;
}

/* --- meminfo --- */

struct memory {
	uint64_t total_kb, free_kb, used_kb;
	int columns;
	bool is_limited;
};

enum memory_figure { MEMORY_HOST, MEMORY_TOTAL, MEMORY_FREE, MEMORY_USED, MEMORY_HOST_OR_NONE };

/* Lines that are not here are 0. */
static const struct {
	const char *key;
	enum memory_figure figure;
} memory_lines[] = {
	{ "MemTotal", MEMORY_TOTAL },         { "MemFree", MEMORY_FREE },
	{ "MemAvailable", MEMORY_FREE },      { "Active", MEMORY_USED },
	{ "Active(anon)", MEMORY_USED },      { "AnonPages", MEMORY_USED },
	{ "CommitLimit", MEMORY_TOTAL },      { "Committed_AS", MEMORY_USED },
	{ "SwapTotal", MEMORY_HOST_OR_NONE }, { "SwapFree", MEMORY_HOST_OR_NONE },
	{ "VmallocTotal", MEMORY_HOST },      { "Hugepagesize", MEMORY_HOST },
};

static uint64_t memory_value(const struct memory *memory, const char *line, uint64_t of_host)
{
	for (size_t i = 0; i < ARRAY_SIZE(memory_lines); i++) {
		if (!has_key(line, memory_lines[i].key))
			continue;
		switch (memory_lines[i].figure) {
		case MEMORY_HOST:
			return of_host;
		case MEMORY_HOST_OR_NONE:
			return memory->is_limited ? 0 : of_host;
		case MEMORY_TOTAL:
			return memory->total_kb;
		case MEMORY_FREE:
			return memory->free_kb;
		case MEMORY_USED:
			return memory->used_kb;
		}
	}
	return 0;
}

/* "MemTotal:       24684084 kB": the key's length with its colon, the figure, what is behind it. */
static bool split_memory_line(const char *line, int *ret_key_len, uint64_t *ret_value,
			      const char **ret_unit)
{
	const char *at = line + strcspn(line, ":\n");

	if (*at != ':')
		return false;
	*ret_key_len = (int)(++at - line);
	at += strspn(at, " \t");
	if (!parse_u64(&at, 0, UINT64_MAX, ret_value))
		return false;
	*ret_unit = at;
	return true;
}

static uint64_t host_memory_kb(const char *meminfo, const char *key)
{
	const char *unit;
	uint64_t value;
	int key_len;

	for (; *meminfo; meminfo += line_length(meminfo))
		if (has_key(meminfo, key) && split_memory_line(meminfo, &key_len, &value, &unit))
			return value;
	return 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct memory memory_of(const char *meminfo, const struct metrics *m)
{
	const uint64_t host_kb = host_memory_kb(meminfo, "MemTotal");
	struct memory memory = { .is_limited = m->memory_is_limited, .total_kb = host_kb };

	if (m->memory_is_limited)
		memory.total_kb = m->memory_total_bytes >> 10;
	memory.used_kb = smaller(m->memory_rss_bytes >> 10, memory.total_kb);
	memory.free_kb = memory.total_kb - memory.used_kb;
	memory.columns = snprintf(NULL, 0, "%" PRIu64,
				  host_kb > memory.total_kb ? host_kb : memory.total_kb);
	if (memory.columns < VALUE_COLUMNS)
		memory.columns = VALUE_COLUMNS;
	return memory;
}

static void write_meminfo(struct out *o, const struct proc_host *host, const struct metrics *m)
{
	const char *line = host->meminfo ? host->meminfo : "";
	const struct memory memory = memory_of(line, m);
	const char *unit;
	uint64_t value;
	int key_len;

	for (; *line; line += line_length(line)) {
		if (!split_memory_line(line, &key_len, &value, &unit))
			continue;
		if (!add(o, "%-*.*s%*" PRIu64 "%.*s\n", KEY_COLUMNS, key_len, line, memory.columns,
			 memory_value(&memory, line, value), (int)strcspn(unit, "\n"), unit))
			return;
	}
}

/* --- time --- */

/* The total of one processor of some, so that all of them come to the whole and none goes back. */
static uint64_t share_of(uint64_t whole, uint32_t index, uint32_t count)
{
	return whole / count + (index < whole % count);
}

static bool add_ticks(struct out *o, const char *name, int columns, uint64_t busy, uint64_t idle)
{
	return add(o, "%s %*" PRIu64 " 0 0 %*" PRIu64 " 0 0 0 0 0 0\n", name, columns, busy,
		   columns, idle);
}

/* The kernel's own line, or when the clock that counts from boot began. */
static int64_t boot_time_s(const struct proc_host *host, const struct metrics *m)
{
	const char *line = host->stat ? host->stat : "";
	uint64_t value;

	for (; *line; line += line_length(line)) {
		const char *at = line;

		if (parse_literal(&at, "btime ") && parse_u64(&at, 0, INT64_MAX, &value))
			return (int64_t)value;
	}
	return m->sampled_s - m->sampled_boot_ms / 1000;
}

static void write_stat(struct out *o, const struct proc_files *p, const struct proc_host *host,
		       const struct metrics *m)
{
	const uint64_t busy = p->busy_us / TICK_US, idle = p->idle_us / TICK_US;
	char name[LINE_SIZE];

	add_ticks(o, "cpu ", SUM_COLUMNS, busy, idle);
	for (uint32_t i = 0; i < p->processors; i++) {
		snprintf(name, sizeof(name), "cpu%" PRIu32, i);
		if (!add_ticks(o, name, TICKS_COLUMNS, share_of(busy, i, p->processors),
			       share_of(idle, i, p->processors)))
			return;
	}
	add(o,
	    "intr 0\nctxt 0\nbtime %" PRId64 "\nprocesses 0\nprocs_running %*" PRIu32
	    "\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n",
	    boot_time_s(host, m), COUNT_COLUMNS, p->runnable);
}

static void add_padded(struct out *o, int columns, const char *line)
{
	add(o, "%-*s\n", columns, line);
}

static void write_uptime(struct out *o, const struct proc_files *p)
{
	const int64_t up_ms = p->counted_boot_ms - p->started_boot_ms;
	const uint64_t idle = p->idle_us / TICK_US;
	char line[LINE_SIZE];

	snprintf(line, sizeof(line), "%" PRId64 ".%02" PRId64 " %" PRIu64 ".%02" PRIu64,
		 up_ms / 1000, up_ms % 1000 / 10, idle / 100, idle % 100);
	add_padded(o, UPTIME_COLUMNS, line);
}

static void write_loadavg(struct out *o, const struct proc_files *p, const struct metrics *m)
{
	unsigned whole[PROC_FILES_LOADS], hundredths[PROC_FILES_LOADS];
	char line[LINE_SIZE];

	for (size_t i = 0; i < PROC_FILES_LOADS; i++) {
		const uint32_t rounded = p->loads[i] + LOAD_ONE / 200;

		whole[i] = rounded >> LOAD_SHIFT;
		hundredths[i] = (rounded & (LOAD_ONE - 1)) * 100 >> LOAD_SHIFT;
	}
	snprintf(line, sizeof(line), "%u.%02u %u.%02u %u.%02u %" PRIu32 "/%" PRIu32 " 0", whole[0],
		 hundredths[0], whole[1], hundredths[1], whole[2], hundredths[2], p->runnable,
		 m->threads);
	add_padded(o, LOADAVG_COLUMNS, line);
}

/* --- counting --- */

static uint32_t decayed(uint32_t load, uint32_t factor, uint64_t active)
{
	uint64_t next = (uint64_t)load * factor + active * (LOAD_ONE - factor);

	if (active >= load)
		next += LOAD_ONE - 1;
	return (uint32_t)(next >> LOAD_SHIFT);
}

static void count_loads(struct proc_files *p, int64_t now_ms)
{
	/* 1/exp(5 s / 1, 5, 15 min) in 1/2048 */
	static const uint32_t factors[PROC_FILES_LOADS] = { 1884, 2014, 2037 };
	const uint64_t active = (uint64_t)p->runnable << LOAD_SHIFT;
	int64_t steps = (now_ms - p->loads_boot_ms) / LOAD_STEP_MS;

	p->loads_boot_ms += steps * LOAD_STEP_MS;
	if (steps > LOAD_STEPS_MAX)
		steps = LOAD_STEPS_MAX;
	for (; steps > 0; steps--)
		for (size_t i = 0; i < PROC_FILES_LOADS; i++)
			p->loads[i] = decayed(p->loads[i], factors[i], active);
}

static void begin(struct proc_files *p, const struct metrics *m)
{
	const bool is_known =
		(m->known & METRICS_UPTIME) && m->started_boot_ms <= m->sampled_boot_ms;

	p->started_boot_ms = is_known ? m->started_boot_ms : m->sampled_boot_ms;
	p->counted_boot_ms = p->started_boot_ms;
	p->loads_boot_ms = m->sampled_boot_ms;
}

void proc_files_count(struct proc_files *p, const struct proc_host *host, const struct metrics *m,
		      uint32_t runnable)
{
	if (!p->counted_boot_ms)
		begin(p, m);
	p->processors = processors_of(host, m);
	p->runnable = runnable;
	if (m->sampled_boot_ms < p->counted_boot_ms)
		return;
	const uint64_t passed_us =
		(uint64_t)(m->sampled_boot_ms - p->counted_boot_ms) * 1000 * p->processors;
	const uint64_t run_us = m->cpu_total_us > p->busy_us ? m->cpu_total_us - p->busy_us : 0;
	p->busy_us += run_us;
	p->idle_us += passed_us > run_us ? passed_us - run_us : 0;
	p->counted_boot_ms = m->sampled_boot_ms;
	count_loads(p, m->sampled_boot_ms);
}

const char *proc_file_name(enum proc_file file)
{
	static const char *const names[PROC_FILE_COUNT] = {
		[PROC_FILE_MEMINFO] = "meminfo", [PROC_FILE_CPUINFO] = "cpuinfo",
		[PROC_FILE_STAT] = "stat",       [PROC_FILE_UPTIME] = "uptime",
		[PROC_FILE_LOADAVG] = "loadavg",
	};

	return names[file];
}

size_t proc_files_write(enum proc_file file, const struct proc_files *p,
			const struct proc_host *host, const struct metrics *m, char *ret,
			size_t size)
{
	struct out o = { .text = ret, .size = size };

	ret[0] = '\0';
	switch (file) {
	case PROC_FILE_MEMINFO:
		write_meminfo(&o, host, m);
		break;
	case PROC_FILE_CPUINFO:
		write_cpuinfo(&o, p, host);
		break;
	case PROC_FILE_STAT:
		write_stat(&o, p, host, m);
		break;
	case PROC_FILE_UPTIME:
		write_uptime(&o, p);
		break;
	case PROC_FILE_LOADAVG:
		write_loadavg(&o, p, m);
		break;
	case PROC_FILE_COUNT:
		break;
	}
	return o.len;
}
