/* SPDX-License-Identifier: MIT */
#include "winalux/format/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

/*
 * libarchive translates names between the locale and UTF-8, and in the C locale gives up on those
 * that are not ASCII; every entry point therefore works in C.UTF-8, for its own thread only.
 *
 * Unpacking does not trust the archive: it may come out of a container whose owner is not the
 * owner of this machine. Names are checked and put behind the real path of the directory here;
 * libarchive's secure options then watch over symbolic links while it walks there. Its own check
 * against absolute names cannot be used, as the names it sees are absolute by then.
 */

enum { TAR_CHUNK_BYTES = 64 << 10 };

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

struct source {
	int fd;
	char chunk[TAR_CHUNK_BYTES];
};

/* --- a locale for libarchive --- */

struct utf8_locale {
	locale_t made, before;
};

static struct utf8_locale utf8_locale_enter(void)
{
	struct utf8_locale l = { .made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) };

	if (l.made != (locale_t)0)
		l.before = uselocale(l.made);
	return l;
}

static void utf8_locale_leave(struct utf8_locale *l)
{
	if (l->made == (locale_t)0)
		return;
	uselocale(l->before);
	freelocale(l->made);
}

/* --- writing --- */

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
	*w = (struct tar_writer){ .archive = archive_write_new(), .sink = { .b = b, .fd = fd } };
	if (!w->archive)
		abort();
	archive_write_set_format_pax_restricted(w->archive);
	archive_write_set_bytes_per_block(w->archive, TAR_CHUNK_BYTES);
	archive_write_set_bytes_in_last_block(w->archive, 1); /* no padding, see tar.h */
	archive_write_open(w->archive, &w->sink, NULL, write_sink, NULL);
}

static void close_writer(struct tar_writer *w)
{
	if (!w->archive)
		return;
	w->sink.is_closed = true; /* else freeing would give half an archive a proper end */
	archive_write_free(w->archive);
	w->archive = NULL;
}

struct tar_writer *tar_writer_new(struct buf *b)
{
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
	const char *reason = archive_error_string(w->archive);

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
	archive_entry_free(*entry);
}

static struct archive_entry *new_entry(const char *name, mode_t mode, int64_t mtime_s)
{
	struct archive_entry *entry = archive_entry_new();

	if (!entry)
		abort();
	archive_entry_copy_pathname(entry, name + strspn(name, "/"));
	archive_entry_set_mode(entry, mode);
	archive_entry_set_mtime(entry, mtime_s, 0);
	archive_entry_set_size(entry, 0);
	return entry;
}

/* A warning is a name that is not UTF-8: it is written as it is. */
static int write_header(struct tar_writer *w, struct archive_entry *entry, struct error *err)
{
	if (archive_write_header(w->archive, entry) >= ARCHIVE_WARN && !w->sink.is_closed)
		return 0;
	return fail_write(w, archive_entry_pathname(entry), err);
}

static void set_owner(struct archive_entry *entry, uid_t uid, gid_t gid)
{
	archive_entry_set_uid(entry, uid);
	archive_entry_set_gid(entry, gid);
}

int tar_add_file(struct tar_writer *w, const char *name, mode_t mode, uid_t uid, gid_t gid,
		 const void *data, size_t size, struct error *err)
{
	DEFER(utf8_locale_leave) struct utf8_locale locale = utf8_locale_enter();
	DEFER(entry_freep) struct archive_entry *entry = new_entry(name, S_IFREG | mode, 0);

	set_owner(entry, uid, gid);
	archive_entry_set_size(entry, (int64_t)size);
	if (write_header(w, entry, err) < 0)
		return -1;
	if (size > 0 && archive_write_data(w->archive, data, size) != (la_ssize_t)size)
		return fail_write(w, name, err);
	return w->sink.is_closed ? fail_write(w, name, err) : 0;
}

