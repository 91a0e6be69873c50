/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_STATE_FILE_H
#define WINALUX_GUEST_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What PID 1 keeps from one life to the next, beside the ledger: small texts of its own, that are
 * replaced as a whole. Not told to the disk, since PID 1 waits for none: after a crash of the
 * machine an older text may be there.
 */

/* False: it is not there, or empty. At most size - 1 bytes; ret ends with a NUL. */
bool state_file_read(const char *path, char *ret, size_t size);
/* A failure (a full disk) leaves the old text, and is the caller's to bear. */
void state_file_write(const char *path, const char *text, size_t len);

#endif
