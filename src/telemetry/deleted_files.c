/* SPDX-License-Identifier: MIT */
#include "deleted_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

void deleted_files_begin(struct deleted_files *d, const dev_t *devices, size_t count)
{
	d->bytes = d->files = 0;
	d->is_cut = false;
	d->seen_count = 0;
	d->device_count = 0;
	for (size_t i = 0; i < count && i < DELETED_FILES_DEVICES_MAX; i++)
		d->devices[d->device_count++] = devices[i];
}

static bool is_on_device(const struct deleted_files *d, dev_t device)
{
	for (size_t i = 0; i < d->device_count; i++)
		if (d->devices[i] == device)
			return true;
	return false;
}

/* False where it was seen, or where that cannot be told. */
static bool is_new(struct deleted_files *d, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < d->seen_count; i++)
		if (d->seen[i].inode == inode && d->seen[i].device == device)
			return false;
	d->is_cut |= d->seen_count == DELETED_FILES_MAX;
	if (d->is_cut)
		return false;
	d->seen[d->seen_count].device = device;
	d->seen[d->seen_count++].inode = inode;
	return true;
}

/* The links in /proc lead to the open files themselves, whatever their names; nothing is opened. */
static void look(struct deleted_files *d, int directory, const char *name)
{
	const unsigned wanted = STATX_TYPE | STATX_NLINK | STATX_INO | STATX_BLOCKS;
	struct statx st;

	if (statx(directory, name, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, wanted, &st) < 0 ||
	    !S_ISREG(st.stx_mode) || st.stx_nlink > 0)
		return;
	const dev_t device = makedev(st.stx_dev_major, st.stx_dev_minor);
	if (!is_on_device(d, device) || !is_new(d, device, st.stx_ino))
		return;
	d->bytes += st.stx_blocks * 512;
	d->files++;
}

bool deleted_files_look(struct deleted_files *d, const char *directory, int64_t *position,
			uint32_t *budget)
{
	DEFER(fd_closep) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char buffer[4096];
	ssize_t len;

	if (fd < 0 || (*position && lseek(fd, *position, SEEK_SET) < 0))
		return true;
	while ((len = getdents64(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const void *)(buffer + at);

			if (!*budget)
				return false;
			at += entry->d_reclen;
			*position = entry->d_off;
			if (entry->d_name[0] == '.')
				continue;
			--*budget;
			look(d, fd, entry->d_name);
		}
	return true;
}