int tar_add_dir(struct tar_writer *w, const char *name, mode_t mode, uid_t uid, gid_t gid,
		struct error *err)
{
	DEFER(utf8_locale_leave) struct utf8_locale locale = utf8_locale_enter();
	DEFER(entry_freep) struct archive_entry *entry = new_entry(name, S_IFDIR | mode, 0);

	set_owner(entry, uid, gid);
	return write_header(w, entry, err);
}

int tar_add_symlink(struct tar_writer *w, const char *name, const char *target, struct error *err)
{
	DEFER(utf8_locale_leave) struct utf8_locale locale = utf8_locale_enter();
	DEFER(entry_freep) struct archive_entry *entry = new_entry(name, S_IFLNK | 0777, 0);

	archive_entry_copy_symlink(entry, target);
	return write_header(w, entry, err);
}

int tar_finish(struct tar_writer *w, struct error *err)
{
	DEFER(utf8_locale_leave) struct utf8_locale locale = utf8_locale_enter();

	if (archive_write_close(w->archive) == ARCHIVE_OK && !w->sink.is_closed)
		return 0;
	return fail_write(w, "end", err);
}

/* --- packing a tree --- */

struct packer {
	struct tar_writer writer;
	const char *name; /* what stands for the root of the tree */
	size_t root_len;  /* length of the path given */
	uid_t uid;
	gid_t gid;
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
		la_ssize_t written = archive_write_data(p->writer.archive, chunk, (size_t)n);
		if (written < 0 || p->writer.sink.is_closed)
			return fail_write(&p->writer, file->fts_path, err);
		if (written < n)
			return 0;
	}
}

static int pack_file(struct packer *p, const FTSENT *file, struct archive_entry *entry,
		     struct error *err)
{
	DEFER(fd_closep)
	int fd = open(file->fts_accpath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", file->fts_path);
	archive_entry_set_size(entry, st.st_size);
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
	archive_entry_copy_symlink(entry, target);
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

	set_owner(entry, p->uid, p->gid);
	if (S_ISDIR(st->st_mode))
		return write_header(&p->writer, entry, err);
	if (S_ISLNK(st->st_mode))
		return pack_link(p, found, entry, err);
	return pack_file(p, found, entry, err);
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
		return 0;
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

int tar_pack_path(int fd, const char *path, const char *name, uid_t uid, gid_t gid,
		  struct error *err)
{
	DEFER(utf8_locale_leave) struct utf8_locale locale = utf8_locale_enter();
	DEFER(packer_release)
	struct packer p = {
		.name = name,
		.root_len = strlen(path),
		.uid = uid,
		.gid = gid,
	};

	open_writer(&p.writer, NULL, fd);
	if (pack_tree(&p, path, err) < 0)
		return -1;
	return tar_finish(&p.writer, err);
}

/* --- unpacking a tree --- */

struct unpacker {
	struct archive *reader;
	struct archive *disk;
	const char *directory; /* for messages */
	char *real_directory;
	const char *rename_first;
	uint64_t bytes;
};

static void unpacker_release(struct unpacker *u)
{
	if (u->reader)
		archive_read_free(u->reader);
	if (u->disk)
		archive_write_free(u->disk);
	free(u->real_directory);
}

static la_ssize_t read_source(struct archive *a, void *context, const void **ret_data)
{
	struct source *source = context;

	for (;;) {
		ssize_t n = read(source->fd, source->chunk, sizeof(source->chunk));

		if (n >= 0) {
			*ret_data = source->chunk;
			return n;
		}
		if (errno == EINTR || (errno == EAGAIN && fd_wait(source->fd, POLLIN, -1) > 0))
			continue;
		archive_set_error(a, errno, "cannot read the archive: %s", strerrordesc_np(errno));
		return -1;
	}
}

static int fail_unpack(const struct unpacker *u, struct archive *a, const char *name,
		       struct error *err)
{
	const char *reason = archive_error_string(a);

	error_set(err, ERROR_HOST, "cannot unpack '%s' in '%s': %s", name, u->directory,
		  reason ? reason : "unknown reason");
	if (err)
		err->os_errno = archive_errno(a) > 0 ? archive_errno(a) : 0;
	return -1;
}

static int refuse(const struct unpacker *u, const char *name, const char *reason, struct error *err)
{
	return error_set(err, ERROR_HOST, "cannot unpack '%s' in '%s': %s", name, u->directory,
			 reason);
}

static bool has_parent_component(const char *name)
{
	while (*name) {
		size_t len = strcspn(name, "/");

		if (len == 2 && strncmp(name, "..", 2) == 0)
			return true;
		name += len;
		name += strspn(name, "/");
	}
	return false;
}

static const char *skip_component(const char *name)
{
	name += strcspn(name, "/");
	return name + strspn(name, "/");
}

/*
 * Where an entry goes, or NULL (error set). With rename_first a leading "." is the component that
 * is replaced ("./a" comes from "cp alice:/dir/. target"), without it is nothing.
 */
static char *target_path(const struct unpacker *u, const char *name, struct error *err)
{
	const char *first = u->rename_first ? u->rename_first : "";
	const char *rest = name;

	if (!name || !*name || name[0] == '/' || has_parent_component(name)) {
		refuse(u, name ? name : "(no name)", "its name leads out of the directory", err);
		return NULL;
	}
	if (u->rename_first)
		rest = skip_component(rest);
	while (strcmp(rest, ".") == 0 || strncmp(rest, "./", 2) == 0)
		rest = skip_component(rest);
	return xasprintf("%s%s%s%s%s", u->real_directory, *first ? "/" : "", first,
			 *rest ? "/" : "", rest);
}

static int unpack_content(struct unpacker *u, const char *name, struct error *err)
{
	const void *data;
	size_t len;
	la_int64_t offset;

	for (;;) {
		int r = archive_read_data_block(u->reader, &data, &len, &offset);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r < ARCHIVE_WARN)
			return fail_unpack(u, u->reader, name, err);
		if (archive_write_data_block(u->disk, data, len, offset) < ARCHIVE_WARN)
			return fail_unpack(u, u->disk, name, err);
		u->bytes += len;
	}
}

/* A hard link's target is a name in the archive as well, and goes the same way. */
static int place_entry(const struct unpacker *u, struct archive_entry *entry, const char *name,
		       struct error *err)
{
	const char *hard_link = archive_entry_hardlink(entry);
	DEFER(freep) char *path = target_path(u, name, err);
	DEFER(freep) char *link_path = NULL;

