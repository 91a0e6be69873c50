/* SPDX-License-Identifier: MIT */
#include "lost.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "table.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { TEXT_MAX = TABLE_SIZE * CONTAINER_ID_SIZE };

static int open_in(const char *directory, const char *name, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool read_text(struct lost *l)
{
	DEFER(fd_closep) int fd = open_in(l->directory, "lost", O_RDONLY);

	if (fd < 0 && errno != ENOENT)
		return false;
	l->text = mmap(NULL, TEXT_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (l->text == MAP_FAILED)
		return false;
	const ssize_t n = fd < 0 ? 0 : fd_read_upto(fd, l->text, TEXT_MAX);
	l->len = n > 0 ? (size_t)n : 0;
	return n >= 0;
}

bool lost_open(struct lost *l, const char *directory)
{
	*l = (struct lost){ .directory = directory, .text = MAP_FAILED };
	l->lock = open_in(directory, "lost.lock", O_RDWR | O_CREAT);
	if (l->lock >= 0 && flock(l->lock, LOCK_EX) == 0 && read_text(l))
		return true;
	const int error = errno;
	lost_close(l);
	errno = error;
	return false;
}

/* Where the line of id begins; NULL: there is none. */
static char *find(const struct lost *l, const char *id)
{
	const size_t len = strlen(id);

	for (char *at = l->text, *end = at + l->len; at < end;) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline)
			break;
		if ((size_t)(newline - at) == len && memcmp(at, id, len) == 0)
			return at;
		at = newline + 1;
	}
	return NULL;
}

/* The oldest; its container is hardly there any more. */
static void drop_first(struct lost *l)
{
	const char *newline = memchr(l->text, '\n', l->len);
	const size_t len = newline ? (size_t)(newline - l->text) + 1 : l->len;

	l->len -= len;
	memmove(l->text, l->text + len, l->len);
}

void lost_add(struct lost *l, const char *id)
{
	const size_t len = strlen(id);

	if (find(l, id))
		return;
	while (l->len > 0 && l->len + len + 1 > TEXT_MAX)
		drop_first(l);
	memcpy(l->text + l->len, id, len);
	l->text[l->len + len] = '\n';
	l->len += len + 1;
	l->is_changed = true;
}

void lost_remove(struct lost *l, const char *id)
{
	char *line = find(l, id);
	const size_t len = strlen(id) + 1;

	if (!line)
		return;
	l->len -= len;
	memmove(line, line + len, l->len - (size_t)(line - l->text));
	l->is_changed = true;
}

static int replace(const struct lost *l)
{
	char from[PATH_MAX], to[PATH_MAX];
	DEFER(fd_closep) int fd = open_in(l->directory, "lost.new", O_WRONLY | O_CREAT | O_TRUNC);

	if (fd < 0 || fd_write_all(fd, l->text, l->len, NULL) < 0)
		return -1;
	snprintf(from, sizeof(from), "%s/lost.new", l->directory);
	snprintf(to, sizeof(to), "%s/lost", l->directory);
	return rename(from, to);
}

int lost_close(struct lost *l)
{
	const int status = l->is_changed ? replace(l) : 0;

	if (l->text != MAP_FAILED)
		munmap(l->text, TEXT_MAX);
	fd_closep(&l->lock);
	return status;
}
