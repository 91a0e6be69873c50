/* SPDX-License-Identifier: MIT */
#include "diversions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { DIVERSIONS_MAX_BYTES = 1 << 20, LINES_EACH = 3 };

/* A mapping, so that PID 1 does not keep its pages. */
struct text {
	char *data; /* with a NUL behind; MAP_FAILED: none */
	size_t len;
};

static void text_release(struct text *t)
{
	if (t->data != MAP_FAILED)
		munmap(t->data, DIVERSIONS_MAX_BYTES);
}

static int text_read(const char *path, struct text *ret, struct error *err)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	ret->data = mmap(NULL, DIVERSIONS_MAX_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ret->data == MAP_FAILED)
		return error_set_errno(err, ERROR_INTERNAL, errno, "no memory");
	n = fd < 0 ? -1 : fd_read_upto(fd, ret->data, DIVERSIONS_MAX_BYTES - 1);
	if (n < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", path);
	ret->len = (size_t)n;
	if (n == DIVERSIONS_MAX_BYTES - 1 || (n > 0 && ret->data[n - 1] != '\n'))
		return error_set(err, ERROR_HOST, "'%s' is too long or cut short", path);
	return 0;
}

static bool is_line(const char *line, const char *wanted)
{
	const size_t len = strlen(wanted);

	return strncmp(line, wanted, len) == 0 && line[len] == '\n';
}

/* Whether adding d would be too much, or would stop dpkg. */
static bool is_diverted(const struct text *t, const struct diversion *d)
{
	size_t number = 0;

	for (const char *line = t->data; *line; line = strchr(line, '\n') + 1, number++) {
		if (number % LINES_EACH == 0 && is_line(line, d->from))
			return true;
		if (number % LINES_EACH == 1 && is_line(line, d->to))
			return true;
	}
	return false;
}

static int write_all(int fd, const struct text *t, const struct diversion *wanted, size_t count,
		     struct error *err)
{
	char line[2 * sizeof(struct diversion)];

	if (fd_write_all(fd, t->data, t->len, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (is_diverted(t, &wanted[i]))
			continue;
		const int len =
			snprintf(line, sizeof(line), "%s\n%s\n:\n", wanted[i].from, wanted[i].to);
		if (fd_write_all(fd, line, (size_t)len, err) < 0)
			return -1;
	}
	return 0;
}

static int replace(const char *path, const struct text *t, const struct diversion *wanted,
		   size_t count, struct error *err)
{
	char beside[128];

	snprintf(beside, sizeof(beside), "%s.winalux", path);
	DEFER(fd_closep)
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot write '%s'", beside);
	if (write_all(fd, t, wanted, count, err) < 0) {
		unlink(beside);
		return -1;
	}
	if (rename(beside, path) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot replace '%s'", path);
	return 0;
}

int diversions_add(const char *path, const struct diversion *wanted, size_t count,
		   struct error *err)
{
	DEFER(text_release) struct text t = { .data = MAP_FAILED };
	size_t missing = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (text_read(path, &t, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		missing += !is_diverted(&t, &wanted[i]);
	return missing ? replace(path, &t, wanted, count, err) : 0;
}
