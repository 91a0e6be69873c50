/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SHELL_H
#define WINALUX_GUEST_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "shell_name.h"

/*
 * The guest under the name of a shell: PID 1 keeps the real ones (shells_guard.h) and puts links to
 * the guest in their places. shortcut.h comes before what is here.
 */

/*
 * Which shell is meant: file is what was executed (AT_EXECFN). A script has its interpreter in
 * argv[0] and its own path in file and behind that. NULL when none is.
 */
const char *shell_called(const char *file, int argc, char *const *argv);

/* The same for this process. */
const char *shell_called_here(int argc, char *const *argv);

/* Becomes the real shell, after having asked PID 1 where this is an entry. Does not return. */
int shell_run(const char *name, int argc, char **argv);

/* ssh_entry.c: what sshd runs for every session. Does not return. */
int ssh_entry_run(const char *name, char **argv);

/* Becomes the real shell with these arguments. Returns the exit status of a failure. */
int shell_become(const char *name, char *const *argv);

#endif
