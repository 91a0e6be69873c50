/* SPDX-License-Identifier: MIT */
/*
 * A directory is read to its end before anything in it is entered, so that no part of it is read
 * twice: each entry is looked at by statx(2), and names of directories are kept on a stack of names
 * that all levels share. Then the last name is entered, and so on, depth first.
 *
 * Memory is bounded by two rules. Names of a level may use half of the room that those above have
 * left; a directory with more directories in it is read in portions, each entered before the next
 * is read (d_off is where to go on). Descriptors are those of the top levels and of the last ones
 * that were entered; a level whose descriptor was closed is opened again as ".." of its child, and
 * is taken for the same only if its inode is. Where it is not, somebody has moved the child: what
 * is pending between there and the top levels is left out, and the sum says that the tree changed.
 *
 * Nothing but directories is opened, none that is an automount point, and what is open is compared
 * with the mount that was begun on before anything in it is looked at, so a mount that comes in
 * between is not entered either. An end is certain: who keeps moving directories in front of the
 * count uses up entries_left.
 */
#include "tree_count.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cpu_time.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { NO_MORE = -1, WAIT_FACTOR = 10 };
#define ENTRIES_MAX (UINT64_C(1) << 28)

static const unsigned wanted = STATX_TYPE | STATX_NLINK | STATX_INO | STATX_BLOCKS | STATX_MNT_ID;

/* --- descriptors --- */

static struct tree_fd *slot_of(struct tree_count *t, uint32_t level)
{
	const uint32_t ring = TREE_COUNT_FDS - TREE_COUNT_TOP_FDS;

	return &t->fds[level < TREE_COUNT_TOP_FDS
			       ? level
			       : TREE_COUNT_TOP_FDS + (level - TREE_COUNT_TOP_FDS) % ring];
}

static bool is_open(struct tree_count *t, uint32_t level)
{
	return slot_of(t, level)->owner == level + 1;
}

static int present_fd(struct tree_count *t)
{
	return slot_of(t, t->depth)->fd;
}

static void close_slot(struct tree_fd *slot)
{
	if (slot->owner)
		close(slot->fd);
	slot->owner = 0;
}

static void set_fd(struct tree_count *t, uint32_t level, int fd)
{
	struct tree_fd *slot = slot_of(t, level);

	close_slot(slot);
	*slot = (struct tree_fd){ .fd = fd, .owner = level + 1 };
}

static void close_below(struct tree_count *t, uint32_t level)
{
	for (unsigned i = 0; i < TREE_COUNT_FDS; i++)
		if (t->fds[i].owner > level + 1)
			close_slot(&t->fds[i]);
}

/* Only owners may leave the time of access as it is; a tree mostly has one owner. */
static int open_directory(struct tree_count *t, int at, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(at, name, t->changes_atime ? flags : flags | O_NOATIME);

	if (fd < 0 && errno == EPERM && !t->changes_atime) {
		t->changes_atime = true;
		fd = openat(at, name, flags);
	}
	return fd;
}

/* --- what one entry is --- */

static uint64_t device_of(const struct statx *st)
{
	return (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
}

static bool look(int at, const char *name, struct statx *ret)
{
	const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;

	return statx(at, name, *name ? flags : flags | AT_EMPTY_PATH, wanted, ret) == 0;
}

static bool is_on_mount(const struct tree_count *t, const struct statx *st)
{
	if (t->has_mount)
		return (st->stx_mask & STATX_MNT_ID) && st->stx_mnt_id == t->mount;
	return device_of(st) == t->device;
}

static void count(struct tree_count *t, const struct statx *st)
{
	if (st->stx_nlink > 1 && !S_ISDIR(st->stx_mode)) {
		link_set_meet(&t->links, device_of(st), st->stx_ino, st->stx_nlink,
			      st->stx_blocks * 512);
		return;
	}
	t->sum.bytes += st->stx_blocks * 512;
	t->sum.inodes++;
}

static void note_failure(struct tree_count *t)
{
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ESTALE)
		t->sum.changed++;
	else
		t->sum.unreadable++;
}

