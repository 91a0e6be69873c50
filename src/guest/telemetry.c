/* SPDX-License-Identifier: MIT */
/*
 * The telemetry daemon of an account: PID 1 of a container of its own, with the host's pid
 * namespace and the account's volume. At each interval it looks at all processes once and writes
 * what it knows of every workspace that runs:
 *
 *	DIRECTORY/telemetry/NAME/metrics	its page; the workspace has NAME mounted
 *	DIRECTORY/proc/NAME/FILE		what it has bound over /proc/FILE
 *	DIRECTORY/history/NAME			its last 24 hours
 *	DIRECTORY/roster			names of all workspaces (wire.h)
 *
 * The host makes a workspace's directories before its container, and the roster anew when one comes
 * or goes: what is not on it is removed, and figures of newcomers come soon. No signal says so,
 * since Podman 5 takes a container that it has sent one for stopped by its user, and does not start
 * it again when it ends.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changes.h"
#include "event.h"
#include "loop.h"
#include "report.h"
#include "role.h"
#include "roster.h"
#include "telemetry/idle_priority.h"
#include "telemetry/pod_history.h"
#include "telemetry/pod_page.h"
#include "telemetry/pod_proc.h"
#include "telemetry/pod_storage.h"
#include "telemetry/pod_writers.h"
#include "telemetry/pods.h"
#include "telemetry/storage.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/guest/wire.h"
#include "winalux/telemetry/metrics.h"

enum {
	HURRY_INTERVAL_MS = 1000, /* while somebody waits for first figures */
	HURRY_LOOKS = 30,
	INTERVAL_MAX_S = 3600,
	FREEZE_LOOKS = 3,          /* the same while somebody writes beyond a limit that freezes */
	STORAGE_BUDGET_US = 20000, /* of processor time, for a workspace and interval */
	URGENT_BUDGET_US = 100000, /* while processes are stopped until there is room */
};

/* What is kept of a pod, by its place in the table of pods. */
struct workspace {
	struct pod_page page; /* its first says whose all this is; 0: nobody's */
	struct pod_history history;
	struct proc_files proc;
	struct storage storage;
};

struct telemetry {
	struct loop loop;
	struct report report;
	struct source signals;
	struct timer timer;
	const char *directory;
	uint32_t interval_ms;
	struct changes changes;
	struct roster roster;
	struct timespec roster_changed, enrolled;
	unsigned hurry;         /* so many looks more are taken soon */
	bool fails, has_failed; /* at this look, at the last one */
	int64_t storage_due_ms;
	struct pod_proc_host host;
	struct pods pods;
	struct workspace workspaces[PODS_MAX];
};

/* --- a look --- */

static void report_failure(struct telemetry *t, const char *what)
{
	struct error err;

	if (!t->has_failed && !t->fails) {
		error_set_errno(&err, ERROR_HOST, errno, "cannot use '%s'", what);
		report_error(&t->report, &err);
	}
	t->fails = true;
}

static void report_full(struct telemetry *t)
{
	errno = ENOSPC;
	if (t->pods.is_full)
		report_failure(t, "the tables of processes and containers: there are more of them");
}

/* Pages that were never used stay untouched, and cost nothing. */
static void forget(struct workspace *w)
{
	storage_clear(&w->storage);
	w->page = (struct pod_page){ 0 };
	w->history = (struct pod_history){ 0 };
	w->proc = (struct proc_files){ 0 };
}

static void path_of(const struct telemetry *t, const char *kind, int index,
		    char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/%s/%s", t->directory, kind, t->pods.items[index].name);
}

enum { PAGE_PATH_SIZE = PATH_MAX + 16 };

static void page_path(const struct telemetry *t, int index, char ret[static PAGE_PATH_SIZE])
{
	char path[PATH_MAX];

	path_of(t, "telemetry", index, path);
	snprintf(ret, PAGE_PATH_SIZE, "%s/" METRICS_FILE_NAME, path);
}

static void publish(struct telemetry *t, int index, const struct workspace *w)
{
	char file[PAGE_PATH_SIZE];

	page_path(t, index, file);
	if (!metrics_write(file, &w->page.metrics))
		report_failure(t, file);
}

static void keep_files(struct telemetry *t, int index, struct workspace *w)
{
	const struct metrics *m = &w->page.metrics;
	char path[PATH_MAX];

	path_of(t, "proc", index, path);
	if (!pod_proc_write(&w->proc, &t->host, m, t->pods.items[index].sums.active, path))
		report_failure(t, path);
	path_of(t, "history", index, path);
	if (!pod_history_add(&w->history, m, path))
		report_failure(t, path);
}

/* What a daemon before this one has left goes on. */
static void begin_workspace(struct telemetry *t, int index)
{
	struct workspace *w = &t->workspaces[index];
	char file[PAGE_PATH_SIZE];
	struct metrics before;

	forget(w);
	page_path(t, index, file);
	if (metrics_read(file, &before) == METRICS_FINE)
		pod_page_resume(&w->page, &t->pods, index, &before);
}

static void measure(struct telemetry *t, int index, bool counts_storage)
{
	struct workspace *w = &t->workspaces[index];
	const struct pod *pod = &t->pods.items[index];
	const int64_t now_ms = metrics_now_ms();
	struct metrics *m = &w->page.metrics;

	if (w->page.first != pod->first || w->page.first_started_ticks != pod->first_started_ticks)
		begin_workspace(t, index);
	pod_page_fill(&w->page, &t->pods, index, now_ms, t->interval_ms);
	if (counts_storage)
		pod_storage_step(&w->storage, &t->pods, index, now_ms,
				 m->storage_is_over ? URGENT_BUDGET_US : STORAGE_BUDGET_US, m);
	if (pod_writers_fill(&t->pods, index, m) && t->hurry < FREEZE_LOOKS)
		t->hurry = FREEZE_LOOKS;
	publish(t, index, w);
	keep_files(t, index, w);
}

