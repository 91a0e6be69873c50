/* SPDX-License-Identifier: MIT */
/*
 * PID 1 of a dev container. In order:
 *
 *  1. all signals are blocked; from now on they come through a signalfd
 *  2. the ssh port listens; connections wait in its backlog
 *  3. what must be there once: directories, the host key (ssh-keygen), the home (a child that is
 * the developer), sshd's configuration; meanwhile the sidecars are asked whether they answer
 *  4. key and home are there: connections are taken and the profile's services start
 *  5. the sidecars answer as well: {"event":"ready"}, and again after each reload
 *  6. one loop until SIGTERM: reap, restart, ask, report; a new line in WIRE_RELOAD_PATH has the
 * configuration read again, and so has SIGHUP
 *
 * All memory is one zeroed mapping made at start; pages that are never needed are never touched.
 */
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "affinity.h"
#include "audit.h"
#include "changes.h"
#include "checks.h"
#include "event.h"
#include "files_watch.h"
#include "freeze.h"
#include "gate.h"
#include "home.h"
#include "hostkey.h"
#include "loop.h"
#include "measure.h"
#include "reload_file.h"
#include "report.h"
#include "services.h"
#include "sessions.h"
#include "shells_guard.h"
#include "spawn.h"
#include "sshd_config.h"
#include "strangers.h"
#include "user.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"
#include "winalux/guest/wire.h"

/* Beside the ledger: root's alone, and there again after the container was made anew. */
#define FILES_STATE_PATH WIRE_AUDIT_PATH "/files"
/* In the root file system: a container that is made anew has programs of its own. */
#define PROGRAMS_STATE_PATH "/var/lib/winalux/programs"
#define KNOWN_KEYS_PATH WIRE_AUDIT_PATH "/known-keys"

/* A stop takes less than a second: 700 ms to end in peace, then the kernel's time. */
enum { STOP_GRACE_MS = 700, STOP_FLUSH_MS = 50 };

struct init {
	struct loop loop;
	struct source signals;
	struct timer stop_timer;
	struct user user;
	struct hostkey hostkey;
	pid_t home_pid;
	const char *const *environment;
	struct affinity allowed;    /* where PID 1 might run before any limit */
	struct wire_config *config; /* one of configs; the other is for the next reading */
	bool has_config;            /* false: the last word was none or a bad one */
	bool has_sshd;
	bool is_home_filled;
	bool is_open;
	bool is_ready;
	bool is_stopping;
	bool is_over;
	struct checks checks;
	struct report report;
	struct audit audit;
	struct changes changes;
	struct reload_file reload_file;
	struct files_watch files;
	struct files_watch programs;
	struct strangers strangers;
	struct services services;
	struct gate gate;
	struct shells_guard shells;
	struct measure measure;
	struct freeze freeze;
	struct sessions sessions;
	struct wire_config configs[2];
};

static void report_simple(struct init *i, const char *name)
{
	struct event e;

	event_start(&e, name);
	report_send(&i->report, &e);
}

static void report_start(struct init *i)
{
	struct event e;

	event_start(&e, "start");
	event_text(&e, "version", winalux_version);
	event_number(&e, "wire", WIRE_VERSION);
	report_send(&i->report, &e);
}

static void report_listening(struct init *i)
{
	struct event e;

	event_start(&e, "listening");
	event_number(&e, "port", SESSIONS_PORT);
	report_send(&i->report, &e);
}

static void report_ready(struct init *i)
{
	struct event e;

	event_start(&e, "ready");
	if (*i->config->nonce)
		event_text(&e, "nonce", i->config->nonce);
	report_send(&i->report, &e);
}

/* Goes on where the next thing has come true; called whenever something did. */
static void advance(void *context)
{
	struct init *i = context;

	if (i->is_stopping)
		return;
	if (!i->is_open && i->hostkey.is_ready && i->is_home_filled && i->has_sshd) {
		i->is_open = true;
		sessions_open(&i->sessions);
		services_start(&i->services);
	}
	if (!i->is_ready && i->is_open && i->has_config && checks_are_up(&i->checks)) {
		i->is_ready = true;
		report_ready(i);
	}
}

