/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_SSH_FILES_H
#define WINALUX_CLI_SSH_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;

/* Where winalux keeps what it writes for OpenSSH's client: ~/.ssh/winalux. Paths are the caller's
 * to free. */
char *ssh_files_home(struct error *err);                      /* ~/.ssh */
char *ssh_files_path(const char *ssh_home, const char *name); /* ~/.ssh/winalux/NAME */

/* Writes ~/.ssh/winalux/NAME (0600) and makes the directories (0700). */
int ssh_files_write(const char *ssh_home, const char *name, const struct buf *text,
		    struct error *err);

/*
 * Adds "Include ~/.ssh/winalux/config" in front of text, which stays byte for byte, into ret,
 * unless a line of it includes that file already. Returns true when something was added.
 */
bool ssh_files_add_include(const char *text, size_t len, struct buf *ret);

/* The same on ~/.ssh/config, which is made when missing and written through if it is a link. */
int ssh_files_include(const char *ssh_home, bool *ret_changed, struct error *err);

#endif
