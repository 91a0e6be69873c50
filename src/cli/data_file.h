/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_DATA_FILE_H
#define WINALUX_CLI_DATA_FILE_H

#include <stdbool.h>

struct error;

/* Is this origin a file of the user's, and not "built-in"? */
bool data_file_is_own(const char *origin);

/*
 * The file of a profile or stack on stdout as it is, so that it can be the beginning of one's own:
 * origin, or the embedded one called built_in. Where it comes from is said on stderr.
 */
int data_file_print(const char *built_in, const char *origin, struct error *err);

#endif
