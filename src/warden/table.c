/* SPDX-License-Identifier: MIT */
/*
 * All blocks of the file are there before it is mapped, so that no full disk ends a holder by
 * SIGBUS. An entry is filled in while it is SESSION_NEW and only its maker touches it; from then on
 * only its word and the flights change. The lowest free entry is taken, so few pages are in use.
 */
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define MAGIC "winalux-table 1"
#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

enum { STATE_BITS = 4, ROLE_BITS = 4, SERIAL_SHIFT = STATE_BITS + ROLE_BITS, STATE_MASK = 15 };

static uint64_t pack(struct session_word w)
{
	return w.serial << SERIAL_SHIFT | (uint64_t)w.role << STATE_BITS | (uint64_t)w.state;
}

static struct session_word unpack(uint64_t word)
{
	return (struct session_word){
		.serial = word >> SERIAL_SHIFT,
		.role = (enum holder_role)(word >> STATE_BITS & STATE_MASK),
		.state = (enum session_state)(word & STATE_MASK),
	};
}

static void read_boot_id(char *ret, size_t size)
{
	DEFER(fd_closep) int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : fd_read_upto(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static bool is_sound(int fd, const char *boot_id)
{
	struct {
		char magic[sizeof(((struct table *)0)->magic)];
		char boot_id[sizeof(((struct table *)0)->boot_id)];
	} head;
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == sizeof(struct table) &&
	       pread(fd, &head, sizeof(head), 0) == sizeof(head) &&
	       memcmp(head.magic, MAGIC, sizeof(MAGIC)) == 0 &&
	       strncmp(head.boot_id, boot_id, sizeof(head.boot_id)) == 0;
}

/* The magic comes last: what is half done is done again. */
static int make_empty(int fd, const char *boot_id)
{
	char magic[sizeof(((struct table *)0)->magic)] = MAGIC;

	if (ftruncate(fd, 0) < 0)
		return -1;
	errno = posix_fallocate(fd, 0, sizeof(struct table));
	if (errno != 0)
		return -1;
	return pwrite(fd, boot_id, strlen(boot_id), offsetof(struct table, boot_id)) < 0 ||
			       pwrite(fd, magic, sizeof(magic), 0) < 0
		       ? -1
		       : 0;
}

int table_open(const char *path, bool is_alone, struct table **ret, struct error *err)
{
	DEFER(fd_closep)
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (is_alone ? O_CREAT : 0), 0600);
	char boot_id[sizeof((*ret)->boot_id)] = "";

	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot open '%s'", path);
	read_boot_id(boot_id, sizeof(boot_id));
	if (!is_sound(fd, boot_id)) {
		if (!is_alone)
			return error_set(err, ERROR_HOST, "'%s' is of another version", path);
		if (make_empty(fd, boot_id) < 0)
			return error_set_errno(err, ERROR_HOST, errno, "cannot make '%s'", path);
	}
	void *memory = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return error_set_errno(err, ERROR_HOST, errno, "cannot map '%s'", path);
	*ret = memory;
	return 0;
}

struct session_word table_word(const struct table *t, unsigned index)
{
	return unpack(atomic_load(&t->entries[index].word));
}

static bool claim_one(struct table_entry *e, uint64_t word)
{
	uint64_t free_word = 0;

	return atomic_load(&e->word) == 0 &&
	       atomic_compare_exchange_strong(&e->word, &free_word, word);
}

static void raise_end(struct table *t, uint32_t end)
{
	uint32_t before = atomic_load(&t->end);

	while (before < end && !atomic_compare_exchange_weak(&t->end, &before, end))
		;
}

int table_claim(struct table *t, enum holder_role role, const struct payload *payload)
{
	const struct session_word word = { .serial = atomic_fetch_add(&t->last_serial, 1) + 1,
					   .role = role,
					   .state = SESSION_NEW };

	for (int i = 0; i < TABLE_SIZE; i++) {
		struct table_entry *e = &t->entries[i];

		if (!claim_one(e, pack(word)))
			continue;
		e->kind = payload->kind;
		memcpy(e->container, payload->container, sizeof(e->container));
		memcpy(e->workspace, payload->workspace, sizeof(e->workspace));
		memset(e->flight, 0, sizeof(e->flight));
		atomic_store(&e->receiver, 0);
		raise_end(t, (uint32_t)i + 1);
		return i;
	}
	return -1;
}

bool table_set_state(struct table *t, unsigned index, struct session_word word,
		     enum session_state state)
{
	uint64_t before = pack(word);

	word.state = state;
	return atomic_compare_exchange_strong(&t->entries[index].word, &before,
					      state == SESSION_FREE ? 0 : pack(word));
}

bool table_lock(struct table *t, unsigned index, enum holder_role role)
{
	uint32_t nobody = 0;

	return atomic_compare_exchange_strong(&t->entries[index].receiver, &nobody,
					      (uint32_t)role + 1);
}

void table_unlock(struct table *t, unsigned index, enum holder_role role)
{
	uint32_t mine = (uint32_t)role + 1;

	atomic_compare_exchange_strong(&t->entries[index].receiver, &mine, 0);
}
