/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_COMPLETION_H
#define WINALUX_CLI_COMPLETION_H

struct buf;
struct error;

/* Adds the completion script for "bash", "zsh" or "fish"; ERROR_USAGE for another. */
int completion_add(struct buf *b, const char *shell, struct error *err);

#endif
