/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_COPY_PATH_H
#define WINALUX_CLI_COPY_PATH_H

#include <stdbool.h>

struct error;

/*
 * Where a copy goes, by the rules of cp -a: an existing directory takes the source inside it,
 * "SRC/." means its content, anything else becomes the new name in an existing parent. Pure.
 */
struct copy_end {
	char *workspace; /* NULL: a path on this machine */
	char *path;      /* absolute inside a workspace; "-" is a tar stream */
};
void copy_end_release(struct copy_end *end);

/*
 * "NAME:PATH" is inside a workspace when NAME could be one's name and no "/" stands before the
 * colon; a relative PATH begins at /home/developer.
 */
void copy_end_parse(const char *text, struct copy_end *ret);

/* What is known about a path. */
struct copy_status {
	bool exists;
	bool is_dir;
	bool parent_is_dir; /* only looked at when it does not exist */
};

struct copy_target {
	char *directory; /* exists; the archive is unpacked in it */
	char *name;      /* that the copy gets there; "" for the content alone, without a name */
};
void copy_target_release(struct copy_target *target);

/* ERROR_NOT_FOUND: source or target's parent missing. ERROR_CONFLICT: directory over file. */
int copy_plan(const char *source, const struct copy_status *source_status, const char *target,
	      const struct copy_status *target_status, struct copy_target *ret, struct error *err);

/* The path itself where its content is meant: "/a/b/." and "/a/b/" are "/a/b". */
char *copy_without_dot(const char *path);

/* Parts of a path without its trailing slashes: "/a/b/" is "/a" and "b", "b" is "." and "b". */
char *copy_dirname(const char *path);
char *copy_basename(const char *path);

#endif