static int read_config(struct wire_config *into, struct error *err)
{
	DEFER(fd_closep) int fd = open(WIRE_CONFIG_PATH, O_RDONLY | O_CLOEXEC);
	const ssize_t len = fd < 0 ? -1 : fd_read_upto(fd, into->text, sizeof(into->text));

	if (len < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'",
				       WIRE_CONFIG_PATH);
	if (wire_decode(into->text, (size_t)len, into, err) < 0)
		return error_add(err, "'%s'", WIRE_CONFIG_PATH);
	return 0;
}

/* Without any configuration only the gate's file tells whether there is to be one. */
static void set_gate(struct init *i)
{
	const bool is_on = i->has_config ? i->config->gate != WIRE_GATE_OFF
					 : access(GATE_FILE_PATH, F_OK) == 0;

	gate_set(&i->gate, is_on, i->config->name);
	if (is_on)
		shells_guard_start(&i->shells);
	else
		shells_guard_stop(&i->shells);
}

/* What is started from now on sees as many processors as its share of cpu_milli begins; 0: all. */
static void set_affinity(struct init *i, uint32_t cpu_milli)
{
	struct error err;

	if (affinity_set(&i->allowed, i->config->is_affinity_off ? 0 : cpu_milli,
			 i->config->name) == 0)
		return;
	error_set_errno(&err, ERROR_HOST, errno, "cannot choose processors");
	report_error(&i->report, &err);
}

/* Reads the configuration anew; a bad one is reported and the old one stays. */
static int load_config(struct init *i)
{
	struct wire_config *spare = &i->configs[i->config == &i->configs[0]];
	struct error err;

	if (read_config(spare, &err) < 0) {
		report_error(&i->report, &err);
		return -1;
	}
	services_set(&i->services, spare);
	checks_set(&i->checks, spare);
	measure_set(&i->measure, spare);
	freeze_set(&i->freeze, spare);
	i->config = spare;
	i->has_config = true;
	set_affinity(i, (uint32_t)spare->limits[WIRE_LIMIT_CPU].number);
	return 0;
}

static void set_sshd(struct init *i)
{
	struct error err;

	i->has_sshd = sshd_config_write(
			      &(struct sshd_settings){
				      .environment = i->environment,
				      .is_gated = i->gate.is_on,
				      .is_forwarding_closed = i->config->is_forwarding_closed,
				      .is_socket_forwarding_closed =
					      i->config->is_socket_forwarding_closed,
			      },
			      &err) == 0;
	if (!i->has_sshd)
		report_error(&i->report, &err);
}

static void reload(struct init *i)
{
	if (load_config(i) == 0) {
		set_gate(i);
		set_sshd(i);
		report_simple(i, "reloaded");
		i->is_ready = false; /* said again once all of the new configuration is true */
	}
	advance(i);
}

static void on_reload_file(void *context)
{
	reload(context);
}

static bool home_reaped(struct init *i, pid_t pid, int status)
{
	struct error err;

	if (pid != i->home_pid)
		return false;
	i->home_pid = 0;
	i->is_home_filled = true;
	if (status != 0) {
		error_set(&err, ERROR_HOST, "'%s' could not be filled from the skeleton",
			  i->user.home);
		report_error(&i->report, &err);
	}
	advance(i);
	return true;
}

/* Who is none of these was somebody's orphan. */
static void reaped(struct init *i, pid_t pid, int status)
{
	if (!services_reaped(&i->services, pid, status) && !sessions_reaped(&i->sessions, pid) &&
	    !hostkey_reaped(&i->hostkey, pid, status))
		home_reaped(i, pid, status);
}

static void reap(struct init *i)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		reaped(i, pid, status);
	if (pid < 0 && errno == ECHILD && i->is_stopping)
		i->is_over = true;
}

static void on_stop_timer(void *owner)
{
	struct init *i = owner;

	kill(-1, SIGKILL);
	i->is_over = true;
}

