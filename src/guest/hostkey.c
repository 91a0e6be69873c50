/* SPDX-License-Identifier: MIT */
/*
 * ssh-keygen writes into names of their own; then the public key is renamed, then the private one,
 * whose name is the sign that all is done: killed at any point, the next start finds a whole pair
 * or makes a new one. The disk is told afterwards, in a child, since nobody has to wait for that; a
 * private key that a power cut left empty counts as missing. A missing public key is derived again.
 */
#include "hostkey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event.h"
#include "report.h"
#include "spawn.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define KEYGEN "/usr/bin/ssh-keygen"
#define PRIVATE HOSTKEY_DIRECTORY "/ssh_host_ed25519_key"
#define PUBLIC PRIVATE ".pub"
#define NEW_PRIVATE HOSTKEY_DIRECTORY "/new"
#define NEW_PUBLIC NEW_PRIVATE ".pub"

enum { KEY_LINE_SIZE = 512 };

bool hostkey_trim(char *line)
{
	char *blank = strchr(line, ' ');

	if (!blank || strncmp(line, "ssh-", 4) != 0)
		return false;
	blank[1 + strcspn(blank + 1, " \r\n")] = '\0';
	return blank[1] != '\0';
}

static bool has_content(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static bool read_public(char *line, size_t size)
{
	DEFER(fd_closep) int fd = open(PUBLIC, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, size - 1);

	line[n > 0 ? n : 0] = '\0';
	return n > 0 && hostkey_trim(line);
}

static void sync_path(const char *path)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

static int sync_work(void *context)
{
	(void)context;
	sync_path(PRIVATE);
	sync_path(PUBLIC);
	sync_path(HOSTKEY_DIRECTORY);
	return 0;
}

static void retry(struct hostkey *h, struct error *err)
{
	error_add(err, "cannot make the host key");
	report_error(h->report, err);
	timer_start(&h->timer, backoff_next(&h->backoff, 0));
}

static void finish(struct hostkey *h, const char *key)
{
	struct event e;

	h->is_ready = true;
	event_start(&e, "host-key");
	event_text(&e, "key", key);
	report_send(h->report, &e);
	h->on_ready(h->context);
}

/* A whole new pair, or the public key of the private one that is there. */
static pid_t spawn_keygen(bool is_new)
{
	static const char *const make[] = { KEYGEN, "-q",      "-t", "ed25519",   "-N", "",
					    "-C",   "winalux", "-f", NEW_PRIVATE, NULL };
	static const char *const derive[] = { KEYGEN, "-y", "-f", PRIVATE, NULL };
	static const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
	DEFER(fd_closep) int out = -1;

	unlink(NEW_PRIVATE);
	unlink(NEW_PUBLIC);
	if (!is_new) {
		out = open(NEW_PUBLIC, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (out < 0)
			return -1;
	}
	return spawn(&(struct spawn){
		.argv = is_new ? make : derive,
		.directory = "/",
		.stdin_fd = -1,
		.stdout_fd = out,
		.stderr_fd = STDERR_FILENO,
		.environment = environment,
	});
}

void hostkey_start(struct hostkey *h)
{
	char line[KEY_LINE_SIZE];
	struct error err;

	if (has_content(PRIVATE) && read_public(line, sizeof(line))) {
		finish(h, line);
		return;
	}
	if (mkdir(HOSTKEY_DIRECTORY, 0755) < 0 && errno != EEXIST) {
		error_set_errno(&err, ERROR_HOST, errno, "'%s'", HOSTKEY_DIRECTORY);
		retry(h, &err);
		return;
	}
	h->pid = spawn_keygen(!has_content(PRIVATE));
	if (h->pid < 0) {
		h->pid = 0;
		error_set_errno(&err, ERROR_INTERNAL, errno, "cannot start '%s'", KEYGEN);
		retry(h, &err);
	}
}

/* The names of a whole pair. */
static int adopt(struct error *err)
{
	bool is_new = !has_content(PRIVATE);

	if (!has_content(NEW_PUBLIC) || (is_new && !has_content(NEW_PRIVATE)))
		return error_set(err, ERROR_HOST, "'%s' left no key", KEYGEN);
	if (chmod(NEW_PUBLIC, 0644) < 0 || (is_new && chmod(NEW_PRIVATE, 0600) < 0) ||
	    rename(NEW_PUBLIC, PUBLIC) < 0 || (is_new && rename(NEW_PRIVATE, PRIVATE) < 0))
		return error_set_errno(err, ERROR_HOST, errno, "'%s'", HOSTKEY_DIRECTORY);
	return 0;
}

bool hostkey_reaped(struct hostkey *h, pid_t pid, int status)
{
	char line[KEY_LINE_SIZE];
	struct error err;

	if (pid != h->pid)
		return false;
	h->pid = 0;
	if (status != 0)
		error_set(&err, ERROR_HOST, "'%s' failed (status %#x)", KEYGEN, (unsigned)status);
	if (status != 0 || adopt(&err) < 0) {
		retry(h, &err);
		return true;
	}
	if (!read_public(line, sizeof(line))) {
		error_set(&err, ERROR_HOST, "'%s' holds no public key", PUBLIC);
		unlink(PUBLIC);
		retry(h, &err);
		return true;
	}
	spawn_work(NULL, sync_work, NULL);
	finish(h, line);
	return true;
}

static void on_timer(void *owner)
{
	hostkey_start(owner);
}

void hostkey_init(struct hostkey *h, struct loop *loop, struct report *report)
{
	h->report = report;
	h->timer = (struct timer){ .run = on_timer, .owner = h };
	loop_add_timer(loop, &h->timer);
}
