/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_TAR_H
#define WINALUX_FORMAT_TAR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct error;

/*
 * Tar archives (libarchive behind it, pax restricted). The end is exactly two zero blocks: with the
 * usual padding Podman 4.3-5.4 sometimes answers 500 "broken pipe" to an archive PUT.
 * Names have no leading slash. tar_add_* fix the times (the epoch), so equal input gives equal
 * bytes.
 */
struct tar_writer;

/*
 * Collects into b, which must outlive the writer; its maximum is the limit. NULL and ERROR_HOST
 * when libarchive, which is loaded by the first use, is not there.
 */
struct tar_writer *tar_writer_new(struct buf *b, struct error *err);
void tar_writer_freep(struct tar_writer **writer);

int tar_add_file(struct tar_writer *w, const char *name, mode_t mode, uid_t uid, gid_t gid,
		 const void *data, size_t size, struct error *err);
int tar_add_dir(struct tar_writer *w, const char *name, mode_t mode, uid_t uid, gid_t gid,
		struct error *err);
int tar_add_symlink(struct tar_writer *w, const char *name, const char *target, struct error *err);
int tar_finish(struct tar_writer *w, struct error *err);

/*
 * Told of everything inside a tree that is left out, as it is met: its path (or the entry's name)
 * and what it is ("a fifo", "a socket", "a device"). Runs in the thread that packs or unpacks.
 */
typedef void (*tar_skip_fn)(const char *path, const char *what);

struct tar_pack_options {
	uid_t uid;
	gid_t gid;
	tar_skip_fn on_skipped; /* may be NULL */
};

/*
 * Streaming forms for cp, which must not hold a tree in memory. Both return ERROR_HOST errors that
 * name the path.
 * tar_pack_path writes the file or tree at path as entries that begin with name (symbolic links as
 * links; sockets, FIFOs and devices are skipped), each owned by uid:gid with the file's own time,
 * to fd. A file that says it is empty is read all the same, up to 16 MiB: those in /proc do.
 * tar_unpack reads an archive from fd to its end and makes its files below directory, which exists.
 * Refused are "..", absolute names, and writing or linking through symbolic links; FIFOs and
 * devices are skipped, set-user-id bits dropped, the umask applies. The first path component is
 * replaced by rename_first unless that is NULL (with "" it is dropped). Existing files are
 * overwritten. *ret_bytes, which may be NULL, is what the files hold.
 * What would be skipped is an error where it is the whole source: path itself, or the entry that
 * has only the component that is replaced.
 */
int tar_pack_path(int fd, const char *path, const char *name,
		  const struct tar_pack_options *options, struct error *err);
int tar_unpack(int fd, const char *directory, const char *rename_first, tar_skip_fn on_skipped,
	       uint64_t *ret_bytes, struct error *err);

/*
 * Reads an archive from fd to its end and hands over each regular file, whole; data is followed by
 * a NUL and is the callee's until it returns. Nothing else of the archive counts. The archive is
 * not trusted: ERROR_HOST when a file has more than max_bytes.
 */
typedef void (*tar_file_fn)(const char *name, const char *data, size_t len, void *context);
int tar_read(int fd, size_t max_bytes, tar_file_fn on_file, void *context, struct error *err);

#endif
