/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_LOOK_H
#define DOCTOR_LOOK_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct probe_context;

/* Reads of the host, below the context's root. Text that is given away is freed by the caller. */

char *look_path(const struct probe_context *c, const char *path);  /* with root in front */
bool look_exists(const struct probe_context *c, const char *path); /* also a dangling symlink */

/* A file of at most 1 MiB; NULL when it cannot be read. */
char *look_text(const struct probe_context *c, const char *path);
char *look_line(const struct probe_context *c, const char *path); /* the first line */
bool look_number(const struct probe_context *c, const char *path, uint64_t *ret);

/* Path (without root) of an executable in PATH's usual places or Podman's helper folders, or NULL.
 */
char *look_program(const struct probe_context *c, const char *name);

/* Value of KEY in /etc/os-release, unquoted, or NULL. */
char *look_os_release(const struct probe_context *c, const char *key);

/* Whether word is one of the blank-separated words of text. NULL has none. */
bool look_has_word(const char *text, const char *word);

#endif
