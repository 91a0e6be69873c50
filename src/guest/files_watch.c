/* SPDX-License-Identifier: MIT */
#include "files_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changes.h"
#include "event.h"
#include "gate.h"
#include "report.h"
#include "shell.h"
#include "state_file.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/token_hash.h"
#include "winalux/guest/wire.h"

enum {
	POLL_MS = 30 * 1000,
	SETTLE_MS = 10,      /* an archive removes a file before it makes it anew */
	READ_MAX = 16 << 10, /* of a file: what is beyond is not looked at */
	STATE_MAX = 4 << 10,
	DIRECTORY_SIZE = 256,
	HEX_SIZE = 2 * FILES_DIGEST_SIZE + 1,
};

static const char *const dev_texts[] = {
	"/etc/winalux/gate",
	"/etc/winalux/guest.conf",
	"/etc/winalux/keys/developer",
	"/etc/winalux/keys/root",
	"/etc/winalux/hostkeys/ssh_host_ed25519_key",
	"/etc/passwd",
	"/etc/group",
	"/etc/ld.so.preload",
	WIRE_STRANGERS_PATH,
	NULL,
};

static const char *const dev_programs[] = {
	GATE_SOCKET_PATH,
	"/usr/sbin/sshd",
	"/usr/lib/openssh/sshd-auth",
	"/usr/lib/openssh/sshd-session",
	SHELL_DIRECTORY "/sh",
	SHELL_DIRECTORY "/bash",
	SHELL_DIRECTORY "/dash",
	SHELL_DIRECTORY "/zsh",
	SHELL_DIRECTORY "/fish",
	SHELL_DIRECTORY "/busybox",
	NULL,
};

static const char *const *const dev_paths[] = {
	[FILES_TEXTS] = dev_texts,
	[FILES_PROGRAMS] = dev_programs,
};

/* What is known of a file after one look. */
struct look {
	uint8_t digest[FILES_DIGEST_SIZE];
	off_t size;
	bool is_socket;
};

static void digest_of(const void *bytes, size_t len, struct look *ret)
{
	uint8_t digest[TOKEN_HASH_SIZE];

	bytes_hash(bytes, len, digest);
	memcpy(ret->digest, digest, sizeof(ret->digest));
}

/* 0: it is there; 1: it is not; -1: who knows. */
static int look_at_text(const char *path, struct look *ret)
{
	char text[READ_MAX];
	struct stat st;
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 1 : -1;
	const ssize_t n = fstat(fd, &st) < 0 ? -1 : fd_read_upto(fd, text, sizeof(text));
	if (n < 0)
		return -1;
	digest_of(text, (size_t)n, ret);
	explicit_bzero(text, sizeof(text)); /* a host key may have been in it */
	ret->size = st.st_size;
	return 0;
}

/* A link is what it is, whatever it leads to. */
static int look_at_program(const char *path, struct look *ret)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 1 : -1;
	const int64_t identity[] = { (int64_t)st.st_ino, st.st_mode,         st.st_size,
				     st.st_mtim.tv_sec,  st.st_mtim.tv_nsec, st.st_ctim.tv_sec,
				     st.st_ctim.tv_nsec };
	digest_of(identity, sizeof(identity), ret);
	ret->size = st.st_size;
	ret->is_socket = S_ISSOCK(st.st_mode);
	return 0;
}

static int (*const looks[])(const char *path, struct look *ret) = {
	[FILES_TEXTS] = look_at_text,
	[FILES_PROGRAMS] = look_at_program,
};

static void report_change(struct files_watch *w, size_t i, const char *what, off_t size)
{
	char hex[HEX_SIZE];
	struct event e;

	event_start(&e, "changed");
	event_text(&e, "path", w->paths[i]);
	event_text(&e, "what", what);
	if (w->is_there[i]) {
		hex_format(w->digests[i], FILES_DIGEST_SIZE, hex);
		event_number(&e, "size", size);
		event_text(&e, "digest", hex);
	}
	report_send(w->report, &e);
	if (w->on_changed)
		w->on_changed(w->context, w->paths[i]);
}

