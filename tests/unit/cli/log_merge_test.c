/* SPDX-License-Identifier: MIT */
#include "cli/log_merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

static void add(struct log_lines *l, const char *stamp, const char *text)
{
	DEFER(buf_release) struct buf line = { 0 };

	buf_init(&line, 100);
	buf_add_str(&line, text);
	log_lines_add(l, stamp, strlen(stamp), &line);
}

static void lines_of_several_logs_come_by_time(void **state)
{
	struct log_lines dev, redis, *all[] = { &dev, &redis };
	DEFER(buf_release) struct buf seen = { 0 };
	const char *line;
	size_t len;

	(void)state;
	buf_init(&seen, 100);
	log_lines_init(&dev, 100);
	log_lines_init(&redis, 100);
	add(&dev, "2026-11-22T10:00:00.5Z", "b");
	add(&dev, "no time at all", "c");
	add(&dev, "2026-11-22T10:00:02Z", "f");
	add(&redis, "2026-11-22T11:00:00.123456789+01:00", "a");
	add(&redis, "2026-11-22T11:00:00.500000001+01:00", "d");
	add(&redis, "2026-11-22T10:00:01.999Z", "e");
	add(&redis, "2026-11-22T10:00:02Z", "g");
	while (log_merge_next(all, ARRAY_SIZE(all), &line, &len))
		buf_add(&seen, line, len);
	assert_string_equal(seen.data, "abcdefg");
	log_lines_release(&dev);
	log_lines_release(&redis);
}

static void a_log_that_is_too_long_is_cut_at_a_line(void **state)
{
	struct log_lines log, *all[] = { &log };
	const char *line;
	size_t len;

	(void)state;
	log_lines_init(&log, 5);
	add(&log, "2026-11-22T10:00:00Z", "one\n");
	add(&log, "2026-11-22T10:00:01Z", "two\n");
	assert_true(log.text.is_full);
	assert_true(log_merge_next(all, 1, &line, &len));
	assert_memory_equal(line, "one\n", 4);
	assert_false(log_merge_next(all, 1, &line, &len));
	log_lines_release(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_several_logs_come_by_time),
		cmocka_unit_test(a_log_that_is_too_long_is_cut_at_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
