/* SPDX-License-Identifier: MIT */
#include "space_used.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "winalux/base/mem.h"

enum { DEVICES_MAX = 32 };

/*
 * Those whose pages become dirty the ordinary way, which is where the kernel counts. Others (FUSE
 * without its cache, 9p, tmpfs) are taken for such that do not.
 */
static bool counts_writes(const struct statfs *fs)
{
	static const uint32_t magics[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC,
	};

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (magics[i] == (uint32_t)fs->f_type)
			return true;
	return false;
}

static bool is_among(dev_t device, const dev_t *devices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (devices[i] == device)
			return true;
	return false;
}

struct space_used space_used_of(const int *directories, size_t count)
{
	struct space_used ret = { .counts_writes = true };
	dev_t devices[DEVICES_MAX];
	size_t device_count = 0;

	for (size_t i = 0; i < count && device_count < DEVICES_MAX; i++) {
		struct statfs fs;
		struct stat st;

		if (directories[i] < 0 || fstat(directories[i], &st) < 0 ||
		    is_among(st.st_dev, devices, device_count) || fstatfs(directories[i], &fs) < 0)
			continue;
		devices[device_count++] = st.st_dev;
		ret.is_known = true;
		ret.counts_writes &= counts_writes(&fs);
		ret.bytes += (uint64_t)(fs.f_blocks - fs.f_bfree) * (uint64_t)fs.f_bsize;
	}
	return ret;
}
