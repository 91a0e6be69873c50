/* SPDX-License-Identifier: MIT */
#include "storage_warning.h"

#include <inttypes.h>
#include <stdio.h>

enum storage_level storage_warning(const struct metrics *m, char ret[static STORAGE_TEXT_SIZE])
{
	const uint64_t total = m->storage_total_bytes, used = m->storage_used_bytes;
	const char *mark = m->storage_is_estimated ? "~" : "", *advice = "";

	ret[0] = '\0';
	if (!(m->known & METRICS_STORAGE) || !total)
		return STORAGE_FINE;
	/* A tenth of a percent is enough: bytes times 1000 may not fit. */
	const uint64_t share_x10 = total >= 1000 ? used / (total / 1000) : 0;
	if (share_x10 < STORAGE_WARNING_X10)
		return STORAGE_FINE;
	if (m->storage_is_frozen)
		advice = " Processes are frozen until there is room.";
	else if (share_x10 >= STORAGE_ALARM_X10 && m->storage_policy == METRICS_POLICY_FREEZE)
		advice = " At 100% its processes are frozen.";
	const uint64_t hundredths = used * 100 >> 30;
	snprintf(ret, STORAGE_TEXT_SIZE,
		 "Storage is %s%" PRIu64 "%% full (%s%" PRIu64 ".%02" PRIu64 "GB of %" PRIu64
		 "GB): 'task storage' lists the largest folders.%s",
		 mark, share_x10 / 10, mark, hundredths / 100, hundredths % 100, total >> 30,
		 advice);
	return share_x10 >= STORAGE_ALARM_X10 ? STORAGE_ALARM : STORAGE_WARNING;
}
