/* SPDX-License-Identifier: MIT */
/*
 * A number stands at both ends of a sample. The writer changes that at the end, then all between,
 * then that at the beginning; who reads forwards, once, and finds both the same has a whole sample:
 * the old one, of which nothing was changed yet, or the new one. So an archive of the file will do
 * too. The copy of a page takes a microsecond, so a few tries meet a whole one however often it is
 * written; numbers that stay different are those of a writer who died.
 *
 * All by read(2) and write(2): a map of a file that is cut short, or for which the disk has no
 * room, would end its reader or its writer, PID 1, with SIGBUS. Opened anew each time, a file that
 * was removed or filled with something else is right again after the next sample.
 */
#include "winalux/telemetry/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proc_file.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { COPY_TRIES = 1000 };

_Static_assert(sizeof(struct metrics) <= METRICS_FILE_SIZE, "a sample fits into a page");
_Static_assert(sizeof(struct metrics) == offsetof(struct metrics, sequence_end) + sizeof(uint32_t),
	       "what is written ends with the number");

int64_t metrics_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* FNV-1a: what is asked for is "the same or not". */
uint32_t metrics_boot(void)
{
	char id[40];
	uint32_t hash = 2166136261;

	if (!proc_file_read_path("/proc/sys/kernel/random/boot_id", id, sizeof(id)))
		return 0;
	for (const char *at = id; *at && *at != '\n'; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619;
	return hash ? hash : 1;
}

enum {
	BEGIN = offsetof(struct metrics, sequence),
	END = offsetof(struct metrics, sequence_end),
};

static bool put(int fd, const void *from, size_t len, size_t at)
{
	return pwrite(fd, from, len, (off_t)at) == (ssize_t)len;
}

static bool get(int fd, void *ret, size_t len, size_t at)
{
	return pread(fd, ret, len, (off_t)at) == (ssize_t)len;
}

static bool write_page(int fd, struct metrics *page)
{
	const size_t number = sizeof(page->sequence);
	uint32_t before = 0;

	if (!get(fd, &before, number, BEGIN))
		before = 0;
	page->magic = METRICS_MAGIC;
	page->version = METRICS_VERSION;
	page->sequence = before;
	page->sequence_end = before + 1 ? before + 1 : 1;
	if (!put(fd, &page->sequence_end, number, END) || !put(fd, page, END, 0))
		return false;
	return put(fd, &page->sequence_end, number, BEGIN);
}

bool metrics_write(const char *path, const struct metrics *value)
{
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	DEFER(fd_closep) int fd = open(path, flags, 0644);
	struct metrics page = *value;

	return fd >= 0 && fchmod(fd, 0644) == 0 && write_page(fd, &page);
}

static enum metrics_result judge(const struct metrics *copy)
{
	if (!copy->sequence && !copy->magic)
		return METRICS_ABSENT;
	return copy->magic == METRICS_MAGIC && copy->version == METRICS_VERSION ? METRICS_FINE
										: METRICS_FOREIGN;
}

enum metrics_result metrics_read_fd(int fd, struct metrics *ret)
{
	const size_t number = sizeof(ret->sequence);
	uint32_t begin;

	for (unsigned i = 0; i < COPY_TRIES; i++) {
		if (!get(fd, &begin, number, BEGIN) || !get(fd, ret, END, 0) ||
		    !get(fd, &ret->sequence_end, number, END))
			return METRICS_FOREIGN;
		if (begin == ret->sequence_end)
			return judge(ret);
	}
	return METRICS_TORN;
}

enum metrics_result metrics_read(const char *path, struct metrics *ret)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? METRICS_ABSENT : METRICS_FOREIGN;
	return metrics_read_fd(fd, ret);
}

enum metrics_result metrics_decode(const void *bytes, size_t len, struct metrics *ret)
{
	if (len < sizeof(*ret))
		return METRICS_FOREIGN;
	memcpy(ret, bytes, sizeof(*ret));
	return ret->sequence != ret->sequence_end ? METRICS_TORN : judge(ret);
}
