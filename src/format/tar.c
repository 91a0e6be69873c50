/* SPDX-License-Identifier: MIT */
#include "winalux/format/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#include "libarchive.h"
#include "tar_locale.h"
#include "tar_type.h"

enum { TAR_CHUNK_BYTES = 64 << 10, TAR_SIZELESS_MAX_BYTES = 16 << 20 };

/* What the writer side writes to: one of the two. */
struct sink {
	struct buf *b;
	int fd;
	bool is_closed;   /* takes what comes and drops it */
	struct error err; /* why it was closed, where a write failed */
};

struct tar_writer {
	struct archive *archive;
	struct sink sink;
};

static int put(struct sink *sink, const void *data, size_t len)
{
	if (!sink->b)
		return fd_write_all(sink->fd, data, len, &sink->err);
	buf_add(sink->b, data, len);
	if (!sink->b->is_full)
		return 0;
	return error_set(&sink->err, ERROR_INTERNAL, "the archive is larger than %zu bytes",
			 sink->b->max);
}

/*
 * Never fails for libarchive, which leaks its buffers after a failure (seen with 3.6.2); whoever
 * called into it looks at is_closed afterwards.
 */
static la_ssize_t write_sink(struct archive *a, void *context, const void *data, size_t len)
{
	struct sink *sink = context;

	(void)a;
	if (!sink->is_closed)
		sink->is_closed = put(sink, data, len) < 0;
	return (la_ssize_t)len;
}

static void open_writer(struct tar_writer *w, struct buf *b, int fd)
{
	*w = (struct tar_writer){ .archive = sym_archive_write_new(),
				  .sink = { .b = b, .fd = fd } };
	if (!w->archive)
		abort();
	sym_archive_write_set_format_pax_restricted(w->archive);
	sym_archive_write_set_bytes_per_block(w->archive, TAR_CHUNK_BYTES);
	sym_archive_write_set_bytes_in_last_block(w->archive, 1); /* no padding, see tar.h */
	sym_archive_write_open(w->archive, &w->sink, NULL, write_sink, NULL);
}

static void close_writer(struct tar_writer *w)
{
	if (!w->archive)
		return;
	w->sink.is_closed = true; /* else freeing would give half an archive a proper end */
	sym_archive_write_free(w->archive);
	w->archive = NULL;
}

struct tar_writer *tar_writer_new(struct buf *b, struct error *err)
{
	if (libarchive_load(err) < 0)
		return NULL;
	struct tar_writer *w = xmalloc(sizeof(*w));
	open_writer(w, b, -1);
	return w;
}

void tar_writer_freep(struct tar_writer **writer)
{
	if (*writer)
		close_writer(*writer);
	free(*writer);
	*writer = NULL;
}

/* The sink knows best why; else libarchive does. */
static int fail_write(struct tar_writer *w, const char *name, struct error *err)
{
	const char *reason = sym_archive_error_string(w->archive);

	if (w->sink.err.text[0])
		reason = w->sink.err.text;
	error_set(err, w->sink.b ? ERROR_INTERNAL : ERROR_HOST,
		  "cannot put '%s' into an archive: %s", name, reason ? reason : "unknown reason");
	if (err)
		err->os_errno = w->sink.err.os_errno;
	return -1;
}

static void entry_freep(struct archive_entry **entry)
{
	sym_archive_entry_free(*entry);
}

static struct archive_entry *new_entry(const char *name, mode_t mode, int64_t mtime_s)
{
	struct archive_entry *entry = sym_archive_entry_new();

	if (!entry)
		abort();
	sym_archive_entry_copy_pathname(entry, name + strspn(name, "/"));
	sym_archive_entry_set_mode(entry, mode);
	sym_archive_entry_set_mtime(entry, mtime_s, 0);
	sym_archive_entry_set_size(entry, 0);
	return entry;
}

/* A warning is a name that is not UTF-8: it is written as it is. */
static int write_header(struct tar_writer *w, struct archive_entry *entry, struct error *err)
{
	if (sym_archive_write_header(w->archive, entry) >= ARCHIVE_WARN && !w->sink.is_closed)
		return 0;
	return fail_write(w, sym_archive_entry_pathname(entry), err);
}

