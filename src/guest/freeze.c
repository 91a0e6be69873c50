/* SPDX-License-Identifier: MIT */
/*
 * At each turn of the timer, which follows the daemon's interval and is a second while anything is
 * stopped or to be stopped:
 *
 *  1. what has ended or was continued by somebody else is forgotten, and what was told to end
 * (kill, Ctrl-C) is continued, since it cannot end while it is stopped
 *  2. a page that is missing, old, or says that there is room continues everything
 *  3. else, once for each sample, what the page names is stopped: its name is pid and start time,
 *     looked at behind a pidfd, so that nobody else is met
 *
 * Somebody who is stopped already, by Ctrl-Z or a debugger, is left to who did it.
 */
#include "freeze.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "event.h"
#include "figures.h"
#include "report.h"
#include "sessions.h"
#include "spawn.h"
#include "telemetry/proc_file.h"
#include "telemetry/process_stat.h"
#include "user.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"

#define PROC "/proc"

enum { STAT_SIZE = 1024, STATUS_SIZE = 4096, PTS_MAJOR = 136 };

/* --- a process --- */

static bool find_process(pid_t pid, uint64_t started_ticks, struct process_stat *ret)
{
	char text[STAT_SIZE];

	return proc_file_read(PROC, pid, "stat", text, sizeof(text)) &&
	       process_stat_parse(text, ret) && ret->started_ticks == started_ticks;
}

/* Seccomp: pidfd_open, pidfd_send_signal. Without a descriptor for it the pid has to do. */
static bool send_signal(pid_t pid, uint64_t started_ticks, int number)
{
	DEFER(fd_closep) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct process_stat stat;

	if (!find_process(pid, started_ticks, &stat))
		return false;
	if (fd < 0)
		return kill(pid, number) == 0;
	return syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) == 0;
}

static bool read_owner(pid_t pid, struct user *ret)
{
	char text[STATUS_SIZE];
	uint64_t uid, gid;

	if (!proc_file_read(PROC, pid, "status", text, sizeof(text)) ||
	    !proc_file_number(text, "Uid:", &uid) || !proc_file_number(text, "Gid:", &gid) ||
	    uid >= UINT_MAX || gid >= UINT_MAX)
		return false;
	*ret = (struct user){ .uid = (uid_t)uid, .gid = (gid_t)gid, .group_count = 1 };
	ret->groups[0] = ret->gid;
	return true;
}

/* The part of sshd that is the developer is the child of the one that PID 1 has started. */
static bool is_sshd(const struct sessions *sessions, const struct process_stat *stat)
{
	for (size_t i = 0; sessions && i < SESSIONS_MAX; i++)
		if (sessions->items[i].pid &&
		    (sessions->items[i].pid == stat->parent || sessions->items[i].pid == stat->pid))
			return true;
	return false;
}

static bool may_be_stopped(const struct freeze *f, const struct process_stat *stat,
			   const struct user *owner)
{
	return stat->pid > 1 && owner->uid != 0 && !strchr("TtZX", stat->state) &&
	       !is_sshd(f->sessions, stat);
}

/* --- what is said --- */

struct message {
	uint32_t terminal; /* as the kernel numbers devices: 20 bits of minor around 12 of major */
	char text[512];
};

static void write_message(struct message *m, const struct frozen *who, const struct metrics *page)
{
	char command[METRICS_COMMAND_SIZE];
	const uint64_t used = page->storage_used_bytes * 100 >> 30;
	const uint64_t limit = page->storage_total_bytes * 100 >> 30;

	for (size_t i = 0; i < sizeof(command); i++)
		command[i] = !who->command[i] || isprint((unsigned char)who->command[i])
				     ? who->command[i]
				     : '?';
	snprintf(m->text, sizeof(m->text),
		 "\r\nwinalux: storage is full (%" PRIu64 ".%02" PRIu64 "GB of %" PRIu64
		 ".%02" PRIu64 "GB): %.*s (PID %d) writes and was stopped.\r\n"
		 "winalux: free some ('task storage' shows where); below %d%% it goes on by "
		 "itself.\r\n"
		 "winalux: 'kill -CONT %d' continues it now, until it writes again; 'kill %d' ends "
		 "it.\r\n",
		 used / 100, used % 100, limit / 100, limit % 100, (int)sizeof(command), command,
		 (int)who->pid, METRICS_THAW_PERCENT, (int)who->pid, (int)who->pid);
}

