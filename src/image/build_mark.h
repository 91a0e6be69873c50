/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_BUILD_MARK_H
#define WINALUX_IMAGE_BUILD_MARK_H

#include <stdbool.h>

struct error;
struct podman;

/*
 * Says on the account that a process builds images. Where a build is given up or killed, its
 * working containers (winalux/podman/leftover.h) are found by the mark and go as soon as no other
 * build is there that they could belong to. One thread at a time.
 */
struct build_mark;

/* A step that prints nothing for ten minutes is given up (image.h), so a renewal comes in time. */
enum { BUILD_MARK_LIFETIME_S = 1800 };

/* Makes no call yet. The caller frees it by build_mark_freep; podman is borrowed until then. */
struct build_mark *build_mark_new(struct podman *podman, unsigned lifetime_s);
/* Removes the mark, and what failed builds and dead ones left; works although the connection is
 * cancelled. Accepts NULL. What cannot be removed is left to the next build. */
void build_mark_freep(struct build_mark **mark);

/* Before each build: sets the mark unless it is set, and clears up after dead builds. */
int build_mark_set(struct build_mark *mark, struct error *err);
/* As long as something goes on, again and again: renews the mark when half of its life has passed.
 * Accepts NULL. */
void build_mark_keep(struct build_mark *mark);
/* A build of ours has left its containers. */
void build_mark_fail(struct build_mark *mark);
/* Whether another living process has set its mark, as far as the last look told. */
bool build_mark_has_company(const struct build_mark *mark);

#endif
