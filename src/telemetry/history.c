/* SPDX-License-Identifier: MIT */
/*
 * A ring of HISTORY_SLOTS entries behind a header that counts what was ever written. An entry goes
 * into its slot first and is counted afterwards, by one write of eight bytes: who is killed in
 * between leaves a ring that does not have it. There is one slot more than is ever shown, the one
 * that is written next, so a reader never meets half an entry either, and may be a whole minute
 * late.
 */
#include "winalux/telemetry/history.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

_Static_assert(sizeof(struct history_entry) == 32, "the same on all architectures");
_Static_assert(sizeof(struct history_header) == 32, "the same on all architectures");

static const struct history_header new_header = {
	.magic = HISTORY_MAGIC,
	.version = HISTORY_VERSION,
	.capacity = HISTORY_SLOTS,
	.entry_size = sizeof(struct history_entry),
};

static bool is_header(const struct history_header *h)
{
	return memcmp(h, &new_header, offsetof(struct history_header, written)) == 0;
}

static off_t slot_offset(uint64_t slot)
{
	return (off_t)(sizeof(struct history_header) + slot * sizeof(struct history_entry));
}

static bool write_at(int fd, const void *data, size_t len, off_t offset)
{
	const ssize_t n = pwrite(fd, data, len, offset);

	if (n >= 0 && (size_t)n != len)
		errno = ENOSPC;
	return n >= 0 && (size_t)n == len;
}

/* Zeros with a header, which comes last: without it the file is made anew by the next one. */
static bool make_ring(int fd, struct history_header *ret)
{
	*ret = new_header;
	return ftruncate(fd, 0) == 0 && ftruncate(fd, HISTORY_FILE_SIZE) == 0 &&
	       write_at(fd, ret, sizeof(*ret), 0);
}

static bool open_ring(int fd, struct history_header *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return false;
	}
	if (st.st_size == HISTORY_FILE_SIZE &&
	    pread(fd, ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret) && is_header(ret))
		return true;
	return make_ring(fd, ret);
}

bool history_append(const char *path, const struct history_entry *entry)
{
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	DEFER(fd_closep) int fd = open(path, flags, 0600);
	struct history_header header;

	if (fd < 0 || !open_ring(fd, &header) ||
	    !write_at(fd, entry, sizeof(*entry), slot_offset(header.written % HISTORY_SLOTS)))
		return false;
	header.written++;
	return write_at(fd, &header.written, sizeof(header.written),
			offsetof(struct history_header, written));
}

bool history_decode(const void *bytes, size_t len, struct history_entry ret[static HISTORY_ENTRIES],
		    size_t *ret_count)
{
	struct history_header h;

	if (len < HISTORY_FILE_SIZE)
		return false;
	memcpy(&h, bytes, sizeof(h));
	if (!is_header(&h))
		return false;
	const size_t count = h.written < HISTORY_ENTRIES ? (size_t)h.written : HISTORY_ENTRIES;
	for (size_t i = 0; i < count; i++) {
		const uint64_t slot = (h.written - count + i) % HISTORY_SLOTS;

		memcpy(&ret[i], (const char *)bytes + slot_offset(slot), sizeof(ret[i]));
	}
	*ret_count = count;
	return true;
}
