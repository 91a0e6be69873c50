/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_TELEMETRY_DELETED_FILES_H
#define WINALUX_SRC_TELEMETRY_DELETED_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { DELETED_FILES_MAX = 256, DELETED_FILES_DEVICES_MAX = 17 };

/*
 * What files occupy that have no name any more and are held open by somebody: regular files with no
 * link, on some devices, each once however many processes have it open. Only descriptors are looked
 * at; a file that is only mapped is missed, since that would take reading all maps.
 *
 * One that is looked at costs a few microseconds, so a pass over all processes may be spread over
 * many calls.
 */
struct deleted_files {
	uint64_t bytes; /* allocated */
	uint64_t files;
	bool is_cut; /* more than can be told apart: the others are not counted */
	size_t device_count;
	dev_t devices[DELETED_FILES_DEVICES_MAX];
	size_t seen_count;
	struct {
		dev_t device;
		ino_t inode;
	} seen[DELETED_FILES_MAX];
};

/* A new pass; more than DELETED_FILES_DEVICES_MAX devices are left out. */
void deleted_files_begin(struct deleted_files *d, const dev_t *devices, size_t count);

/*
 * Looks at a process's descriptors, in a directory such as /proc/7/fd, from a position on: 0, or
 * where the call before has stopped. Takes from *budget what it has looked at, and stops when that
 * is used up. True when the process is done, also where there is none (any more).
 */
bool deleted_files_look(struct deleted_files *d, const char *directory, int64_t *position,
			uint32_t *budget);

#endif