static void set_owner(struct archive_entry *entry, uid_t uid, gid_t gid)
{
	sym_archive_entry_set_uid(entry, uid);
	sym_archive_entry_set_gid(entry, gid);
}

/* An entry has that many fields. */
/* NOLINTNEXTLINE(readability-function-size) */
int tar_add_file(struct tar_writer *w, const char *name, mode_t mode, uid_t uid, gid_t gid,
		 const void *data, size_t size, struct error *err)
{
	UTF8_LOCALE_SCOPE(locale);
	DEFER(entry_freep) struct archive_entry *entry = new_entry(name, S_IFREG | mode, 0);

	set_owner(entry, uid, gid);
	sym_archive_entry_set_size(entry, (int64_t)size);
	if (write_header(w, entry, err) < 0)
		return -1;
	if (size > 0 && sym_archive_write_data(w->archive, data, size) != (la_ssize_t)size)
		return fail_write(w, name, err);
	return w->sink.is_closed ? fail_write(w, name, err) : 0;
}

int tar_add_dir(struct tar_writer *w, const char *name, mode_t mode, uid_t uid, gid_t gid,
		struct error *err)
{
	UTF8_LOCALE_SCOPE(locale);
	DEFER(entry_freep) struct archive_entry *entry = new_entry(name, S_IFDIR | mode, 0);

	set_owner(entry, uid, gid);
	return write_header(w, entry, err);
}

int tar_add_symlink(struct tar_writer *w, const char *name, const char *target, struct error *err)
{
	UTF8_LOCALE_SCOPE(locale);
	DEFER(entry_freep) struct archive_entry *entry = new_entry(name, S_IFLNK | 0777, 0);

	sym_archive_entry_copy_symlink(entry, target);
	return write_header(w, entry, err);
}

int tar_finish(struct tar_writer *w, struct error *err)
{
	UTF8_LOCALE_SCOPE(locale);

	if (sym_archive_write_close(w->archive) == ARCHIVE_OK && !w->sink.is_closed)
		return 0;
	return fail_write(w, "end", err);
}

/* --- packing a tree --- */

const char *tar_type_text(mode_t mode)
{
	if (S_ISFIFO(mode))
		return "a fifo";
	if (S_ISSOCK(mode))
		return "a socket";
	return S_ISCHR(mode) || S_ISBLK(mode) ? "a device" : "of an unknown type";
}

struct packer {
	struct tar_writer writer;
	const char *name; /* what stands for the root of the tree */
	size_t root_len;  /* length of the path given */
	const struct tar_pack_options *options;
};

static void packer_release(struct packer *p)
{
	close_writer(&p->writer);
}

static void fts_closep(FTS **tree)
{
	if (*tree)
		fts_close(*tree);
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* As many bytes as the header announced: what grew is cut, what shrank libarchive fills up. */
static int pack_content(struct packer *p, const FTSENT *file, int fd, struct error *err)
{
	DEFER(freep) char *chunk = xmalloc(TAR_CHUNK_BYTES);

	for (;;) {
		ssize_t n = TEMP_FAILURE_RETRY(read(fd, chunk, TAR_CHUNK_BYTES));

		if (n < 0)
			return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'",
					       file->fts_path);
		if (n == 0)
			return 0;
		la_ssize_t written = sym_archive_write_data(p->writer.archive, chunk, (size_t)n);
		if (written < 0 || p->writer.sink.is_closed)
			return fail_write(&p->writer, file->fts_path, err);
		if (written < n)
			return 0;
	}
}

