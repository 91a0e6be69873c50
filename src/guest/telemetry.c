/* SPDX-License-Identifier: MIT */
/*
 * The telemetry daemon of an account: PID 1 of a container of its own, with the host's pid
 * namespace and the account's volume. At each interval it looks at all processes once and writes
 * the page of every workspace that runs:
 *
 *	DIRECTORY/telemetry/NAME/metrics	its page; NAME is what the workspace has mounted
 *	DIRECTORY/roster			names of all workspaces, one per line
 *
 * The host makes a workspace's directory before its container, and the roster anew when one comes
 * or goes; SIGHUP says so: what is not on the roster is removed, and figures of newcomers come
 *soon.
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

#include "event.h"
#include "loop.h"
#include "report.h"
#include "role.h"
#include "roster.h"
#include "telemetry/pod_page.h"
#include "telemetry/pods.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/telemetry/metrics.h"

enum {
	HURRY_INTERVAL_MS = 1000, /* while somebody waits for first figures */
	HURRY_LOOKS = 30,
	INTERVAL_MAX_S = 3600,
};

struct telemetry {
	struct loop loop;
	struct report report;
	struct source signals;
	struct timer timer;
	const char *directory;
	uint32_t interval_ms;
	unsigned hurry; /* so many looks more are taken soon */
	bool has_failed;
	struct pods pods;
	struct pod_page pages[PODS_MAX];
};

/* --- names --- */

/* A container has the directory of its workspace mounted: the same inode as here. */
static bool find_name(void *context, dev_t device, ino_t inode, char ret[static PODS_NAME_SIZE])
{
	const struct telemetry *t = context;
	char path[PATH_MAX];
	const struct dirent *entry;
	struct stat st;

	snprintf(path, sizeof(path), "%s/telemetry", t->directory);
	DEFER(dir_closep) DIR *directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		const size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || len >= PODS_NAME_SIZE ||
		    fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_dev != device || st.st_ino != inode)
			continue;
		memcpy(ret, entry->d_name, len + 1);
		return true;
	}
	return false;
}

/* --- a look --- */

static void report_failure(struct telemetry *t, const char *what)
{
	struct error err;

	if (!t->has_failed) {
		error_set_errno(&err, ERROR_HOST, errno, "cannot write '%s'", what);
		report_error(&t->report, &err);
	}
	t->has_failed = true;
}

static void publish(struct telemetry *t, int index, int64_t now_ms)
{
	struct pod_page *page = &t->pages[index];
	char path[PATH_MAX];

	pod_page_fill(page, &t->pods, index, now_ms, t->interval_ms);
	snprintf(path, sizeof(path), "%s/telemetry/%s/" METRICS_FILE_NAME, t->directory,
		 t->pods.items[index].name);
	if (!metrics_write(path, &page->metrics))
		report_failure(t, path);
}

static void look(struct telemetry *t)
{
	if (!pods_look(&t->pods))
		report_failure(t, t->pods.proc);
	for (int i = 0; i < PODS_MAX; i++)
		if (*t->pods.items[i].name)
			publish(t, i, metrics_now_ms());
}

static void on_timer(void *owner)
{
	struct telemetry *t = owner;
	const bool is_soon = t->hurry > 0;

	look(t);
	t->hurry -= is_soon;
	timer_start(&t->timer, is_soon ? HURRY_INTERVAL_MS : (int)t->interval_ms);
}

/* --- signals --- */

static void hurry(struct telemetry *t)
{
	t->hurry = HURRY_LOOKS;
	timer_start(&t->timer, 0);
}

static void on_signal(void *owner, uint32_t events)
{
	struct telemetry *t = owner;
	struct signalfd_siginfo info;

	(void)events;
	while (read(t->signals.fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP) /* SIGUSR1 is WIRE_LEAVE_SIGNAL */
			_exit(info.ssi_signo == SIGUSR1 ? EXIT_SUCCESS : 128 + (int)info.ssi_signo);
		roster_clean(t->directory);
		hurry(t);
	}
}

static int watch_signals(struct telemetry *t, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
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
	char path[PATH_MAX];

	umask(022);
	if (loop_init(&t->loop, err) < 0 || watch_signals(t, err) < 0)
		return -1;
	report_init(&t->report, &t->loop, STDOUT_FILENO);
	snprintf(path, sizeof(path), "%s/telemetry", t->directory);
	if (dir_make_all(path, 0755, err) < 0)
		return -1;
	t->timer = (struct timer){ .run = on_timer, .owner = t };
	loop_add_timer(&t->loop, &t->timer);
	t->pods.find_name = find_name;
	t->pods.context = t;
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
	hurry(t);
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
