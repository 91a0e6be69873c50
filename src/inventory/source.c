/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

static int refuse_size(const char *path, struct error *err)
{
	return error_set(err, ERROR_INVENTORY, "cannot read '%s': it is larger than %d MiB", path,
			 INVENTORY_MAX_BYTES >> 20);
}

static int check_kind_of_file(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set_errno(err, ERROR_INVENTORY, errno, "cannot read '%s'", path);
	if (S_ISDIR(st.st_mode))
		return error_set(err, ERROR_INVENTORY, "cannot read '%s': it is a directory", path);
	if (S_ISREG(st.st_mode) && st.st_size > INVENTORY_MAX_BYTES)
		return refuse_size(path, err);
	return 0;
}

int source_read(const char *path, struct buf *ret, struct error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	DEFER(fd_closep)
	int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	DEFER(buf_release) struct buf text = { 0 };
	struct error reason = { 0 };

	if (fd < 0)
		return error_set_errno(err, ERROR_INVENTORY, errno, "cannot read '%s'", path);
	if (check_kind_of_file(fd, path, err) < 0)
		return -1;
	buf_init(&text, INVENTORY_MAX_BYTES);
	if (fd_read_all(fd, &text, &reason) < 0) {
		if (!reason.os_errno)
			return refuse_size(path, err);
		return error_set_errno(err, ERROR_INVENTORY, reason.os_errno, "cannot read '%s'",
				       path);
	}
	*ret = text;
	text = (struct buf){ 0 };
	return 0;
}

/* yaml_parse says "file:line:column: reason"; diagnostics want place and reason apart. */
static void report(const char *file, const struct error *reason, struct diagnostics *diags)
{
	const char *cursor = reason->text;
	struct yaml_node place = { 0 };
	uint64_t line, column;

	if (parse_literal(&cursor, file) && parse_char(&cursor, ':') &&
	    parse_u64(&cursor, 0, UINT32_MAX, &line) && parse_char(&cursor, ':') &&
	    parse_u64(&cursor, 0, UINT32_MAX, &column) && parse_literal(&cursor, ": ")) {
		place.line = (unsigned)line;
		place.column = (unsigned)column;
		diagnostics_error(diags, file, &place, "%s", cursor);
	} else {
		diagnostics_error(diags, file, NULL, "%s", reason->text);
	}
}

int source_parse(const char *text, size_t len, const char *file, struct diagnostics *diags,
		 struct yaml_document **ret, struct error *err)
{
	struct error reason = { 0 };

	if (yaml_parse(text, len, file, ret, &reason) == 0)
		return 0;
	report(file, &reason, diags);
	if (err)
		*err = reason;
	return -1;
}
