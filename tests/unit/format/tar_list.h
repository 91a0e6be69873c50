/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_FORMAT_TAR_LIST_H
#define WINALUX_TESTS_FORMAT_TAR_LIST_H

struct buf;

/*
 * What Python's tarfile, a reader that is not libarchive, makes of an archive: a line "name mode
 * uid gid mtime type size-or-target" for each member. ret_text is the caller's, initialised or
 * zeroed.
 */
void tar_list(const struct buf *archive, struct buf *ret_text);

#endif
