/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_OUTPUT_H
#define WINALUX_CLI_OUTPUT_H

/* Standard output that remembers why it failed; stdio only remembers that it did. */
struct output {
	int os_errno; /* of the first write that failed, or 0 */
};

/*
 * Puts stdout on *ret, which has to live until output_finish. Descriptors 0, 1 and 2 are open
 * afterwards in any case, so that no file or socket of ours ever becomes somebody's output; what
 * was closed reads as empty, and writing to it is an error.
 */
void output_init(struct output *ret);

/* Writes what is left; the errno of the first failure, or 0. */
int output_finish(struct output *output);

#endif
