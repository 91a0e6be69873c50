/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_LOST_H
#define WINALUX_WARDEN_LOST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The file "lost": ids of containers whose filter nobody holds any more, one per line. No program
 * starts in them until they are restarted, which takes them out again. Memory is had while a change
 * is made only.
 */
struct lost {
	const char *directory;
	int lock;
	char *text;
	size_t len;
	bool is_changed;
};

/* Reads it, alone until lost_close(). False where that cannot be done. */
bool lost_open(struct lost *l, const char *directory);
void lost_add(struct lost *l, const char *id);
void lost_remove(struct lost *l, const char *id);
/* Replaces the file where something was changed. -1 with errno. */
int lost_close(struct lost *l);

#endif
