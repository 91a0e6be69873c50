/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/format/tar.h"

#include "libarchive.h"
#include "tar_locale.h"
#include "tar_source.h"
#include "tar_type.h"

static void reader_freep(struct archive **reader)
{
	if (*reader)
		sym_archive_read_free(*reader);
}

static int fail_read(struct archive *reader, struct error *err)
{
	const char *reason = sym_archive_error_string(reader);

	return error_set(err, ERROR_HOST, "cannot read the archive: %s",
			 reason ? reason : "unknown reason");
}

/* Files of an archive have no holes to speak of: blocks follow each other. */
static int read_content(struct archive *reader, const char *name, struct buf *content,
			struct error *err)
{
	const void *data;
	la_int64_t offset;
	size_t len;
	int r;

	while ((r = sym_archive_read_data_block(reader, &data, &len, &offset)) == ARCHIVE_OK)
		buf_add(content, data, len);
	if (r < ARCHIVE_WARN)
		return fail_read(reader, err);
	if (content->is_full)
		return error_set(err, ERROR_HOST, "'%s' has more than %zu bytes", name,
				 content->max);
	return 0;
}

static int read_entry(struct archive *reader, struct archive_entry *entry, size_t max_bytes,
		      tar_file_fn on_file, void *context, struct error *err)
{
	DEFER(buf_release) struct buf content = { 0 };
	const char *name = sym_archive_entry_pathname(entry);

	if (sym_archive_entry_filetype(entry) != AE_IFREG || !name)
		return 0;
	buf_init(&content, max_bytes);
	if (read_content(reader, name, &content, err) < 0)
		return -1;
	on_file(name, content.len ? content.data : "", content.len, context);
	return 0;
}

int tar_read(int fd, size_t max_bytes, tar_file_fn on_file, void *context, struct error *err)
{
	UTF8_LOCALE_SCOPE(locale);
	DEFER(freep) struct tar_source *source = xmalloc(sizeof(*source));
	DEFER(reader_freep) struct archive *reader = NULL;
	struct archive_entry *entry;
	int r;

	if (libarchive_load(err) < 0)
		return -1;
	source->fd = fd;
	reader = tar_source_open(source);
	while ((r = sym_archive_read_next_header(reader, &entry)) != ARCHIVE_EOF) {
		if (r < ARCHIVE_WARN)
			return fail_read(reader, err);
		if (read_entry(reader, entry, max_bytes, on_file, context, err) < 0)
			return -1;
	}
	tar_source_drain(reader, source);
	return 0;
}
