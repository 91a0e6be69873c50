/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SHELL_NAME_H
#define WINALUX_GUEST_SHELL_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What the arguments say about the shell that is meant. Where PID 1 keeps the real ones is in /usr
 * because sandboxes often have nothing else of the root file system in them, and must have shells
 * that work.
 */
#define SHELL_DIRECTORY "/usr/lib/winalux-shells"
#define SHELL_ENTRY_COMMAND "/usr/lib/winalux/ssh-entry"

enum { SHELL_NAME_MAX = 7 };

/* The shells that are guarded, NULL-terminated; none is longer than SHELL_NAME_MAX. */
extern const char *const shell_names[];

/* The one of shell_names that is the last part of path, a "-" in front passed over; or NULL. */
const char *shell_name_of(const char *path);

/* Is file, what was executed, a script of the interpreter in argv[0]? */
bool shell_is_of_script(const char *file, int argc, char *const *argv);

/* Is this what sshd runs for every session? */
bool shell_is_ssh_entry(int argc, char *const *argv);

#endif