	if (!path)
		return -1;
	if (hard_link) {
		link_path = target_path(u, hard_link, err);
		if (!link_path)
			return -1;
		archive_entry_copy_hardlink(entry, link_path);
	}
	archive_entry_copy_pathname(entry, path);
	return 0;
}

static bool is_unpackable(struct archive_entry *entry)
{
	mode_t type = archive_entry_filetype(entry);

	return archive_entry_hardlink(entry) || type == AE_IFREG || type == AE_IFDIR ||
	       type == AE_IFLNK;
}

/* An entry for the directory itself ("./") brings nothing: it exists and its mode is the user's. */
static bool is_directory_itself(const struct unpacker *u, struct archive_entry *entry)
{
	return strcmp(archive_entry_pathname(entry), u->real_directory) == 0;
}

static int unpack_entry(struct unpacker *u, struct archive_entry *entry, struct error *err)
{
	DEFER(freep) char *name = xstrdup_or_null(archive_entry_pathname(entry));

	if (!is_unpackable(entry))
		return 0;
	if (place_entry(u, entry, name, err) < 0)
		return -1;
	if (is_directory_itself(u, entry))
		return 0;
	if (archive_write_header(u->disk, entry) < ARCHIVE_WARN)
		return fail_unpack(u, u->disk, name, err);
	if (archive_entry_size(entry) > 0 && unpack_content(u, name, err) < 0)
		return -1;
	if (archive_write_finish_entry(u->disk) < ARCHIVE_WARN)
		return fail_unpack(u, u->disk, name, err);
	return 0;
}

static int unpack_all(struct unpacker *u, struct error *err)
{
	struct archive_entry *entry;

	for (;;) {
		int r = archive_read_next_header(u->reader, &entry);

		if (r == ARCHIVE_EOF)
			break;
		if (r < ARCHIVE_WARN)
			return fail_unpack(u, u->reader, "the archive", err);
		if (unpack_entry(u, entry, err) < 0)
			return -1;
	}
	if (archive_write_close(u->disk) < ARCHIVE_WARN) /* modes and times of directories */
		return fail_unpack(u, u->disk, "the archive", err);
	return 0;
}

/* The sender may not have finished when the end mark was read; do not break its pipe. */
static void read_to_end(struct archive *reader, struct source *source)
{
	const void *data;

	while (read_source(reader, source, &data) > 0)
		;
}

static void open_unpacker(struct unpacker *u, struct source *source)
{
	u->reader = archive_read_new();
	u->disk = archive_write_disk_new();
	if (!u->reader || !u->disk)
		abort();
	archive_read_support_format_tar(u->reader);
	archive_write_disk_set_options(u->disk, ARCHIVE_EXTRACT_TIME |
							ARCHIVE_EXTRACT_SECURE_NODOTDOT |
							ARCHIVE_EXTRACT_SECURE_SYMLINKS);
	archive_read_open(u->reader, source, NULL, read_source, NULL);
}

int tar_unpack(int fd, const char *directory, const char *rename_first, uint64_t *ret_bytes,
	       struct error *err)
{
	DEFER(utf8_locale_leave) struct utf8_locale locale = utf8_locale_enter();
	DEFER(freep) struct source *source = xmalloc(sizeof(*source));
	DEFER(unpacker_release)
	struct unpacker u = {
		.directory = directory,
		.real_directory = realpath(directory, NULL),
		.rename_first = rename_first,
	};

