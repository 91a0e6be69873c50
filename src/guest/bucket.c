/* SPDX-License-Identifier: MIT */
#include "bucket.h"

void bucket_init(struct bucket *b, unsigned burst, unsigned per_second, int64_t now_ms)
{
	*b = (struct bucket){ .burst = burst,
			      .per_second = per_second,
			      .tokens_milli = burst * 1000,
			      .filled_ms = now_ms };
}

static void fill(struct bucket *b, int64_t now_ms)
{
	int64_t passed_ms = now_ms - b->filled_ms;
	unsigned missing_milli = b->burst * 1000 - b->tokens_milli;

	if (passed_ms <= 0)
		return;
	b->filled_ms = now_ms;
	if (passed_ms >= missing_milli / b->per_second + 1)
		b->tokens_milli = b->burst * 1000;
	else
		b->tokens_milli += (unsigned)passed_ms * b->per_second;
}

bool bucket_take(struct bucket *b, int64_t now_ms, uint64_t *ret_refused)
{
	fill(b, now_ms);
	if (b->tokens_milli < 1000) {
		b->refused++;
		return false;
	}
	b->tokens_milli -= 1000;
	*ret_refused = b->refused;
	b->refused = 0;
	return true;
}
