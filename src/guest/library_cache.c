/* SPDX-License-Identifier: MIT */
#include "library_cache.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { DEPTH_MAX = 16 };

/*
 * uv's parts of a cache, whose names end with a version ("wheels-v8"; seen with 0.5 to 0.13). Only
 * wheels is written when packages are installed that are all there. The rest is made by uv anew.
 */
static bool is_part(const char *name, const char *part)
{
	const size_t len = strlen(part);

	return strncmp(name, part, len) == 0 && strncmp(name + len, "-v", 2) == 0;
}

static int add_part(int shared, const char *path, const char *name, int own)
{
	DEFER(freep) char *target = NULL;

	if (is_part(name, "wheels"))
		return tree_copy(shared, name, own, name);
	if (!is_part(name, "archive") && !is_part(name, "simple") && !is_part(name, "flat-index"))
		return 0;
	target = xasprintf("%s/%s", path, name);
	return symlinkat(target, own, name);
}

char *library_cache_before(const char *shared, const char *directory)
{
	DEFER(dir_closep)
	DIR *from = tree_open(open(shared, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DEFER(freep) char *path = xasprintf("%s/uv", directory);
	DEFER(fd_closep) int own = -1;
	const char *name;
	unsigned archives = 0;

	if (!from || dir_make_all(directory, 0755, NULL) < 0)
		return NULL;
	tree_remove(AT_FDCWD, path);
	if (mkdir(path, 0755) < 0)
		return NULL;
	own = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (own < 0)
		return NULL;
	while ((name = tree_next(from))) {
		if (add_part(dirfd(from), shared, name, own) < 0)
			return NULL;
		archives += is_part(name, "archive");
	}
	return archives ? TAKE(path) : NULL;
}

/* What cannot be opened is fetched once more by whoever needs it. */
static void add_mode(int at, const char *name, const struct stat *st, mode_t mode)
{
	if ((st->st_mode & mode) != mode && fchmodat(at, name, (st->st_mode & 07777) | mode, 0) < 0)
		return;
}

static void open_below(int at, const char *name, int depth)
{
	DEFER(dir_closep) DIR *directory = NULL;
	const char *entry;
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISREG(st.st_mode))
		add_mode(at, name, &st, 0444);
	if (!S_ISDIR(st.st_mode))
		return;
	add_mode(at, name, &st, 0555);
	if (depth == 0)
		return;
	directory = tree_open(openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	while (directory && (entry = tree_next(directory)))
		open_below(dirfd(directory), entry, depth - 1);
}

/* What lies in an archive has been given its modes by the umask; there may be a great many of it.
 */
void library_cache_open(const char *shared)
{
	DEFER(dir_closep)
	DIR *directory = tree_open(open(shared, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const char *name;

	open_below(AT_FDCWD, shared, 0);
	while (directory && (name = tree_next(directory)))
		open_below(dirfd(directory), name, is_part(name, "archive") ? 1 : DEPTH_MAX);
}
