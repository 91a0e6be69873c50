/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_LINK_SET_H
#define WINALUX_SRC_TELEMETRY_LINK_SET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What files with several hard links occupy together, each file once, in memory that does not grow
 * with their number.
 *
 * Each link that is met adds its share: a third of the file where there are three. A file whose
 * links are all met is then in the sum once, exactly, whatever their order and number, without
 * anything to be remembered. What shares get wrong is a file that has links elsewhere. A table
 * therefore remembers files of which not all links were met yet, and drops them with the last one;
 * what is left in the end has links elsewhere, and its missing shares are added. When the table is
 * full, files that are first met later keep to their shares: exact as long as their links
 * are all met, and never more than the file.
 */
enum { LINK_SET_SLOTS = 4096, LINK_SET_MAX = LINK_SET_SLOTS / 4 * 3 };

struct link_file {
	uint64_t device, inode;
	uint64_t bytes;
	uint32_t links; /* when it was met first; 0: a free slot */
	uint32_t met;
};

struct link_set {
	uint64_t bytes, inodes;
	uint64_t bytes_fraction, inodes_fraction; /* 2^-32 each, below 1 */
	uint32_t used;
	bool was_used; /* since it was cleared */
	bool is_full;
	struct link_file slots[LINK_SET_SLOTS]; /* open addressing, linear probes */
};

/* All zeros is an empty set. Only memory that was used is written to. */
void link_set_clear(struct link_set *s);
/* A link to a file that has so many links (2 or more). */
void link_set_meet(struct link_set *s, uint64_t device, uint64_t inode, uint32_t links,
		   uint64_t bytes);
/* After the last link: makes files whole that have links elsewhere. */
void link_set_complete(struct link_set *s);
/* Rounded to the next whole number. */
uint64_t link_set_bytes(const struct link_set *s);
uint64_t link_set_inodes(const struct link_set *s);

#endif