/*
 * In a child that is the process's user: what it may not write to, it does not. A terminal that
 * takes nothing at the moment gets nothing.
 */
static int tell(void *context)
{
	const struct message *m = context;
	const unsigned number = (m->terminal & 0xff) | (m->terminal >> 12 & 0xfff00);
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/dev/pts/%u", number);
	DEFER(fd_closep)
	int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(PTS_MAJOR, number))
		return 1;
	return write(fd, m->text, strlen(m->text)) < 0;
}

static void tell_terminal(const struct frozen *who, const struct process_stat *stat,
			  const struct user *owner, const struct metrics *page)
{
	struct message m = { .terminal = stat->terminal };

	if ((stat->terminal >> 8 & 0xfff) != PTS_MAJOR)
		return;
	write_message(&m, who, page);
	spawn_work(owner, tell, &m);
}

static void report_frozen(struct freeze *f, const struct frozen *who, const struct metrics *page)
{
	struct event e;

	event_start(&e, "frozen");
	event_number(&e, "pid", who->pid);
	event_text(&e, "command", who->command);
	event_number(&e, "used", (int64_t)page->storage_used_bytes);
	event_number(&e, "limit", (int64_t)page->storage_total_bytes);
	report_send(f->report, &e);
}

static void report_thawed(struct freeze *f, size_t count, const char *reason)
{
	struct event e;

	event_start(&e, "thawed");
	event_number(&e, "count", (int64_t)count);
	event_text(&e, "reason", reason);
	report_send(f->report, &e);
}

static void changed(struct freeze *f)
{
	if (f->on_change)
		f->on_change(f->context);
}

/* --- stopping and continuing --- */

static void thaw(struct freeze *f, const char *reason)
{
	size_t count = 0;

	if (!f->count)
		return;
	for (size_t i = 0; i < f->count; i++)
		count += send_signal(f->items[i].pid, f->items[i].started_ticks, SIGCONT);
	f->count = 0;
	report_thawed(f, count, reason);
	changed(f);
}

/* Whether a hexadecimal mask of proc_pid_status(5) has one of the signals that ask to end. */
static bool has_end_in(const char *status, const char *key)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	const char *at = strstr(status, key);
	unsigned mask = 0;

	if (!at)
		return false;
	at += strlen(key);
	for (at += strspn(at, "\t "); isxdigit((unsigned char)*at); at++)
		mask = mask << 4 | (unsigned)(*at <= '9' ? *at - '0' : (*at | 0x20) - 'a' + 10);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (mask & 1U << (ends[i] - 1))
			return true;
	return false;
}

/*
 * Who deletes the file that a stopped process writes to has freed nothing while that is open: the
 * process has to be able to end. One that goes on all the same is stopped when it writes again.
 */
static bool is_told_to_end(const struct frozen *item)
{
	char text[STATUS_SIZE];

	return proc_file_read(PROC, item->pid, "status", text, sizeof(text)) &&
	       (has_end_in(text, "\nSigPnd:") || has_end_in(text, "\nShdPnd:"));
}

/* Whether it has ended or is about to, or was stopped and somebody has continued it. */
static bool has_moved(struct frozen *item)
{
	struct process_stat stat;

	if (!find_process(item->pid, item->started_ticks, &stat) || strchr("ZX", stat.state))
		return true;
	const bool is_stopped = stat.state == 'T' || stat.state == 't';

	if (!is_stopped)
		return item->has_stopped;
	item->has_stopped = true;
	return is_told_to_end(item) && send_signal(item->pid, item->started_ticks, SIGCONT);
}

