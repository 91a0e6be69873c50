/* SPDX-License-Identifier: MIT */
#include "backoff.h"

int backoff_next(struct backoff *b, long long lived_ms)
{
	if (b->delay_ms == 0 || lived_ms >= BACKOFF_RESET_MS)
		b->delay_ms = BACKOFF_FIRST_MS;
	else if (b->delay_ms <= BACKOFF_LAST_MS / 2)
		b->delay_ms *= 2;
	else
		b->delay_ms = BACKOFF_LAST_MS;
	return b->delay_ms;
}
