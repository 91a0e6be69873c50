/* SPDX-License-Identifier: MIT */
/*
 * An archive that is unpacked removes a file, makes it anew, writes it and closes it, and each of
 * these is told. So what counts is the text: one that is not a whole line yet, or that is known
 * already, is passed over. The file is looked at as soon as the kernel tells and not after a while:
 * who connects once the host has its answer meets what was written.
 */
#include "reload_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "changes.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

/* Somebody inside may have put anything there: nothing is followed or waited for. */
static bool read_line(const char *path, char ret[static RELOAD_FILE_SIZE])
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	const ssize_t n = fd < 0 ? -1 : fd_read_upto(fd, ret, RELOAD_FILE_SIZE - 1);

	if (n <= 0 || !memchr(ret, '\n', (size_t)n))
		return false;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

/* True when it is another line than before. */
static bool is_new(struct reload_file *f)
{
	char line[RELOAD_FILE_SIZE];

	if (!read_line(f->path, line) || strcmp(line, f->line) == 0)
		return false;
	memcpy(f->line, line, sizeof(f->line));
	return true;
}

static void on_change(void *owner, const char *name)
{
	struct reload_file *f = owner;

	if ((!name || strcmp(name, f->name) == 0) && is_new(f))
		f->run(f->context);
}

/* Instances come free again: each look asks for one. */
static void watch(struct reload_file *f)
{
	if (!changes_add(f->changes, f->directory, on_change, f))
		timer_start(&f->timer, RELOAD_FILE_POLL_MS);
}

static void on_timer(void *owner)
{
	struct reload_file *f = owner;

	watch(f);
	on_change(f, NULL);
}

void reload_file_init(struct reload_file *f, struct loop *loop, void (*run)(void *context),
		      void *context)
{
	f->timer = (struct timer){ .run = on_timer, .owner = f };
	f->run = run;
	f->context = context;
	loop_add_timer(loop, &f->timer);
}

void reload_file_start(struct reload_file *f, struct changes *changes, const char *directory,
		       const char *name)
{
	f->changes = changes;
	f->directory = directory;
	f->name = name;
	snprintf(f->path, sizeof(f->path), "%s/%s", directory, name);
	watch(f);
	is_new(f);
}
