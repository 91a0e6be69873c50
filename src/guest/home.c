/* SPDX-License-Identifier: MIT */
/*
 * What a first start puts into a home. Each entry of the skeleton is copied beside its final name
 * and renamed, so that a kill leaves a name that is missing still, and the next start copies it
 * again. What the developer has under a name, whatever it is, stays.
 */
#include "home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"
#include "user.h"
#include "venv.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define TEMPORARY ".winalux-skel.new"

int home_own(const char *directory, const struct user *user, struct error *err)
{
	struct stat st;

	if (stat(directory, &st) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "'%s'", directory);
	if (st.st_uid == user->uid)
		return 0;
	if (chown(directory, user->uid, user->gid) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot give '%s' to '%s'",
				       directory, user->name);
	return 0;
}

static bool is_there(int directory, const char *name)
{
	struct stat st;

	return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int offer(int from, const char *name, int home)
{
	if (is_there(home, name))
		return 0;
	tree_remove(home, TEMPORARY);
	int status = tree_copy(from, name, home, TEMPORARY);
	if (status == 0 && !is_there(home, TEMPORARY))
		return 0; /* no file, directory or link */
	if (status < 0 || renameat2(home, TEMPORARY, home, name, RENAME_NOREPLACE) < 0) {
		int saved = errno;

		tree_remove(home, TEMPORARY);
		errno = saved;
		return -1;
	}
	return 0;
}

int home_fill_from(const char *skeleton, const char *home)
{
	DEFER(fd_closep) int to = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DEFER(dir_closep)
	DIR *from = tree_open(open(skeleton, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const char *name;
	int failed = 0;

	if (to < 0)
		return -1;
	if (!from)
		return errno == ENOENT ? 0 : -1;
	while ((name = tree_next(from)))
		if (offer(dirfd(from), name, to) < 0)
			failed = errno;
	errno = failed;
	return failed ? -1 : 0;
}

int home_link(const char *home, const char *name, const char *target)
{
	DEFER(fd_closep) int at = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return -1;
	return symlinkat(target, at, name) < 0 && errno != EEXIST ? -1 : 0;
}

static bool is_empty(const char *home)
{
	DEFER(dir_closep) DIR *directory = opendir(home);

	return directory && !tree_next(directory);
}

int home_fill(const char *home)
{
	DEFER(freep) char *venv = xasprintf("%s/venv", home);
	bool was_empty = is_empty(home);
	int status;

	if (venv_set_aside(venv, HOME_SKELETON "/venv"))
		dprintf(STDERR_FILENO, "winalux: made ~/venv anew: its Python was another one\n");
	status = home_fill_from(HOME_SKELETON, home);

	if (was_empty && home_fill_from(HOME_ETC_SKELETON, home) < 0)
		status = -1;
	if (status < 0)
		dprintf(STDERR_FILENO, "winalux: cannot fill '%s': %s\n", home, strerror(errno));
	return status < 0 ? 1 : 0;
}
