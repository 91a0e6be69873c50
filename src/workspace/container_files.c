/* SPDX-License-Identifier: MIT */
#include "container_files.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/podman/container.h"

enum { FILES_MAX = 8 }; /* as large as may be, with their headers */

int container_files_read(struct podman *podman, const char *id, const char *path, size_t max_bytes,
			 tar_file_fn on_file, void *context, struct error *err)
{
	DEFER(fd_closep) int fd = memfd_create("winalux-files", MFD_CLOEXEC);
	struct error why;

	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot make a file in memory");
	if (container_get_archive_fd(podman, id, path, fd, FILES_MAX * max_bytes, &why) < 0) {
		if (why.kind == ERROR_NOT_FOUND)
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read a file in memory");
	return tar_read(fd, max_bytes, on_file, context, err);
}
