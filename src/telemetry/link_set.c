/* SPDX-License-Identifier: MIT */
#include "link_set.h"

#include <stddef.h>
#include <string.h>

#define ONE (UINT64_C(1) << 32)

_Static_assert((LINK_SET_SLOTS & (LINK_SET_SLOTS - 1)) == 0, "slots are a power of two");

void link_set_clear(struct link_set *s)
{
	if (s->was_used)
		memset(s->slots, 0, sizeof(s->slots));
	memset(s, 0, offsetof(struct link_set, slots));
}

/* Adds count shares of a value that has so many of them. */
static void add_shares(uint64_t *whole, uint64_t *fraction, uint64_t value, uint32_t shares,
		       uint32_t count)
{
	const uint64_t part = ((value % shares) << 32) / shares * count;

	*whole += value / shares * count + (part >> 32);
	*fraction += part & (ONE - 1);
	*whole += *fraction >> 32;
	*fraction &= ONE - 1;
}

static void add(struct link_set *s, uint64_t bytes, uint32_t links, uint32_t count)
{
	add_shares(&s->bytes, &s->bytes_fraction, bytes, links, count);
	add_shares(&s->inodes, &s->inodes_fraction, 1, links, count);
}

static uint32_t home_of(uint64_t device, uint64_t inode)
{
	const uint64_t mixed =
		(inode ^ device * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);

	return (uint32_t)(mixed >> 40) & (LINK_SET_SLOTS - 1);
}

/* The slot of the file, or the free one where it would be: there always is one. */
static uint32_t find(const struct link_set *s, uint64_t device, uint64_t inode)
{
	uint32_t i = home_of(device, inode);

	while (s->slots[i].links && (s->slots[i].inode != inode || s->slots[i].device != device))
		i = (i + 1) & (LINK_SET_SLOTS - 1);
	return i;
}

/* Moves up what is found by probes over the slot that becomes free. */
static void drop(struct link_set *s, uint32_t hole)
{
	for (uint32_t i = (hole + 1) & (LINK_SET_SLOTS - 1); s->slots[i].links;
	     i = (i + 1) & (LINK_SET_SLOTS - 1)) {
		const uint32_t home = home_of(s->slots[i].device, s->slots[i].inode);

		if (((i - home) & (LINK_SET_SLOTS - 1)) >= ((i - hole) & (LINK_SET_SLOTS - 1))) {
			s->slots[hole] = s->slots[i];
			hole = i;
		}
	}
	s->slots[hole] = (struct link_file){ 0 };
	s->used--;
}

void link_set_meet(struct link_set *s, uint64_t device, uint64_t inode, uint32_t links,
		   uint64_t bytes)
{
	const uint32_t slot = find(s, device, inode);
	struct link_file *file = &s->slots[slot];

	if (file->links) {
		add(s, file->bytes, file->links, 1);
		if (++file->met == file->links)
			drop(s, slot);
		return;
	}
	add(s, bytes, links, 1);
	s->is_full |= s->used == LINK_SET_MAX;
	if (s->is_full)
		return;
	s->was_used = true;
	s->used++;
	*file = (struct link_file){
		.device = device, .inode = inode, .bytes = bytes, .links = links, .met = 1
	};
}

void link_set_complete(struct link_set *s)
{
	for (uint32_t i = 0; s->used && i < LINK_SET_SLOTS; i++) {
		struct link_file *file = &s->slots[i];

		if (!file->links)
			continue;
		add(s, file->bytes, file->links, file->links - file->met);
		*file = (struct link_file){ 0 };
		s->used--;
	}
}

uint64_t link_set_bytes(const struct link_set *s)
{
	return s->bytes + (s->bytes_fraction >= ONE / 2);
}

uint64_t link_set_inodes(const struct link_set *s)
{
	return s->inodes + (s->inodes_fraction >= ONE / 2);
}
