/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_SUGGEST_H
#define WINALUX_CLI_SUGGEST_H

/* The nearest of the words tried, for "did you mean". Texts are borrowed. */
struct suggestion {
	const char *word;
	const char *best; /* NULL while none is near enough */
	unsigned distance;
};

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b; words above 63 bytes are
 * far. */
unsigned suggest_distance(const char *a, const char *b);

/* Keeps candidate when it is nearer than what was kept and within a third of the word, at least 1.
 */
void suggest_try(struct suggestion *s, const char *candidate);

#endif
