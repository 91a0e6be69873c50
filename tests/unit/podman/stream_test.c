/* SPDX-License-Identifier: MIT */
#include "podman/stream.h"

#include "fixture.h"
#include "winalux/base/strv.h"

/* "1:text" for each payload part, "1^" for each start. */
struct collected {
	struct buf text;
	int left; /* callbacks until one says no; < 0: never */
};

static bool on_frame(enum frame_stream stream, bool is_start, const char *data, size_t len,
		     void *context)
{
	struct collected *c = context;

	if (is_start)
		buf_addf(&c->text, "[%d]", stream);
	buf_add(&c->text, data, len);
	return c->left < 0 || c->left-- > 0;
}

static const char two_frames[] = "\x01\0\0\0\0\0\0\x05hello\x02\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\x03"
				 "err";

static void frames_are_read_however_they_are_split(void **state)
{
	(void)state;
	for (size_t split = 1; split < sizeof(two_frames); split++) {
		DEFER(buf_release) struct buf unused = { 0 };
		struct collected c = { .left = -1 };
		struct frames f = { 0 };

		buf_init(&c.text, 1000);
		for (size_t at = 0; at < sizeof(two_frames) - 1; at += split) {
			size_t len = sizeof(two_frames) - 1 - at;

			assert_true(frames_feed(&f, two_frames + at, len < split ? len : split,
						on_frame, &c));
		}
		assert_true(frames_is_whole(&f));
		assert_string_equal(c.text.data, "[1]hello[2][2]err");
		buf_release(&c.text);
	}
}

static void a_frame_that_is_cut_is_not_whole(void **state)
{
	struct collected c = { .left = -1 };
	struct frames f = { 0 };

	(void)state;
	buf_init(&c.text, 1000);
	assert_true(frames_feed(&f, two_frames, 10, on_frame, &c));
	assert_false(frames_is_whole(&f));
	buf_release(&c.text);
}

static void what_is_no_frame_is_refused(void **state)
{
	static const char *const bad[] = { "HTTP/1.1", "\x04\0\0\0\0\0\0\1", "\x01\1\0\0\0\0\0\1",
					   "\x01\0\0\1\0\0\0\1" };
	struct collected c = { .left = -1 };

	(void)state;
	buf_init(&c.text, 1000);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct frames f = { 0 };

		assert_false(frames_feed(&f, bad[i], 8, on_frame, &c));
		assert_true(f.is_bad);
	}
	assert_string_equal(c.text.data, "");
	buf_release(&c.text);
}

static void a_callback_that_has_enough_ends_the_frames(void **state)
{
	struct collected c = { .left = 1 };
	struct frames f = { 0 };

	(void)state;
	buf_init(&c.text, 1000);
	assert_false(frames_feed(&f, two_frames, sizeof(two_frames) - 1, on_frame, &c));
	assert_string_equal(c.text.data, "[1]hello");
	assert_false(f.is_bad);
	buf_release(&c.text);
}

static bool on_line(const char *line, size_t len, void *context)
{
	assert_int_equal(strlen(line), len);
	strv_add(context, line);
	return strcmp(line, "stop") != 0;
}

static void assert_lines(const char *text, size_t max, const char *wanted)
{
	for (size_t split = 1; split <= strlen(text) + 1; split++) {
		DEFER(lines_release) struct lines l;
		DEFER(strv_release) struct strv got = { 0 };
		bool goes_on = true;

		lines_init(&l, max);
		for (size_t at = 0; goes_on && at < strlen(text); at += split) {
			size_t len = strlen(text) - at;

			goes_on =
				lines_feed(&l, text + at, len < split ? len : split, on_line, &got);
		}
		if (goes_on)
			lines_end(&l, on_line, &got);
		DEFER(freep) char *joined = strv_join(&got, "|");
		assert_string_equal(joined, wanted);
	}
}

static void lines_are_put_together(void **state)
{
	(void)state;
	assert_lines("", 100, "");
	assert_lines("one\ntwo\n", 100, "one|two");
	assert_lines("one\r\n\r\nlast", 100, "one||last");
	assert_lines("\n", 100, "");
}

static void a_long_line_is_cut_and_the_next_is_whole(void **state)
{
	(void)state;
	assert_lines("0123456789\nabc\n", 4, "0123|abc");
}

static void a_callback_that_has_enough_ends_the_lines(void **state)
{
	(void)state;
	assert_lines("one\nstop\nthree\n", 100, "one|stop");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_read_however_they_are_split),
		cmocka_unit_test(a_frame_that_is_cut_is_not_whole),
		cmocka_unit_test(what_is_no_frame_is_refused),
		cmocka_unit_test(a_callback_that_has_enough_ends_the_frames),
		cmocka_unit_test(lines_are_put_together),
		cmocka_unit_test(a_long_line_is_cut_and_the_next_is_whole),
		cmocka_unit_test(a_callback_that_has_enough_ends_the_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
