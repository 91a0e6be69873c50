/* SPDX-License-Identifier: MIT */
#include "winalux/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "winalux/base/mem.h"

/* The years that the four digits of RFC 3339 can say. */
#define RFC3339_FIRST_S INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define RFC3339_LAST_S INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */

int64_t clock_mono_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int64_t clock_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_format_rfc3339(int64_t wall_s, char ret[static CLOCK_RFC3339_SIZE])
{
	time_t seconds = wall_s < RFC3339_FIRST_S  ? RFC3339_FIRST_S
			 : wall_s > RFC3339_LAST_S ? RFC3339_LAST_S
						   : wall_s;
	struct tm parts;

	gmtime_r(&seconds, &parts);
	/* The remainders change nothing; they let the compiler see that the text fits. */
	snprintf(ret, CLOCK_RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		 (unsigned)(parts.tm_year + 1900) % 10000, (unsigned)(parts.tm_mon + 1) % 100,
		 (unsigned)parts.tm_mday % 100, (unsigned)parts.tm_hour % 100,
		 (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100);
}

void clock_format_age(int64_t age_s, char *ret, unsigned size)
{
	static const struct {
		int64_t below_s, unit_s;
		char letter;
	} units[] = {
		{ 60, 1, 's' },
		{ 3600, 60, 'm' },
		{ 86400, 3600, 'h' },
		{ INT64_MAX, 86400, 'd' },
	};
	size_t i = 0;

	if (age_s < 0)
		age_s = 0; /* clocks of two machines differ */
	while (i < ARRAY_SIZE(units) - 1 && age_s >= units[i].below_s)
		i++;
	snprintf(ret, size, "%" PRId64 "%c", age_s / units[i].unit_s, units[i].letter);
}

int clock_left_ms(int64_t deadline_ms)
{
	int64_t now = clock_mono_ms();

	if (deadline_ms <= now)
		return 0;
	return deadline_ms - now > INT_MAX ? INT_MAX : (int)(deadline_ms - now);
}

void clock_sleep_ms(int ms)
{
	if (ms <= 0)
		return;
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}
