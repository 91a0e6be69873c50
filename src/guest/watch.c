/* SPDX-License-Identifier: MIT */
#include "watch.h"

bool watch_is_over(struct watch *w, bool is_there, int64_t now_ms)
{
	if (is_there) {
		w->is_seen = true;
		w->seen_ms = now_ms;
	}
	return w->is_seen && now_ms - w->seen_ms >= WATCH_AWAY_MS;
}