/* --- levels --- */

static void push(struct tree_count *t, uint32_t level, int fd, const struct statx *st)
{
	set_fd(t, level, fd);
	t->levels[level] = (struct tree_level){
		.inode = st->stx_ino,
		.device = st->stx_dev_minor,
		.names = t->names_len,
	};
	t->depth = level;
	t->is_reading = true;
	t->buffer_at = t->buffer_len = 0;
}

static void enter(struct tree_count *t, const char *name)
{
	struct statx st;

	if (t->depth + 1 == TREE_COUNT_DEPTH_MAX) {
		t->sum.too_deep++;
		return;
	}
	DEFER(fd_closep) int fd = open_directory(t, present_fd(t), name);
	if (fd < 0 || !look(fd, "", &st))
		note_failure(t);
	else if (!is_on_mount(t, &st))
		t->sum.mounts++;
	else
		push(t, t->depth + 1, TAKE_FD(fd), &st);
}

/* The parent of the present level, by way of "..", if it is still the one that it was. */
static bool reopen_parent(struct tree_count *t)
{
	const struct tree_level *parent = &t->levels[t->depth - 1];
	DEFER(fd_closep) int fd = open_directory(t, present_fd(t), "..");
	struct statx st;

	if (fd < 0 || !look(fd, "", &st) || !is_on_mount(t, &st) || st.stx_ino != parent->inode ||
	    st.stx_dev_minor != parent->device)
		return false;
	set_fd(t, t->depth - 1, TAKE_FD(fd));
	return true;
}

static enum tree_count_result leave(struct tree_count *t)
{
	uint32_t to = t->depth - 1;

	if (t->depth == 0)
		return TREE_COUNT_DONE;
	if (!is_open(t, to) && !reopen_parent(t)) {
		t->sum.changed++;
		while (!is_open(t, to))
			to--;
	}
	t->names_len = t->levels[to + 1].names;
	t->depth = to;
	close_below(t, to);
	return TREE_COUNT_RUNNING;
}

/* --- names of directories that wait --- */

static bool keep_name(struct tree_count *t, const char *name)
{
	const uint32_t begin = t->levels[t->depth].names, len = (uint32_t)strlen(name);

	if (t->names_len - begin + len + 1 > (TREE_COUNT_NAMES_SIZE - begin) / 2)
		return false;
	t->names[t->names_len] = '\0';
	memcpy(t->names + t->names_len + 1, name, len);
	t->names_len += len + 1;
	return true;
}

/* The next name is overwritten by those of the directory that it is of. */
static void enter_pending(struct tree_count *t)
{
	t->names[t->names_len] = '\0';
	do
		t->names_len--;
	while (t->names[t->names_len]);
	enter(t, t->names + t->names_len + 1);
}

/* --- the walk --- */

static enum tree_count_result take_entry(struct tree_count *t)
{
	const struct dirent64 *entry = (const void *)(t->buffer + t->buffer_at);
	const char *name = entry->d_name;
	struct statx st;

	t->buffer_at += entry->d_reclen;
	if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
		return TREE_COUNT_RUNNING;
	if (t->entries_left-- == 0)
		return TREE_COUNT_FAILED;
	if (!look(present_fd(t), name, &st)) {
		note_failure(t);
	} else if (!is_on_mount(t, &st)) {
		t->sum.mounts++;
	} else {
		count(t, &st);
		if (!S_ISDIR(st.stx_mode) || (st.stx_attributes & STATX_ATTR_AUTOMOUNT) ||
		    keep_name(t, name))
			return TREE_COUNT_RUNNING;
		t->levels[t->depth].offset = entry->d_off;
		t->is_reading = false;
		t->buffer_len = t->buffer_at;
		enter(t, name);
	}
	return TREE_COUNT_RUNNING;
}

