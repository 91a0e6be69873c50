/* SPDX-License-Identifier: MIT */
#include "attempts.h"

#include <string.h>

static size_t count_recent(const struct attempts *a, int64_t now_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		count += a->failed_ms[i] && now_ms - a->failed_ms[i] < ATTEMPTS_WINDOW_MS;
	return count;
}

static int delay_of(size_t failure)
{
	int delay_ms = ATTEMPTS_FIRST_DELAY_MS;

	while (--failure > 0 && delay_ms < ATTEMPTS_LAST_DELAY_MS)
		delay_ms *= 2;
	return delay_ms < ATTEMPTS_LAST_DELAY_MS ? delay_ms : ATTEMPTS_LAST_DELAY_MS;
}

int attempts_fail(struct attempts *a, int64_t now_ms)
{
	a->failed_ms[a->next] = now_ms;
	a->next = (a->next + 1) % ATTEMPTS_MAX;
	const size_t count = count_recent(a, now_ms);
	if (count == ATTEMPTS_MAX && !attempts_locked_ms(a, now_ms)) {
		/* The count starts anew behind the lock. */
		memset(a->failed_ms, 0, sizeof(a->failed_ms));
		a->locked_until_ms = now_ms + ATTEMPTS_LOCK_MS;
	}
	return delay_of(count);
}

int64_t attempts_locked_ms(const struct attempts *a, int64_t now_ms)
{
	return a->locked_until_ms > now_ms ? a->locked_until_ms - now_ms : 0;
}
