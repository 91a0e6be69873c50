/* SPDX-License-Identifier: MIT */
#include "nearest.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 47 };

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours. */
static unsigned distance_between(const char *a, const char *b)
{
	unsigned table[WORD_MAX + 1][WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= b_len; j++)
		table[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		table[i][0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned edit = smaller(table[i - 1][j], table[i][j - 1]) + 1;
			unsigned same = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			table[i][j] = smaller(edit, same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				table[i][j] = smaller(table[i][j], table[i - 2][j - 2] + 1);
		}
	}
	return table[a_len][b_len];
}

void nearest_try(struct nearest *n, const char *candidate)
{
	unsigned distance = distance_between(n->word, candidate);
	size_t limit = strlen(n->word) / 3;

	if (distance > (limit ? limit : 1) || (n->best && distance >= n->distance))
		return;
	n->best = candidate;
	n->distance = distance;
}
