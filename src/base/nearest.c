/* SPDX-License-Identifier: MIT */
#include "winalux/base/nearest.h"

#include <limits.h>
#include <string.h>

enum { WORD_MAX = 63 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Optimal string alignment: three rows of the usual table are enough. */
unsigned nearest_distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	unsigned rows[3][WORD_MAX + 1] = { 0 };
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= b_len; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned cost = a[i - 1] == b[j - 1] ? 0 : 1;

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = min3(now[j], before[j - 2] + 1, UINT_MAX);
		}
		unsigned *oldest = before;
		before = last;
		last = now;
		now = oldest;
	}
	return last[b_len];
}

void nearest_try(struct nearest *n, const char *candidate)
{
	unsigned distance = nearest_distance(n->word, candidate);
	size_t limit = strlen(n->word) / 3;

	if (distance > (limit ? limit : 1) || (n->best && distance >= n->distance))
		return;
	n->best = candidate;
	n->distance = distance;
}
