/* SPDX-License-Identifier: MIT */
#include "winalux/base/parse.h"

#include <string.h>

#include "winalux/base/mem.h"

bool parse_literal(const char **cursor, const char *literal)
{
	size_t len = strlen(literal);

	if (strncmp(*cursor, literal, len) != 0)
		return false;
	*cursor += len;
	return true;
}

bool parse_char(const char **cursor, char c)
{
	if (**cursor != c || c == '\0')
		return false;
	*cursor += 1;
	return true;
}

bool parse_end(const char **cursor)
{
	return **cursor == '\0';
}

bool parse_span(const char **cursor, const char *accept, const char **ret_start, size_t *ret_len)
{
	size_t len = strspn(*cursor, accept);

	if (len == 0)
		return false;
	*ret_start = *cursor;
	*ret_len = len;
	*cursor += len;
	return true;
}

bool parse_spaces(const char **cursor)
{
	const char *start;
	size_t len;

	return parse_span(cursor, " \t", &start, &len);
}

bool parse_u64(const char **cursor, uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *at = *cursor, *digits;
	uint64_t value = 0;
	size_t len;

	if (!parse_span(&at, "0123456789", &digits, &len))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(digits[i] - '0'), &value))
			return false;
	}
	if (value < min || value > max)
		return false;
	*cursor = at;
	*ret = value;
	return true;
}

bool parse_whole_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t value;

	if (!parse_u64(&text, min, max, &value) || !parse_end(&text))
		return false;
	*ret = value;
	return true;
}

bool parse_whole_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	bool is_negative = parse_char(&text, '-');
	uint64_t magnitude, limit = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);

	if (!parse_whole_u64(text, 0, limit, &magnitude))
		return false;
	int64_t value = (int64_t)(is_negative ? -magnitude : magnitude);
	if (value < min || value > max)
		return false;
	*ret = value;
	return true;
}

bool parse_port(const char *text, uint16_t *ret)
{
	uint64_t port;

	if (!parse_whole_u64(text, 1, UINT16_MAX, &port))
		return false;
	*ret = (uint16_t)port;
	return true;
}

/* Up to three digits that matter, as thousandths; zeros behind them are accepted. */
static bool parse_thousandths(const char **cursor, uint64_t *ret)
{
	const char *digits;
	uint64_t value = 0;
	size_t len;

	if (!parse_span(cursor, "0123456789", &digits, &len))
		return false;
	for (size_t i = 0; i < 3 || i < len; i++) {
		unsigned digit = i < len ? (unsigned)(digits[i] - '0') : 0;

		if (i < 3)
			value = value * 10 + digit;
		else if (digit != 0)
			return false;
	}
	*ret = value;
	return true;
}

bool parse_milli(const char *text, uint64_t max, uint64_t *ret_milli)
{
	uint64_t whole, part = 0;

	if (!parse_u64(&text, 0, (UINT64_MAX - 999) / 1000, &whole))
		return false;
	if (parse_char(&text, '.') && !parse_thousandths(&text, &part))
		return false;
	if (!parse_end(&text) || whole * 1000 + part > max)
		return false;
	*ret_milli = whole * 1000 + part;
	return true;
}

bool parse_duration_ms(const char *text, uint64_t max_ms, uint64_t *ret_ms)
{
	static const struct {
		const char *suffix;
		uint64_t ms;
	} units[] = {
		{ "", 1000 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	};
	uint64_t count, ms;

	if (!parse_u64(&text, 0, UINT64_MAX, &count))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(text, units[i].suffix) != 0)
			continue;
		if (__builtin_mul_overflow(count, units[i].ms, &ms) || ms > max_ms)
			return false;
		*ret_ms = ms;
		return true;
	}
	return false;
}

/* Exactly count digits. */
static bool parse_digits(const char **cursor, unsigned count, int min, int max, int *ret)
{
	int value = 0;

	for (unsigned i = 0; i < count; i++) {
		char c = (*cursor)[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	if (value < min || value > max)
		return false;
	*cursor += count;
	*ret = value;
	return true;
}

static int days_in_month(int year, int month)
{
	static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar, counted in years that end in February.
 */
static int64_t days_since_epoch(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;
	int64_t leap_days = y >= 0 ? y / 4 - y / 100 + y / 400 : -1;

	return y * 365 + leap_days + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static bool parse_date(const char **cursor, int64_t *ret_days)
{
	int year, month, day;

	if (!parse_digits(cursor, 4, 0, 9999, &year) || !parse_char(cursor, '-') ||
	    !parse_digits(cursor, 2, 1, 12, &month) || !parse_char(cursor, '-') ||
	    !parse_digits(cursor, 2, 1, days_in_month(year, month), &day))
		return false;
	*ret_days = days_since_epoch(year, month, day);
	return true;
}

static bool parse_clock(const char **cursor, int64_t *ret_s)
{
	int hour, minute, second;
	const char *digits;
	size_t len;

	if (!parse_digits(cursor, 2, 0, 23, &hour) || !parse_char(cursor, ':') ||
	    !parse_digits(cursor, 2, 0, 59, &minute) || !parse_char(cursor, ':') ||
	    !parse_digits(cursor, 2, 0, 60, &second))
		return false;
	if (parse_char(cursor, '.') && !parse_span(cursor, "0123456789", &digits, &len))
		return false;
	*ret_s = hour * 3600 + minute * 60 + second;
	return true;
}

static bool parse_offset(const char **cursor, int64_t *ret_s)
{
	int hour, minute;

	if (parse_char(cursor, 'Z') || parse_char(cursor, 'z')) {
		*ret_s = 0;
		return true;
	}
	int sign = parse_char(cursor, '-') ? -1 : 1;
	if (sign > 0 && !parse_char(cursor, '+'))
		return false;
	if (!parse_digits(cursor, 2, 0, 23, &hour) || !parse_char(cursor, ':') ||
	    !parse_digits(cursor, 2, 0, 59, &minute))
		return false;
	*ret_s = sign * (hour * 3600 + minute * 60);
	return true;
}

bool parse_rfc3339(const char *text, int64_t *ret_s)
{
	int64_t days, clock, offset;

	if (!parse_date(&text, &days))
		return false;
	if (!parse_char(&text, 'T') && !parse_char(&text, 't') && !parse_char(&text, ' '))
		return false;
	if (!parse_clock(&text, &clock) || !parse_offset(&text, &offset) || !parse_end(&text))
		return false;
	*ret_s = days * 86400 + clock - offset;
	return true;
}