/* Everything in the container is told to end: sessions, services and what they left running. */
static void stop(struct init *i)
{
	if (i->is_stopping)
		return;
	i->is_stopping = true;
	report_simple(i, "stop");
	sessions_stop(&i->sessions);
	checks_stop(&i->checks);
	freeze_stop(&i->freeze);
	services_stop(&i->services);
	timer_stop(&i->hostkey.timer);
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	timer_start(&i->stop_timer, STOP_GRACE_MS);
	reap(i); /* with no child there will be no SIGCHLD */
}

static const struct {
	int signal;
	void (*run)(struct init *i);
} signal_actions[] = {
	{ SIGCHLD, reap }, { SIGTERM, stop },  { SIGINT, stop },
	{ SIGQUIT, stop }, { SIGHUP, reload },
};

static void on_signal(void *owner, uint32_t events)
{
	struct init *i = owner;
	struct signalfd_siginfo info;

	(void)events;
	while (read(i->signals.fd, &info, sizeof(info)) == sizeof(info))
		for (size_t n = 0; n < ARRAY_SIZE(signal_actions); n++)
			if (signal_actions[n].signal == (int)info.ssi_signo)
				signal_actions[n].run(i);
}

/* All but those that our own mistakes raise: blocked, they would kill without a word. */
static void block_signals(void)
{
	static const int faults[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };
	sigset_t set;

	sigfillset(&set);
	for (size_t n = 0; n < ARRAY_SIZE(faults); n++)
		sigdelset(&set, faults[n]);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static int watch_signals(struct init *i, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t n = 0; n < ARRAY_SIZE(signal_actions); n++)
		sigaddset(&set, signal_actions[n].signal);
	i->signals = (struct source){ .run = on_signal, .owner = i };
	i->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (i->signals.fd < 0 || loop_watch(&i->loop, &i->signals, EPOLLIN) < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot watch signals");
	return 0;
}

enum { SHARE_PATH_SIZE = sizeof(WIRE_SHARES_PATH "/") + WIRE_NAME_SIZE };

static void share_path(const char *name, char ret[static SHARE_PATH_SIZE])
{
	snprintf(ret, SHARE_PATH_SIZE, WIRE_SHARES_PATH "/%s", name);
}

static int fill_home_work(void *context)
{
	const struct init *i = context;
	int status = home_fill(i->user.home);

	for (size_t n = 0; n < i->config->share_count; n++) {
		char target[SHARE_PATH_SIZE];

		share_path(i->config->shares[n], target);
		if (home_link(i->user.home, i->config->shares[n], target) < 0)
			status = 1;
	}
	return status;
}

/* Which only what nests containers has. */
static void own_runtime_directory(struct init *i)
{
	struct error err;

	if (access(WIRE_RUNTIME_DIRECTORY, F_OK) == 0 &&
	    home_own(WIRE_RUNTIME_DIRECTORY, &i->user, &err) < 0)
		report_error(&i->report, &err);
}

static void own_shares(struct init *i)
{
	struct error err;

	for (size_t n = 0; n < i->config->share_count; n++) {
		char path[SHARE_PATH_SIZE];

		share_path(i->config->shares[n], path);
		if (home_own(path, &i->user, &err) < 0)
			report_error(&i->report, &err);
	}
}

static void start_home(struct init *i)
{
	struct error err;

	if (user_get(i->config->user, &i->user, &err) < 0) {
		report_error(&i->report, &err);
		i->is_home_filled = true;
		return;
	}
	if (home_own(i->user.home, &i->user, &err) < 0)
		report_error(&i->report, &err);
	own_shares(i);
	own_runtime_directory(i);
	i->home_pid = spawn_work(&i->user, fill_home_work, i);
	if (i->home_pid < 0) {
		i->home_pid = 0;
		i->is_home_filled = true;
	}
}

static int make_directories(struct error *err)
{
	umask(022);
	if (dir_make_all("/run/sshd", 0755, err) < 0)
		return -1;
	return dir_make_all("/run/winalux", 0755, err);
}

/* What PID 1 cannot be without. */
static int begin(struct init *i, struct error *err)
{
	if (loop_init(&i->loop, err) < 0)
		return -1;
	report_init(&i->report, &i->loop, STDOUT_FILENO);
	audit_start(&i->audit, &i->report, WIRE_AUDIT_PATH);
	report_start(i);
	if (sessions_init(&i->sessions, &i->loop, &i->report, err) < 0)
		return -1;
	report_listening(i);
	if (make_directories(err) < 0)
		return -1;
	if (gate_init(&i->gate, &i->loop, &i->report, GATE_SOCKET_PATH, err) < 0)
		return -1;
	i->gate.sessions = &i->sessions;
	i->gate.developer = &i->user;
	i->gate.name = "";
	known_keys_open(&i->gate.keys, KNOWN_KEYS_PATH);
	return watch_signals(i, err);
}

static void on_file_changed(void *context, const char *path)
{
	struct init *i = context;

	if (strcmp(path, WIRE_STRANGERS_PATH) == 0)
		strangers_read(&i->strangers, path);
}

static void on_frozen(void *context)
{
	struct init *i = context;

	measure_show_frozen(&i->measure);
}

/* What can fail, be reported, and sometimes be mended while PID 1 runs. */
static void prepare(struct init *i)
{
	i->stop_timer = (struct timer){ .run = on_stop_timer, .owner = i };
	loop_add_timer(&i->loop, &i->stop_timer);
	hostkey_init(&i->hostkey, &i->loop, &i->report);
	i->hostkey.on_ready = i->checks.on_change = advance;
	i->hostkey.context = i->checks.context = i;
	checks_init(&i->checks, &i->loop, &i->report);
	changes_init(&i->changes, &i->loop);
	reload_file_init(&i->reload_file, &i->loop, on_reload_file, i);
	shells_guard_init(&i->shells, &i->loop, &i->report, &i->changes);
	files_watch_init(&i->files, &i->loop, &i->report, FILES_TEXTS, NULL);
	files_watch_init(&i->programs, &i->loop, &i->report, FILES_PROGRAMS, NULL);
	i->files.on_changed = on_file_changed;
	i->files.context = i;
	i->strangers.report = &i->report;
	services_init(&i->services, &i->loop, &i->report, i->environment);
	measure_init(&i->measure, &i->loop, &i->report, &i->checks);
	i->measure.sessions = i->freeze.sessions = &i->sessions;
	i->measure.freeze = &i->freeze;
	freeze_init(&i->freeze, &i->loop, &i->report, METRICS_POD_PATH);
	i->freeze.on_change = on_frozen;
	i->freeze.context = i;
	i->config = &i->configs[0];
	i->config->user = "developer"; /* until there is a configuration */
	i->config->name = i->config->nonce = "";
	hostkey_start(&i->hostkey);
	reload_file_start(&i->reload_file, &i->changes, WIRE_DIRECTORY, WIRE_RELOAD_NAME);
	load_config(i);
	set_gate(i);
	start_home(i);
	set_sshd(i);
	files_watch_start(&i->files, &i->changes, FILES_STATE_PATH);
	files_watch_start(&i->programs, &i->changes, PROGRAMS_STATE_PATH);
	measure_start(&i->measure, METRICS_OWN_PATH);
	advance(i);
}

static int run_init(int argc, char **argv)
{
	struct init *i = MAP_FAILED;
	struct error err;

	(void)argv;
	if (argc != 1)
		return role_misused(&role_init);
	if (getpid() != 1) { /* a stop ends all processes there are */
		error_set(&err, ERROR_USAGE, "init is PID 1 of a container, nothing else");
		return role_fails(&err);
	}
	block_signals();
	i = mmap(NULL, sizeof(*i), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (i == MAP_FAILED)
		return EXIT_ROLE_FAILED;
	i->environment = (const char *const *)environ;
	affinity_init(&i->allowed);
	if (begin(i, &err) < 0)
		return role_fails(&err);
	/* From here on nothing may end PID 1 but a stop: it would take the container along. */
	prepare(i);
	while (!i->is_over)
		loop_turn(&i->loop);
	report_flush(&i->report, STOP_FLUSH_MS);
	return 0;
}

const struct role role_init = {
	.name = "init",
	.usage = "",
	.summary = "be PID 1 of a dev container",
	.run = run_init,
};