static enum tree_count_result read_on(struct tree_count *t)
{
	const ssize_t len = getdents64(present_fd(t), t->buffer, sizeof(t->buffer));

	t->buffer_at = 0;
	t->buffer_len = len > 0 ? (uint32_t)len : 0;
	if (len > 0)
		return TREE_COUNT_RUNNING;
	t->is_reading = false;
	t->levels[t->depth].offset = NO_MORE;
	if (len < 0) { /* ENOENT: it was removed, so it is empty */
		note_failure(t);
		return t->depth || errno == ENOENT ? TREE_COUNT_RUNNING : TREE_COUNT_FAILED;
	}
	return TREE_COUNT_RUNNING;
}

static enum tree_count_result advance(struct tree_count *t)
{
	struct tree_level *level = &t->levels[t->depth];

	if (t->buffer_at < t->buffer_len)
		return take_entry(t);
	if (t->is_reading)
		return read_on(t);
	if (t->names_len > level->names) {
		enter_pending(t);
		return TREE_COUNT_RUNNING;
	}
	if (level->offset == NO_MORE)
		return leave(t);
	t->is_reading = lseek(present_fd(t), level->offset, SEEK_SET) >= 0;
	if (!t->is_reading) {
		t->sum.unreadable++;
		level->offset = NO_MORE;
	}
	return TREE_COUNT_RUNNING;
}

static uint64_t passed_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static enum tree_count_result end(struct tree_count *t, enum tree_count_result result)
{
	link_set_complete(&t->links);
	for (unsigned i = 0; i < TREE_COUNT_FDS; i++)
		close_slot(&t->fds[i]);
	t->state = result;
	return result;
}

enum tree_count_result tree_count_step(struct tree_count *t, uint64_t budget_us)
{
	const uint64_t used_us = cpu_time_us(), began_us = passed_us();

	if (t->state != TREE_COUNT_RUNNING)
		return t->state;
	do {
		for (unsigned i = 0; i < TREE_COUNT_BATCH; i++) {
			const enum tree_count_result result = advance(t);

			if (result != TREE_COUNT_RUNNING)
				return end(t, result);
		}
	} while (cpu_time_us() - used_us < budget_us &&
		 passed_us() - began_us < budget_us * WAIT_FACTOR);
	return TREE_COUNT_RUNNING;
}

bool tree_count_begin(struct tree_count *t, int directory)
{
	struct statx st;

	tree_count_clear(t);
	DEFER(fd_closep) int fd = open_directory(t, directory, ".");
	if (fd < 0 || !look(fd, "", &st))
		return false;
	t->has_mount = st.stx_mask & STATX_MNT_ID;
	t->mount = t->has_mount ? st.stx_mnt_id : 0;
	t->device = device_of(&st);
	t->entries_left = ENTRIES_MAX;
	t->state = TREE_COUNT_RUNNING;
	count(t, &st);
	push(t, 0, TAKE_FD(fd), &st);
	return true;
}

struct tree_count_sum tree_count_result_of(const struct tree_count *t)
{
	struct tree_count_sum sum = t->sum;

	sum.bytes += link_set_bytes(&t->links);
	sum.inodes += link_set_inodes(&t->links);
	return sum;
}

/* Whole pages only: what is beside them belongs to somebody else. */
static void give_back(void *memory, size_t size)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t skip = (page - (uintptr_t)memory % page) % page;

	if (size > skip + page)
		madvise((char *)memory + skip, (size - skip) / page * page, MADV_DONTNEED);
}

void tree_count_clear(struct tree_count *t)
{
	for (unsigned i = 0; i < TREE_COUNT_FDS; i++)
		close_slot(&t->fds[i]);
	link_set_clear(&t->links);
	memset(t, 0, offsetof(struct tree_count, buffer));
	give_back(t->buffer, sizeof(*t) - offsetof(struct tree_count, buffer));
}
