/* SPDX-License-Identifier: MIT */
#include "tar_source.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libarchive.h"
#include "winalux/base/fd.h"

static la_ssize_t read_source(struct archive *a, void *context, const void **ret_data)
{
	struct tar_source *source = context;

	for (;;) {
		ssize_t n = read(source->fd, source->chunk, sizeof(source->chunk));

		if (n >= 0) {
			*ret_data = source->chunk;
			return n;
		}
		if (errno == EINTR || (errno == EAGAIN && fd_wait(source->fd, POLLIN, -1) > 0))
			continue;
		sym_archive_set_error(a, errno, "cannot read the archive: %s",
				      strerrordesc_np(errno));
		return -1;
	}
}

struct archive *tar_source_open(struct tar_source *source)
{
	struct archive *reader = sym_archive_read_new();

	if (!reader)
		abort();
	sym_archive_read_support_format_tar(reader);
	sym_archive_read_open(reader, source, NULL, read_source, NULL);
	return reader;
}

void tar_source_drain(struct archive *reader, struct tar_source *source)
{
	const void *data;

	while (read_source(reader, source, &data) > 0)
		;
}
