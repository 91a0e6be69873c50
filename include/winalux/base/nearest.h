/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_NEAREST_H
#define WINALUX_BASE_NEAREST_H

/* The nearest of the words tried, for "did you mean". Texts are borrowed. */
struct nearest {
	const char *word;
	const char *best; /* NULL while none is near enough */
	unsigned distance;
};

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b; words above 63 bytes are
 * far. */
unsigned nearest_distance(const char *a, const char *b);

/* Keeps candidate when it is nearer than what was kept and within a third of the word, at least 1.
 */
void nearest_try(struct nearest *n, const char *candidate);

#endif
