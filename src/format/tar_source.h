/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_FORMAT_TAR_SOURCE_H
#define WINALUX_SRC_FORMAT_TAR_SOURCE_H

struct archive;

enum { TAR_CHUNK_BYTES = 64 << 10 };

/* A descriptor that libarchive reads a tar from. */
struct tar_source {
	int fd;
	char chunk[TAR_CHUNK_BYTES];
};

/* A reader over source, which must outlive it; archive_read_free ends it. */
struct archive *tar_source_open(struct tar_source *source);
/* The sender may not have finished when the end mark was read; do not break its pipe. */
void tar_source_drain(struct archive *reader, struct tar_source *source);

#endif
