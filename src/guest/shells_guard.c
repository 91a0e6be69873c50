/* SPDX-License-Identifier: MIT */
/*
 * For each shell, in this order, so that its name leads to a working shell at every moment:
 *
 *  1. a second name of its file in the directory of the real shells (a hard link, then a rename);
 *     for a symbolic link (sh -> dash) one beside it that leads to the real shell and not back
 *  2. a link to the guest, made beside the shell's name and renamed over it
 *  3. a diversion: packages bring their new shell to the real one's place. dpkg knows the same file
 *     as /bin/x in one release and /usr/bin/x in another, and no two diversions may have one
 *     target: the second goes through a link to the directory.
 *
 * A shell that comes back all the same (a copy from outside, dpkg where the path was diverted by
 * somebody else) is the newest one there is and goes the same way.
 */
#include "shells_guard.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changes.h"
#include "diversions.h"
#include "event.h"
#include "link_step.h"
#include "report.h"
#include "shell.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define ALIAS_DIRECTORY "/opt/winalux/shells"
#define GUEST_PATH "/usr/lib/winalux/winalux-guest"

enum {
	SHELLS_MAX = 8,
	PATH_SIZE = 256,
	POLL_MS = 30 * 1000,
};

static int fail(struct error *err, const char *what, const char *path)
{
	return error_set_errno(err, ERROR_HOST, errno, "cannot %s '%s'", what, path);
}

static void join(char ret[static PATH_SIZE], const char *directory, const char *name,
		 const char *suffix)
{
	snprintf(ret, PATH_SIZE, "%s/%s%s", directory, name, suffix);
}

/* The text of a symbolic link. False for everything else. */
static bool read_link(const char *path, char ret[static PATH_SIZE])
{
	const ssize_t n = readlink(path, ret, PATH_SIZE);

	if (n <= 0 || n == PATH_SIZE)
		return false;
	ret[n] = '\0';
	return true;
}

/* Over whatever has that name. */
static int put_link(const char *target, const char *path, struct error *err)
{
	char beside[PATH_SIZE + 16];

	snprintf(beside, sizeof(beside), "%s.winalux", path);
	unlink(beside);
	if (symlink(target, beside) < 0)
		return fail(err, "make the link", beside);
	if (rename(beside, path) < 0) {
		const int status = fail(err, "replace", path);

		unlink(beside);
		return status;
	}
	return 0;
}

static int put_file(const char *from, const char *path, struct error *err)
{
	char beside[PATH_SIZE + 16];

	snprintf(beside, sizeof(beside), "%s.winalux", path);
	unlink(beside);
	if (link(from, beside) < 0)
		return fail(err, "put away", from);
	if (rename(beside, path) < 0)
		return fail(err, "replace", path);
	unlink(beside); /* it stays where both were the same file already */
	return 0;
}

/* Where a symbolic link leads: the first shell of another name, else the first that is no link. */
static int find_target(const char *path, const char *name, char ret[static PATH_SIZE],
		       struct error *err)
{
	char at[PATH_SIZE];

	snprintf(at, sizeof(at), "%s", path);
	for (int i = 0; i < LINK_STEPS_MAX && link_step(at, sizeof(at)); i++) {
		const char *shell = shell_name_of(at);

		if (shell && strcmp(shell, name) != 0) {
			snprintf(ret, PATH_SIZE, "%s", shell);
			return 0;
		}
	}
	if (access(at, X_OK) < 0)
		return fail(err, "use", at);
	snprintf(ret, PATH_SIZE, "%s", at);
	return 0;
}

static int put_away(const struct shells_guard_paths *paths, const char *path, const char *name,
		    struct error *err)
{
	char real[PATH_SIZE], target[PATH_SIZE];
	struct stat st;

	join(real, paths->real, name, "");
	if (lstat(path, &st) < 0)
		return fail(err, "look at", path);
	if (S_ISLNK(st.st_mode)) {
		if (find_target(path, name, target, err) < 0)
			return -1;
		return put_link(target, real, err);
	}
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_HOST, "'%s' is no program", path);
	return put_file(path, real, err);
}

int shells_guard_one(const struct shells_guard_paths *paths, const char *directory,
		     const char *name, enum shell_state *ret, struct error *err)
{
	char path[PATH_SIZE], text[PATH_SIZE], real[PATH_SIZE];
	struct stat st;

	join(path, directory, name, "");
	join(real, paths->real, name, "");
	if (lstat(path, &st) < 0) {
		*ret = SHELL_ABSENT;
		return errno == ENOENT ? 0 : fail(err, "look at", path);
	}
	if (read_link(path, text) && strcmp(text, paths->guest) == 0) {
		*ret = SHELL_GUARDED;
		return access(real, X_OK) == 0 ? 0 : fail(err, "run the real shell", real);
	}
	if (put_away(paths, path, name, err) < 0 || put_link(paths->guest, path, err) < 0)
		return -1;
	*ret = SHELL_REPLACED;
	return 0;
}

