/* SPDX-License-Identifier: MIT */
/*
 * A sequence lock: the writer makes the sequence odd, writes, and makes it even again. A reader
 * copies between two looks at it, and copies again where they differ or are odd. The copy of a page
 * takes a microsecond, so a few tries meet a whole one however often it is written; a sequence that
 * stays odd is that of a writer who died.
 */
#include "winalux/telemetry/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { COPY_TRIES = 1000 };

_Static_assert(sizeof(struct metrics) <= METRICS_FILE_SIZE, "a sample fits into a page");

int64_t metrics_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct metrics *metrics_create(const char *path)
{
	DEFER(fd_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	void *page;

	if (fd < 0 || fchmod(fd, 0644) < 0 || ftruncate(fd, METRICS_FILE_SIZE) < 0)
		return NULL;
	page = mmap(NULL, METRICS_FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return page == MAP_FAILED ? NULL : page;
}

static _Atomic uint32_t *sequence_of(const struct metrics *page)
{
	return (_Atomic uint32_t *)(uintptr_t)&page->sequence;
}

void metrics_publish(struct metrics *page, const struct metrics *value)
{
	_Atomic uint32_t *sequence = sequence_of(page);
	const uint32_t odd = atomic_load_explicit(sequence, memory_order_relaxed) | 1;
	const size_t body = offsetof(struct metrics, known);

	atomic_store_explicit(sequence, odd, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	page->magic = METRICS_MAGIC;
	page->version = METRICS_VERSION;
	memcpy((char *)page + body, (const char *)value + body, sizeof(*value) - body);
	atomic_store_explicit(sequence, odd + 1, memory_order_release);
}

static enum metrics_result judge(const struct metrics *copy)
{
	if (!copy->sequence && !copy->magic)
		return METRICS_ABSENT;
	return copy->magic == METRICS_MAGIC && copy->version == METRICS_VERSION ? METRICS_FINE
										: METRICS_FOREIGN;
}

/* By read(2): a map of a file that somebody cuts short would end who looks at it with SIGBUS. */
static enum metrics_result read_page(int fd, struct metrics *ret)
{
	uint32_t after;

	for (unsigned i = 0; i < COPY_TRIES; i++) {
		if (pread(fd, ret, sizeof(*ret), 0) != sizeof(*ret) ||
		    pread(fd, &after, sizeof(after), offsetof(struct metrics, sequence)) !=
			    sizeof(after))
			return METRICS_FOREIGN;
		if (ret->sequence % 2 == 0 && ret->sequence == after)
			return judge(ret);
	}
	return METRICS_TORN;
}

enum metrics_result metrics_read(const char *path, struct metrics *ret)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? METRICS_ABSENT : METRICS_FOREIGN;
	return read_page(fd, ret);
}

enum metrics_result metrics_decode(const void *bytes, size_t len, struct metrics *ret)
{
	if (len < sizeof(*ret))
		return METRICS_FOREIGN;
	memcpy(ret, bytes, sizeof(*ret));
	return ret->sequence % 2 != 0 ? METRICS_TORN : judge(ret);
}
