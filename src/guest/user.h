/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_USER_H
#define WINALUX_GUEST_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct error;

/*
 * Accounts as /etc/passwd and /etc/group say, read by hand: a static program has no NSS, and an
 * image's PID 1 must not depend on the image's libraries.
 */
enum { USER_MAX_GROUPS = 32 };

struct user {
	char name[64];
	uid_t uid;
	gid_t gid;
	char home[256];
	char shell[256];
	gid_t groups[USER_MAX_GROUPS]; /* the primary one first; what exceeds the table is left out
					*/
	size_t group_count;
};

/*
 * Allocates nothing. ERROR_NOT_FOUND when there is no such account, ERROR_HOST when passwd cannot
 * be read; a missing group file only means no more groups.
 */
int user_find(const char *passwd_path, const char *group_path, const char *name, struct user *ret,
	      struct error *err);

/* The same from /etc. */
int user_get(const char *name, struct user *ret, struct error *err);

/* For a child between fork and exec: becomes the user for good. -1 with errno. */
int user_become(const struct user *user);

#endif