	if (!u.real_directory)
		return error_set_errno(err, ERROR_HOST, errno, "cannot unpack in '%s'", directory);
	source->fd = fd;
	open_unpacker(&u, source);
	if (unpack_all(&u, err) < 0)
		return -1;
	read_to_end(u.reader, source);
	if (ret_bytes)
		*ret_bytes = u.bytes;
	return 0;
}

/* --- small archives in memory --- */

static void reader_freep(struct archive **reader)
{
	archive_read_free(*reader);
}

static int fail_read(struct archive *reader, struct error *err)
{
	const char *reason = archive_error_string(reader);

	return error_set(err, ERROR_PODMAN, "not a tar archive: %s",
			 reason ? reason : "unknown reason");
}

static int copy_content(struct archive *reader, struct buf *b, struct error *err)
{
	char chunk[8192];

	for (;;) {
		la_ssize_t n = archive_read_data(reader, chunk, sizeof(chunk));

		if (n == 0)
			return 0;
		if (n < 0)
			return fail_read(reader, err);
		buf_add(b, chunk, (size_t)n);
		if (b->is_full)
			return error_set(err, ERROR_PODMAN,
					 "a file in an archive has more than %zu bytes", b->max);
	}
}

int tar_first_file(const void *data, size_t len, struct buf *ret_content, struct error *err)
{
	DEFER(utf8_locale_leave) struct utf8_locale locale = utf8_locale_enter();
	DEFER(reader_freep) struct archive *reader = archive_read_new();
	struct archive_entry *entry;
	int r;

	if (!reader)
		abort();
	archive_read_support_format_tar(reader);
	if (archive_read_open_memory(reader, data, len) < ARCHIVE_WARN)
		return fail_read(reader, err);
	while ((r = archive_read_next_header(reader, &entry)) >= ARCHIVE_WARN && r != ARCHIVE_EOF)
		if (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry))
			return copy_content(reader, ret_content, err);
	if (r != ARCHIVE_EOF)
		return fail_read(reader, err);
	return error_set(err, ERROR_NOT_FOUND, "there is no regular file in the archive");
}