static void report_shell(struct shells_guard *g, const char *directory, const char *name)
{
	char path[PATH_SIZE];
	struct event e;

	join(path, directory, name, "");
	event_start(&e, "shell");
	event_text(&e, "path", path);
	event_text(&e, "state", "guarded");
	report_send(g->report, &e);
}

/* All shells, found ones into present. The last failure is *err. */
static int guard_all(struct shells_guard *g, const char **present, struct error *err)
{
	int status = 0;

	for (size_t d = 0; g->paths.directories[d]; d++) {
		const char *directory = g->paths.directories[d];

		for (size_t i = 0; shell_names[i]; i++) {
			enum shell_state state = SHELL_ABSENT;

			if (shells_guard_one(&g->paths, directory, shell_names[i], &state, err) <
			    0) {
				report_error(g->report, err);
				status = -1;
			}
			if (state != SHELL_ABSENT)
				present[i] = shell_names[i];
			if (state == SHELL_REPLACED)
				report_shell(g, directory, shell_names[i]);
		}
	}
	return status;
}

static int divert(const char *const *present, struct error *err)
{
	struct diversion wanted[2 * SHELLS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < SHELLS_MAX; i++) {
		struct diversion *d = &wanted[count];

		if (!present[i])
			continue;
		snprintf(d[0].from, sizeof(d[0].from), "/usr/bin/%s", present[i]);
		snprintf(d[0].to, sizeof(d[0].to), SHELL_DIRECTORY "/%s", present[i]);
		snprintf(d[1].from, sizeof(d[1].from), "/bin/%s", present[i]);
		snprintf(d[1].to, sizeof(d[1].to), ALIAS_DIRECTORY "/%s", present[i]);
		count += 2;
	}
	return diversions_add(DIVERSIONS_PATH, wanted, count, err);
}

static int make_places(struct shells_guard *g, struct error *err)
{
	char text[PATH_SIZE];

	if (dir_make_all(g->paths.real, 0755, err) < 0 ||
	    dir_make_all("/opt/winalux", 0755, err) < 0)
		return -1;
	if (read_link(ALIAS_DIRECTORY, text))
		return 0;
	return put_link(SHELL_DIRECTORY, ALIAS_DIRECTORY, err);
}

static int guard(struct shells_guard *g)
{
	const char *present[SHELLS_MAX] = { NULL };
	struct error err;

	if (make_places(g, &err) < 0) {
		report_error(g->report, &err);
		return -1;
	}
	int status = guard_all(g, present, &err);
	if (divert(present, &err) < 0) {
		report_error(g->report, &err);
		status = -1;
	}
	if (status < 0 || !g->is_watching)
		timer_start(&g->timer, POLL_MS);
	return status;
}

static void on_timer(void *owner)
{
	struct shells_guard *g = owner;

	if (g->is_on)
		guard(g);
}

/* Packages come with hundreds of names; only the shells' cost a look, and a burst costs one. */
static void on_change(void *owner, const char *name)
{
	struct shells_guard *g = owner;

	if (g->is_on && (!name || shell_name_of(name)))
		timer_start(&g->timer, 0);
}

/* Where there is no instance left it is the timer's work. */
static void watch(struct shells_guard *g)
{
	g->is_watching = true;
	for (size_t d = 0; g->paths.directories[d]; d++)
		g->is_watching &= changes_add(g->changes, g->paths.directories[d], on_change, g);
}

void shells_guard_init(struct shells_guard *g, struct loop *loop, struct report *report,
		       struct changes *changes)
{
	struct stat bin, usr_bin;

	g->report = report;
	g->changes = changes;
	g->paths = (struct shells_guard_paths){
		.directories = { "/usr/bin" },
		.real = SHELL_DIRECTORY,
		.guest = GUEST_PATH,
	};
	if (stat("/bin", &bin) == 0 && stat("/usr/bin", &usr_bin) == 0 &&
	    (bin.st_ino != usr_bin.st_ino || bin.st_dev != usr_bin.st_dev))
		g->paths.directories[1] = "/bin";
	g->timer = (struct timer){ .run = on_timer, .owner = g };
	loop_add_timer(loop, &g->timer);
}

int shells_guard_start(struct shells_guard *g)
{
	g->is_on = true;
	if (!g->is_watching)
		watch(g);
	return guard(g);
}

void shells_guard_stop(struct shells_guard *g)
{
	g->is_on = false;
	timer_stop(&g->timer);
}