/* True when it is another file than before. */
static bool check(struct files_watch *w, size_t i)
{
	const bool was_known = w->is_known[i], was_there = w->is_there[i];
	struct look now = { 0 };
	const int status = looks[w->kind](w->paths[i], &now);

	if (status < 0)
		return false;
	const bool is_same = was_known && was_there == (status == 0) &&
			     memcmp(now.digest, w->digests[i], sizeof(now.digest)) == 0;
	w->is_known[i] = true;
	w->is_there[i] = status == 0;
	w->is_socket[i] |= now.is_socket;
	memcpy(w->digests[i], now.digest, sizeof(now.digest));
	if (was_known && !is_same)
		report_change(w, i,
			      status != 0 ? "removed"
			      : was_there ? "changed"
					  : "made",
			      now.size);
	return !is_same;
}

/* --- what was there last: lines of a digest, "-" for a file that is not there, and a path --- */

/* An old state only tells a change twice. */
static void save(const struct files_watch *w)
{
	char text[STATE_MAX], hex[HEX_SIZE];
	size_t len = 0;

	for (size_t i = 0; i < w->count && len < sizeof(text); i++) {
		hex_format(w->digests[i], FILES_DIGEST_SIZE, hex);
		if (w->is_known[i] && !w->is_socket[i])
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s\n",
						w->is_there[i] ? hex : "-", w->paths[i]);
	}
	if (len < sizeof(text))
		state_file_write(w->state_path, text, len);
}

static void load_line(struct files_watch *w, const char *line)
{
	uint8_t digest[FILES_DIGEST_SIZE] = { 0 };
	const bool is_absent = parse_literal(&line, "- ");

	if (!is_absent && (!hex_parse(&line, digest, sizeof(digest)) || !parse_char(&line, ' ')))
		return;
	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->paths[i], line) != 0)
			continue;
		w->is_known[i] = true;
		w->is_there[i] = !is_absent;
		memcpy(w->digests[i], digest, sizeof(digest));
	}
}

static void load(struct files_watch *w)
{
	char text[STATE_MAX + 1], *next = text;

	if (!state_file_read(w->state_path, text, sizeof(text)))
		return;
	for (char *line = strsep(&next, "\n"); line; line = strsep(&next, "\n"))
		load_line(w, line);
}

static void check_all(struct files_watch *w)
{
	bool is_any = false;

	for (size_t i = 0; i < w->count; i++)
		is_any |= check(w, i);
	if (is_any)
		save(w);
}

/* --- when --- */

static void on_timer(void *owner)
{
	struct files_watch *w = owner;

	check_all(w);
	if (!w->is_told)
		timer_start(&w->timer, POLL_MS);
}

static bool is_ours(const struct files_watch *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(strrchr(w->paths[i], '/') + 1, name) == 0)
			return true;
	return false;
}

static void on_change(void *owner, const char *name)
{
	struct files_watch *w = owner;

	if (!name || is_ours(w, name))
		timer_start(&w->timer, SETTLE_MS);
}

/* The directories of all files, each once. */
static bool watch(struct files_watch *w, struct changes *changes)
{
	char seen[FILES_WATCH_MAX][DIRECTORY_SIZE];
	size_t count = 0;
	bool is_told = true;

	for (size_t i = 0; i < w->count; i++) {
		const int len = (int)(strrchr(w->paths[i], '/') - w->paths[i]);
		size_t n = 0;

		snprintf(seen[count], sizeof(seen[count]), "%.*s", len, w->paths[i]);
		while (strcmp(seen[n], seen[count]) != 0)
			n++;
		if (n == count && !changes_add(changes, seen[count++], on_change, w))
			is_told = false;
	}
	return is_told;
}

void files_watch_init(struct files_watch *w, struct loop *loop, struct report *report,
		      enum files_kind kind, const char *const *paths)
{
	*w = (struct files_watch){
		.report = report,
		.kind = kind,
		.paths = paths ? paths : dev_paths[kind],
		.timer = { .run = on_timer, .owner = w },
	};
	while (w->paths[w->count])
		w->count++;
	loop_add_timer(loop, &w->timer);
}

void files_watch_start(struct files_watch *w, struct changes *changes, const char *state_path)
{
	w->state_path = state_path;
	load(w);
	w->is_told = watch(w, changes);
	on_timer(w);
}