/* The kernel's files in /proc and /sys are empty until they are read. */
static int pack_sizeless(struct packer *p, const FTSENT *file, int fd, struct archive_entry *entry,
			 struct error *err)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, TAR_SIZELESS_MAX_BYTES);
	if (fd_read_all(fd, &b, err) < 0)
		return error_add(err, "cannot read '%s'", file->fts_path);
	sym_archive_entry_set_size(entry, (int64_t)b.len);
	if (write_header(&p->writer, entry, err) < 0)
		return -1;
	if (b.len > 0 && (sym_archive_write_data(p->writer.archive, b.data, b.len) < 0 ||
			  p->writer.sink.is_closed))
		return fail_write(&p->writer, file->fts_path, err);
	return 0;
}

static int pack_file(struct packer *p, const FTSENT *file, struct archive_entry *entry,
		     struct error *err)
{
	DEFER(fd_closep)
	int fd = open(file->fts_accpath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", file->fts_path);
	if (st.st_size == 0 && S_ISREG(st.st_mode))
		return pack_sizeless(p, file, fd, entry, err);
	sym_archive_entry_set_size(entry, st.st_size);
	if (write_header(&p->writer, entry, err) < 0)
		return -1;
	return pack_content(p, file, fd, err);
}

static int pack_link(struct packer *p, const FTSENT *link, struct archive_entry *entry,
		     struct error *err)
{
	char target[PATH_MAX];
	ssize_t len = readlink(link->fts_accpath, target, sizeof(target) - 1);

	if (len < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", link->fts_path);
	target[len] = '\0';
	sym_archive_entry_copy_symlink(entry, target);
	return write_header(&p->writer, entry, err);
}

static int pack_entry(struct packer *p, const FTSENT *found, struct error *err)
{
	const struct stat *st = found->fts_statp;
	const char *below = found->fts_level > 0 ? found->fts_path + p->root_len : "";
	below += strspn(below, "/");
	DEFER(freep) char *name = xasprintf("%s%s%s", p->name, *below ? "/" : "", below);
	DEFER(entry_freep)
	struct archive_entry *entry = new_entry(name, st->st_mode, st->st_mtim.tv_sec);

	set_owner(entry, p->options->uid, p->options->gid);
	if (S_ISDIR(st->st_mode))
		return write_header(&p->writer, entry, err);
	if (S_ISLNK(st->st_mode))
		return pack_link(p, found, entry, err);
	return pack_file(p, found, entry, err);
}

static int skip_found(const struct packer *p, const FTSENT *found, struct error *err)
{
	const char *what = tar_type_text(found->fts_statp->st_mode);

	if (found->fts_info == FTS_DP)
		return 0;
	if (found->fts_level == 0)
		return error_set(err, ERROR_HOST, "'%s' is %s, which cannot be copied",
				 found->fts_path, what);
	if (p->options->on_skipped)
		p->options->on_skipped(found->fts_path, what);
	return 0;
}

static int pack_found(struct packer *p, const FTSENT *found, struct error *err)
{
	switch (found->fts_info) {
	case FTS_D:
	case FTS_F:
	case FTS_SL:
	case FTS_SLNONE:
		return pack_entry(p, found, err);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return error_set_errno(err, ERROR_HOST, found->fts_errno, "cannot read '%s'",
				       found->fts_path);
	default: /* directories a second time; sockets, FIFOs, devices */
		return skip_found(p, found, err);
	}
}

static int pack_tree(struct packer *p, const char *path, struct error *err)
{
	DEFER(freep) char *copy = xstrdup(path);
	char *roots[] = { copy, NULL };
	DEFER(fts_closep) FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	const FTSENT *found;

	if (!tree)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", path);
	while (errno = 0, (found = fts_read(tree)))
		if (pack_found(p, found, err) < 0)
			return -1;
	if (errno != 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", path);
	return 0;
}

int tar_pack_path(int fd, const char *path, const char *name,
		  const struct tar_pack_options *options, struct error *err)
{
	UTF8_LOCALE_SCOPE(locale);
	DEFER(packer_release)
	struct packer p = {
		.name = name,
		.root_len = strlen(path),
		.options = options,
	};

	if (libarchive_load(err) < 0)
		return -1;
	open_writer(&p.writer, NULL, fd);
	if (pack_tree(&p, path, err) < 0)
		return -1;
	return tar_finish(&p.writer, err);
}
