/* SPDX-License-Identifier: MIT */
#include "volume_mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc_file.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define DATA "/_data"
#define OURS "winalux-"

enum { TEXT_MAX = 64 << 10, ROOT_FIELD = 3 };

static bool ends_with(const char *text, size_t len, const char *end)
{
	const size_t end_len = strlen(end);

	return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

/* "/…/winalux-alice-home/_data" */
static bool is_data_of_ours(const char *root, size_t len)
{
	static const char *const others[] = { "-keys", "-audit" };
	const char *name;

	if (!ends_with(root, len, DATA))
		return false;
	len -= strlen(DATA);
	name = memrchr(root, '/', len);
	if (!name || strncmp(name + 1, OURS, strlen(OURS)) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (ends_with(root, len, others[i]))
			return false;
	return true;
}

static bool is_octal(const char *text, size_t len)
{
	return len >= 3 && strspn(text, "01234567") >= 3;
}

/* Blanks, tabs, newlines and backslashes stand as "\040" there (proc_pid_mountinfo(5)). */
static bool unescape(const char *field, size_t len, char ret[static PATH_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < len && used < PATH_MAX - 1; i++) {
		char c = field[i];

		if (c == '\\' && is_octal(field + i + 1, len - i - 1)) {
			c = (char)((field[i + 1] - '0') << 6 | (field[i + 2] - '0') << 3 |
				   (field[i + 3] - '0'));
			i += 3;
		}
		ret[used++] = c;
	}
	ret[used] = '\0';
	return used < PATH_MAX - 1 && *ret == '/';
}

static const char *next_field(const char *at)
{
	at += strcspn(at, " \n");
	return at + (*at == ' ');
}

void volume_mounts_parse(const char *text, void (*fn)(const char *path, void *context),
			 void *context)
{
	char path[PATH_MAX];

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *root = line, *place;

		for (unsigned i = 0; i < ROOT_FIELD; i++)
			root = next_field(root);
		place = next_field(root);
		if (is_data_of_ours(root, strcspn(root, " \n")) &&
		    unescape(place, strcspn(place, " \n"), path))
			fn(path, context);
	}
}

struct opening {
	int root;
	int *fds;
	size_t count, max;
};

static void open_one(const char *path, void *context)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH,
	};
	struct opening *o = context;
	long fd;

	if (o->count == o->max)
		return;
	fd = syscall(SYS_openat2, o->root, path + 1, &how, sizeof(how));
	if (fd >= 0)
		o->fds[o->count++] = (int)fd;
}

size_t volume_mounts_open(const char *proc, pid_t pid, int *ret, size_t max)
{
	struct opening o = { .fds = ret, .max = max };
	char path[PATH_MAX];
	static char text[TEXT_MAX];

	snprintf(path, sizeof(path), "%s/%d/root", proc, (int)pid);
	DEFER(fd_closep) int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || !proc_file_read(proc, pid, "mountinfo", text, sizeof(text)))
		return 0;
	o.root = root;
	volume_mounts_parse(text, open_one, &o);
	return o.count;
}
