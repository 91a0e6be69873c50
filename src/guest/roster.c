/* SPDX-License-Identifier: MIT */
#include "roster.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"
#include "winalux/telemetry/proc_files.h"

static bool has_line(const char *text, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strncmp(at, name, len) == 0 && (at[len] == '\n' || !at[len]))
			return true;
	return false;
}

/* A file, or a directory of files. */
static void remove_entry(int parent, const char *name)
{
	const struct dirent *entry;

	if (unlinkat(parent, name, 0) == 0)
		return;
	DEFER(fd_closep)
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DEFER(dir_closep) DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return;
	TAKE_FD(fd);
	while ((entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static void clean(const char *directory, const char *kind, const char *roster)
{
	char path[PATH_MAX];
	const struct dirent *entry;

	snprintf(path, sizeof(path), "%s/%s", directory, kind);
	DEFER(dir_closep) DIR *entries = opendir(path);
	while (entries && (entry = readdir(entries)))
		if (entry->d_name[0] != '.' && !has_line(roster, entry->d_name))
			remove_entry(dirfd(entries), entry->d_name);
}

/* What a workspace mounts; without it, its containers do not start. */
static void make_places(const char *directory, const char *name)
{
	char path[PATH_MAX], file[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/telemetry/%.63s", directory, name);
	dir_make_all(path, 0755, NULL);
	snprintf(path, sizeof(path), "%s/proc/%.63s", directory, name);
	dir_make_all(path, 0755, NULL);
	for (enum proc_file i = 0; i < PROC_FILE_COUNT; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, proc_file_name(i));
		int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

		fd_closep(&fd);
	}
}

void roster_apply(struct roster *r, const char *directory)
{
	static const char *const kinds[] = { "telemetry", "proc", "history" };
	char *const text = r->text;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" WIRE_ROSTER, directory);
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const ssize_t n = fd < 0 ? -1 : fd_read_upto(fd, text, sizeof(r->text));
	if (n < 0 || n > ROSTER_MAX_BYTES)
		return;
	text[n] = '\0';
	if (!has_line(text, WIRE_ROSTER_END)) /* half a list would remove the other half */
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		clean(directory, kinds[i], text);
	for (char *at = text; *at && *at != '.'; at += strlen(at) + 1) {
		at[strcspn(at, "\n")] = '\0';
		make_places(directory, at);
	}
}
