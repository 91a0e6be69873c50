/* SPDX-License-Identifier: MIT */
#include "gate_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

/* At the end of the line or before a further field. */
static bool is_field_end(const char *at)
{
	return *at == '\0' || *at == '\t';
}

static int read_token(const char *at, struct gate_file *file)
{
	struct gate_file read = *file;

	if (!hex_parse(&at, read.salt, sizeof(read.salt)) || !parse_char(&at, '\t') ||
	    !hex_parse(&at, read.hash, sizeof(read.hash)) || !is_field_end(at))
		return -1;
	*file = read;
	return 0;
}

static int read_unlock(const char *at, struct gate_file *file)
{
	const size_t len = strcspn(at, "\t");

	if (len >= sizeof(file->unlock))
		return -1;
	memcpy(file->unlock, at, len);
	file->unlock[len] = '\0';
	return 0;
}

static int read_line(const char *line, struct gate_file *file, bool *has_token)
{
	if (parse_literal(&line, "token\t")) {
		if (*has_token)
			return -1;
		*has_token = true;
		return read_token(line, file);
	}
	if (parse_literal(&line, "unlock\t"))
		return read_unlock(line, file);
	return 0;
}

static bool is_first_line(const char *line)
{
	return parse_literal(&line, GATE_FILE_FIRST_LINE) && is_field_end(line);
}

/* text is a string whose lines all end in a newline; it is taken apart where it lies. */
static int read_lines(char *text, struct gate_file *file, struct error *err)
{
	bool has_token = false;
	unsigned number = 1;

	for (char *end; *text; text = end + 1, number++) {
		end = strchr(text, '\n');
		*end = '\0';
		if (number == 1 ? !is_first_line(text) : read_line(text, file, &has_token) < 0)
			return error_set(err, ERROR_USAGE, "line %u is not understood", number);
	}
	return has_token ? 0 : error_set(err, ERROR_USAGE, "it has no token");
}

int gate_file_parse(const char *text, size_t len, struct gate_file *ret, struct error *err)
{
	struct gate_file file = { .unlock = "" };
	char copy[GATE_FILE_MAX_BYTES + 1];

	if (len >= sizeof(copy))
		return error_set(err, ERROR_USAGE, "more than %d bytes", GATE_FILE_MAX_BYTES);
	if (len == 0 || text[len - 1] != '\n' || memchr(text, '\0', len))
		return error_set(err, ERROR_USAGE, "it is cut short or no text");
	memcpy(copy, text, len);
	copy[len] = '\0';
	const int status = read_lines(copy, &file, err);
	explicit_bzero(copy, sizeof(copy));
	if (status < 0)
		return -1;
	*ret = file;
	return 0;
}

int gate_file_read(const char *path, struct gate_file *ret, struct error *err)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	char text[GATE_FILE_MAX_BYTES + 1];
	const ssize_t len = fd < 0 ? -1 : fd_read_upto(fd, text, sizeof(text));

	if (len < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", path);
	if (gate_file_parse(text, (size_t)len, ret, err) < 0)
		return error_add(err, "'%s'", path);
	return 0;
}
