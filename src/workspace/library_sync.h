/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_LIBRARY_SYNC_H
#define WINALUX_WORKSPACE_LIBRARY_SYNC_H

struct buf;
struct error;
struct facts;
struct job;
struct plan;
struct podman;

/*
 * PyPI packages of the inventory into the home of a running dev container
 * (docs/design/libraries-install.md). dev is its name. On failure the error is what uv said, and
 * the virtual environment is as it was.
 */
int library_sync(struct job *job, struct podman *podman, const char *dev, struct error *err);

/* Makes the account's volume of packages where the plan mounts it and it is not there. */
int library_ensure_volume(struct podman *podman, const struct facts *facts, const struct plan *plan,
			  struct error *err);

/*
 * Of a lock from a home only "NAME==VERSION", a line each: uv keeps to those, and whatever else
 * stands there (options, other files, addresses) is followed by nobody outside of that home.
 */
void library_versions(const char *lock, struct buf *ret);

/* What uv said, in one line: "error:" and "cause:", which begin its lines, and signs left out. */
void library_fold(const char *said, struct buf *ret);

#endif