/* Newcomers' files are empty yet, and bound over their /proc as soon as they start. */
static void prepare_files(struct telemetry *t)
{
	char path[PATH_MAX], file[PATH_MAX + 256];
	const struct dirent *entry;

	snprintf(path, sizeof(path), "%s/proc", t->directory);
	DEFER(dir_closep) DIR *directory = opendir(path);
	pod_proc_read_host(&t->host, t->pods.proc);
	while (directory && (entry = readdir(directory))) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			pod_proc_prepare(&t->host, file);
	}
}

/* By ctime: an archive sets the other one. */
static bool has_changed(const struct telemetry *t, const char *name, struct timespec *before)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", t->directory, name);
	if (stat(path, &st) < 0 ||
	    (st.st_ctim.tv_sec == before->tv_sec && st.st_ctim.tv_nsec == before->tv_nsec))
		return false;
	*before = st.st_ctim;
	return true;
}

/* Also at each look, for where the kernel cannot tell of changes. */
static void look_at_roster(struct telemetry *t)
{
	if (has_changed(t, WIRE_ROSTER, &t->roster_changed))
		roster_apply(&t->roster, t->directory);
	if (!has_changed(t, WIRE_ENROLLED, &t->enrolled))
		return;
	prepare_files(t);
	t->hurry = HURRY_LOOKS;
}

static void look(struct telemetry *t)
{
	look_at_roster(t);
	const int64_t now_ms = metrics_now_ms();
	const bool counts_storage = now_ms >= t->storage_due_ms;

	t->has_failed = t->fails;
	t->fails = false;
	if (!pods_look(&t->pods))
		report_failure(t, t->pods.proc);
	report_full(t);
	pod_proc_read_host(&t->host, t->pods.proc);
	for (int i = 0; i < PODS_MAX; i++) {
		if (*t->pods.items[i].name)
			measure(t, i, counts_storage);
		else if (t->workspaces[i].page.first)
			forget(&t->workspaces[i]);
	}
	if (counts_storage)
		t->storage_due_ms = now_ms + t->interval_ms;
}

static void on_timer(void *owner)
{
	struct telemetry *t = owner;

	look(t);
	const bool is_soon = t->hurry > 0;
	t->hurry -= is_soon;
	timer_start(&t->timer, is_soon ? HURRY_INTERVAL_MS : (int)t->interval_ms);
}

/* --- what wakes it --- */

static void on_change(void *owner, const char *name)
{
	struct telemetry *t = owner;

	if (name && strcmp(name, WIRE_ROSTER) != 0 && strcmp(name, WIRE_ENROLLED) != 0)
		return;
	look_at_roster(t);
	/* Not at once: two looks at one time know nothing of what was used between them. */
	if (t->hurry)
		timer_start(&t->timer, HURRY_INTERVAL_MS);
}

static void on_signal(void *owner, uint32_t events)
{
	struct telemetry *t = owner;
	struct signalfd_siginfo info;

	(void)events;
	if (read(t->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	look_at_roster(t); /* one without the last names may have come just before */
	_exit(info.ssi_signo == SIGUSR1 ? EXIT_SUCCESS : 128 + (int)info.ssi_signo);
}

static int watch_signals(struct telemetry *t, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1); /* WIRE_LEAVE_SIGNAL */
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	t->signals = (struct source){ .run = on_signal, .owner = t };
	t->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals.fd < 0 || loop_watch(&t->loop, &t->signals, EPOLLIN) < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot watch signals");
	return 0;
}

/* --- the whole --- */

static void report_ready(struct telemetry *t)
{
	struct event e;

	event_start(&e, "ready");
	event_text(&e, "role", "telemetry");
	report_send(&t->report, &e);
}

static int begin(struct telemetry *t, struct error *err)
{
	static const char *const kinds[] = { "telemetry", "proc", "history" };
	char path[PATH_MAX];

	umask(022);
	if (loop_init(&t->loop, err) < 0 || watch_signals(t, err) < 0)
		return -1;
	report_init(&t->report, &t->loop, STDOUT_FILENO);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "%s/%s", t->directory, kinds[i]);
		if (dir_make_all(path, 0755, err) < 0)
			return -1;
	}
	changes_init(&t->changes, &t->loop);
	changes_add(&t->changes, t->directory, on_change, t);
	idle_io_priority();
	t->timer = (struct timer){ .run = on_timer, .owner = t };
	loop_add_timer(&t->loop, &t->timer);
	pods_init(&t->pods, "/proc", "/sys/fs/cgroup");
	return 0;
}

static int run_telemetry(int argc, char **argv)
{
	struct telemetry *t = MAP_FAILED;
	struct error err;
	uint64_t interval_s;

	if (argc != 3 || !parse_whole_u64(argv[2], 1, INTERVAL_MAX_S, &interval_s))
		return role_misused(&role_telemetry);
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		return EXIT_ROLE_FAILED;
	t->directory = argv[1];
	t->interval_ms = (uint32_t)interval_s * 1000;
	if (begin(t, &err) < 0)
		return role_fails(&err);
	t->hurry = HURRY_LOOKS;
	on_timer(t);
	report_ready(t);
	for (;;)
		loop_turn(&t->loop);
}

const struct role role_telemetry = {
	.name = "telemetry",
	.usage = "DIRECTORY SECONDS",
	.summary = "measure all workspaces of the account",
	.run = run_telemetry,
};
