/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_HOME_H
#define WINALUX_GUEST_HOME_H

#include <stdbool.h>
#include <sys/types.h>

struct error;
struct user;

#define HOME_SKELETON "/opt/winalux/skel" /* of the image: always offered */
#define HOME_ETC_SKELETON "/etc/skel"     /* for a home that is empty */

/* Gives the mount's root to the user when another owns it: never what is below. ERROR_HOST. */
int home_own(const char *directory, const struct user *user, struct error *err);

/*
 * Copies each entry of a skeleton whose name is missing in home, a directory with all that is below
 * it. An entry appears whole or not at all. -1 when something could not be copied (errno); the rest
 * is. Runs in a child that has become the user.
 */
int home_fill_from(const char *skeleton, const char *home);

/*
 * A symbolic link in home to what a share's name leads to, unless something of that name is there.
 * Runs in a child that has become the user; -1 with errno.
 */
int home_link(const char *home, const char *name, const char *target);

/* home_fill_from() for both skeletons; an exit status. */
int home_fill(const char *home);

#endif