static void forget_moved(struct freeze *f)
{
	const size_t before = f->count;

	f->count = 0;
	for (size_t i = 0; i < before; i++)
		if (!has_moved(&f->items[i]))
			f->items[f->count++] = f->items[i];
	if (f->count == before)
		return;
	report_thawed(f, before - f->count, "left");
	changed(f);
}

/* It was told to stop, and has written a little before it did. */
static bool is_among(const struct freeze *f, const struct frozen *who)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].pid == who->pid && f->items[i].started_ticks == who->started_ticks)
			return true;
	return false;
}

static bool stop_one(struct freeze *f, const struct metrics_writer *writer,
		     const struct metrics *page)
{
	struct frozen who = { .pid = (pid_t)writer->pid, .started_ticks = writer->started_ticks };
	struct process_stat stat;
	struct user owner;

	if (f->count == FREEZE_MAX || is_among(f, &who) ||
	    !find_process(who.pid, who.started_ticks, &stat) || !read_owner(who.pid, &owner) ||
	    !may_be_stopped(f, &stat, &owner) || !send_signal(who.pid, who.started_ticks, SIGSTOP))
		return false;
	memcpy(who.command, writer->command, sizeof(who.command));
	who.command[sizeof(who.command) - 1] = '\0';
	f->items[f->count++] = who;
	report_frozen(f, &who, page);
	tell_terminal(&who, &stat, &owner, page);
	return true;
}

static void stop_writers(struct freeze *f, const struct metrics *page)
{
	bool is_change = false;

	if (page->sampled_boot_ms == f->acted_boot_ms)
		return;
	f->acted_boot_ms = page->sampled_boot_ms;
	for (uint32_t i = 0; i < page->writer_count && i < METRICS_WRITERS_MAX; i++)
		if (page->writers[i].state == METRICS_WRITER_RUNS)
			is_change |= stop_one(f, &page->writers[i], page);
	if (is_change)
		changed(f);
}

/* --- the timer --- */

static int pace_ms(const struct freeze *f, bool is_over, uint32_t interval_ms)
{
	const uint32_t slowest = METRICS_INTERVAL_S * 1000;

	if (f->count || is_over || interval_ms <= FREEZE_SOON_MS)
		return FREEZE_SOON_MS;
	return (int)(interval_ms < slowest ? interval_ms : slowest);
}

static void on_timer(void *owner)
{
	struct freeze *f = owner;
	struct metrics page = { 0 };
	const bool is_known = metrics_read(f->path, &page) == METRICS_FINE &&
			      figures_are_fresh(&page, metrics_now_ms());
	const bool is_over = is_known && page.storage_is_over;

	forget_moved(f);
	if (is_over)
		stop_writers(f, &page);
	else
		thaw(f, is_known ? "room" : "nothing is measured");
	timer_start(&f->timer,
		    pace_ms(f, is_over, is_known ? page.interval_ms : METRICS_INTERVAL_S * 1000));
}

void freeze_init(struct freeze *f, struct loop *loop, struct report *report, const char *path)
{
	f->report = report;
	f->path = path;
	f->timer = (struct timer){ .run = on_timer, .owner = f };
	loop_add_timer(loop, &f->timer);
}

void freeze_set(struct freeze *f, const struct wire_config *config)
{
	const struct wire_limit *disk = &config->limits[WIRE_LIMIT_DISK];
	const bool is_on = disk->freezes && disk->number;

	if (f->is_on == is_on && f->limit_bytes == disk->number)
		return;
	thaw(f, "settings");
	f->is_on = is_on;
	f->limit_bytes = disk->number;
	timer_stop(&f->timer);
	if (is_on)
		timer_start(&f->timer, FREEZE_SOON_MS);
}

void freeze_stop(struct freeze *f)
{
	thaw(f, "stop");
	timer_stop(&f->timer);
}
