/* SPDX-License-Identifier: MIT */
#include "volume_mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proc_file.h"
#include "winalux/base/mem.h"
#include "winalux/telemetry/metrics.h"

#define DATA "/_data"
#define OURS "winalux-"
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"

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

/* "/…/winalux-account/_data/telemetry/alice" */
static bool take_workspace(const char *root, size_t len, char ret[static VOLUME_MOUNTS_NAME_SIZE])
{
	static const char above[] = "/" OURS "account" DATA "/telemetry";
	const char *name = memrchr(root, '/', len);

	if (!name || !ends_with(root, (size_t)(name - root), above))
		return false;
	len -= (size_t)(++name - root);
	if (len == 0 || len >= VOLUME_MOUNTS_NAME_SIZE || strspn(name, NAME_LETTERS) < len)
		return false;
	snprintf(ret, VOLUME_MOUNTS_NAME_SIZE, "%.*s", (int)len, name);
	return true;
}

bool volume_mounts_find_workspace(const char *text, char ret[static VOLUME_MOUNTS_NAME_SIZE])
{
	static const char place[] = METRICS_POD_DIRECTORY " ";

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *root = line;

		for (unsigned i = 0; i < ROOT_FIELD; i++)
			root = next_field(root);
		if (strncmp(next_field(root), place, strlen(place)) == 0 &&
		    take_workspace(root, strcspn(root, " \n"), ret))
			return true;
	}
	return false;
}

bool volume_mounts_workspace(const char *proc, pid_t pid, char ret[static VOLUME_MOUNTS_NAME_SIZE])
{
	char text[TEXT_MAX];

	return proc_file_read(proc, pid, "mountinfo", text, sizeof(text)) &&
	       volume_mounts_find_workspace(text, ret);
}

struct opening {
	const char *proc;
	pid_t pid;
	int *fds;
	size_t count, max;
};

static void open_one(const char *path, void *context)
{
	struct opening *o = context;

	if (o->count == o->max)
		return;
	const int fd = proc_file_open_inside(o->proc, o->pid, path, O_PATH | O_DIRECTORY);
	if (fd >= 0)
		o->fds[o->count++] = fd;
}

size_t volume_mounts_open(const char *proc, pid_t pid, int *ret, size_t max)
{
	struct opening o = { .proc = proc, .pid = pid, .fds = ret, .max = max };
	char text[TEXT_MAX];

	if (!proc_file_read(proc, pid, "mountinfo", text, sizeof(text)))
		return 0;
	volume_mounts_parse(text, open_one, &o);
	return o.count;
}
