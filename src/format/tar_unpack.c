/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/tar.h"

#include "libarchive.h"
#include "tar_locale.h"
#include "tar_source.h"
#include "tar_type.h"

/*
 * Unpacking does not trust the archive: it may come out of a container whose owner is not the
 * owner of this machine. Names are checked and put behind the real path of the directory here;
 * libarchive's secure options then watch over symbolic links while it walks there. Its own check
 * against absolute names cannot be used, as the names it sees are absolute by then.
 */

struct unpacker {
	struct archive *reader;
	struct archive *disk;
	const char *directory; /* for messages */
	char *real_directory;
	const char *rename_first;
	tar_skip_fn on_skipped;
	uint64_t bytes;
};

static void unpacker_release(struct unpacker *u)
{
	if (u->reader)
		sym_archive_read_free(u->reader);
	if (u->disk)
		sym_archive_write_free(u->disk);
	free(u->real_directory);
}

static int fail_unpack(const struct unpacker *u, struct archive *a, const char *name,
		       struct error *err)
{
	const char *reason = sym_archive_error_string(a);

	error_set(err, ERROR_HOST, "cannot unpack '%s' in '%s': %s", name, u->directory,
		  reason ? reason : "unknown reason");
	if (err)
		err->os_errno = sym_archive_errno(a) > 0 ? sym_archive_errno(a) : 0;
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
		int r = sym_archive_read_data_block(u->reader, &data, &len, &offset);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r < ARCHIVE_WARN)
			return fail_unpack(u, u->reader, name, err);
		if (sym_archive_write_data_block(u->disk, data, len, offset) < ARCHIVE_WARN)
			return fail_unpack(u, u->disk, name, err);
		u->bytes += len;
	}
}

/* A hard link's target is a name in the archive as well, and goes the same way. */
static int place_entry(const struct unpacker *u, struct archive_entry *entry, const char *name,
		       struct error *err)
{
	const char *hard_link = sym_archive_entry_hardlink(entry);
	DEFER(freep) char *path = target_path(u, name, err);
	DEFER(freep) char *link_path = NULL;

	if (!path)
		return -1;
	if (hard_link) {
		link_path = target_path(u, hard_link, err);
		if (!link_path)
			return -1;
		sym_archive_entry_copy_hardlink(entry, link_path);
	}
	sym_archive_entry_copy_pathname(entry, path);
	return 0;
}

static bool is_unpackable(struct archive_entry *entry)
{
	mode_t type = sym_archive_entry_filetype(entry);

	return sym_archive_entry_hardlink(entry) || type == AE_IFREG || type == AE_IFDIR ||
	       type == AE_IFLNK;
}

static int skip_entry(const struct unpacker *u, struct archive_entry *entry, const char *name,
		      struct error *err)
{
	const char *what = tar_type_text(sym_archive_entry_filetype(entry));

	if (u->rename_first && name && *skip_component(name) == '\0')
		return error_set(err, ERROR_HOST, "'%s' is %s, which cannot be copied", name, what);
	if (u->on_skipped && name)
		u->on_skipped(name, what);
	return 0;
}

/* An entry for the directory itself ("./") brings nothing: it exists and its mode is the user's. */
static bool is_directory_itself(const struct unpacker *u, struct archive_entry *entry)
{
	return strcmp(sym_archive_entry_pathname(entry), u->real_directory) == 0;
}

static int unpack_entry(struct unpacker *u, struct archive_entry *entry, struct error *err)
{
	DEFER(freep) char *name = xstrdup_or_null(sym_archive_entry_pathname(entry));

	if (!is_unpackable(entry))
		return skip_entry(u, entry, name, err);
	if (place_entry(u, entry, name, err) < 0)
		return -1;
	if (is_directory_itself(u, entry))
		return 0;
	if (sym_archive_write_header(u->disk, entry) < ARCHIVE_WARN)
		return fail_unpack(u, u->disk, name, err);
	if (sym_archive_entry_size(entry) > 0 && unpack_content(u, name, err) < 0)
		return -1;
	if (sym_archive_write_finish_entry(u->disk) < ARCHIVE_WARN)
		return fail_unpack(u, u->disk, name, err);
	return 0;
}

static int unpack_all(struct unpacker *u, struct error *err)
{
	struct archive_entry *entry;

	for (;;) {
		int r = sym_archive_read_next_header(u->reader, &entry);

		if (r == ARCHIVE_EOF)
			break;
		if (r < ARCHIVE_WARN)
			return fail_unpack(u, u->reader, "the archive", err);
		if (unpack_entry(u, entry, err) < 0)
			return -1;
	}
	if (sym_archive_write_close(u->disk) < ARCHIVE_WARN) /* modes and times of directories */
		return fail_unpack(u, u->disk, "the archive", err);
	return 0;
}

static void open_unpacker(struct unpacker *u, struct tar_source *source)
{
	u->reader = tar_source_open(source);
	u->disk = sym_archive_write_disk_new();
	if (!u->disk)
		abort();
	sym_archive_write_disk_set_options(u->disk, ARCHIVE_EXTRACT_TIME |
							    ARCHIVE_EXTRACT_SECURE_NODOTDOT |
							    ARCHIVE_EXTRACT_SECURE_SYMLINKS);
}

int tar_unpack(int fd, const char *directory, const char *rename_first, tar_skip_fn on_skipped,
	       uint64_t *ret_bytes, struct error *err)
{
	UTF8_LOCALE_SCOPE(locale);
	DEFER(freep) struct tar_source *source = xmalloc(sizeof(*source));
	DEFER(unpacker_release)
	struct unpacker u = {
		.directory = directory,
		.real_directory = realpath(directory, NULL),
		.rename_first = rename_first,
		.on_skipped = on_skipped,
	};

	if (!u.real_directory)
		return error_set_errno(err, ERROR_HOST, errno, "cannot unpack in '%s'", directory);
	if (libarchive_load(err) < 0)
		return -1;
	source->fd = fd;
	open_unpacker(&u, source);
	if (unpack_all(&u, err) < 0)
		return -1;
	tar_source_drain(u.reader, source);
	if (ret_bytes)
		*ret_bytes = u.bytes;
	return 0;
}
