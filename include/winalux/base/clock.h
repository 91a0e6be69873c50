/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_CLOCK_H
#define WINALUX_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_RFC3339_SIZE = sizeof("2026-01-31T23:59:59Z") };

int64_t clock_mono_ms(void); /* CLOCK_MONOTONIC */
int64_t clock_wall_s(void);  /* seconds since the epoch */
int64_t clock_wall_ms(void); /* milliseconds since the epoch */

/* "2026-01-31T23:59:59Z". */
void clock_format_rfc3339(int64_t wall_s, char ret[static CLOCK_RFC3339_SIZE]);

/* For people: "12s", "5m", "3h", "9d". */
void clock_format_age(int64_t age_s, char *ret, unsigned size);

/* Milliseconds until a CLOCK_MONOTONIC deadline: never negative, at most INT_MAX. */
int clock_left_ms(int64_t deadline_ms);

void clock_sleep_ms(int ms);

#endif
