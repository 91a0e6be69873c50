/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_NEAREST_H
#define WINALUX_INVENTORY_NEAREST_H

/* The known word nearest to what was written, for "did you mean". Texts are borrowed. */
struct nearest {
	const char *word;
	const char *best; /* NULL while none is near enough */
	unsigned distance;
};

/* Keeps candidate when it is nearer than what was kept, and not farther than a third of the word.
 */
void nearest_try(struct nearest *n, const char *candidate);

#endif
