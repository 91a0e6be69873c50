/* SPDX-License-Identifier: MIT */
#include "podman/http_head.h"

#include "fixture.h"
#include "winalux/base/buf.h"

struct head_case {
	const char *text;
	int status; /* 0: incomplete, -1: refused */
	int64_t content_length;
	bool is_chunked;
	const char *rest;
};

static const struct head_case heads[] = {
	{ "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\nabc", 101, -1, false, "abc" },
	{ "HTTP/1.0 200 OK\r\n\r\n", 200, -1, false, "" },
	{ "HTTP/1.1 200\n\nx", 200, -1, false, "x" },
	{ "HTTP/1.1 409 Conflict\r\ncontent-length:  12 \r\n\r\n", 409, 12, false, "" },
	{ "HTTP/1.1 500 E\r\nTransfer-Encoding: Chunked\r\n\r\n", 500, -1, true, "" },
	{ "HTTP/1.1 500 E\r\nContent-Length: -1\r\n\r\n", 500, -1, false, "" },
	{ "HTTP/1.1 500 E\r\nContent-Length: 99999999999999999999\r\n\r\n", 500, -1, false, "" },
	{ "", 0, 0, false, NULL },
	{ "HTT", 0, 0, false, NULL },
	{ "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n", 0, 0, false, NULL },
	{ "HTTP/2 101 UPGRADED\r\n\r\n", -1, 0, false, NULL },
	{ "HTTP/1.1 1010 X\r\n\r\n", -1, 0, false, NULL },
	{ "HTTP/1.1 99 X\r\n\r\n", -1, 0, false, NULL },
	{ "HTTP/1.1OK\r\n\r\n", -1, 0, false, NULL },
	{ "SSH-2.0-OpenSSH", -1, 0, false, NULL },
};

static void heads_are_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		const struct head_case *c = &heads[i];
		struct http_head head = { 0 };
		ssize_t used = http_head_parse(c->text, strlen(c->text), &head);

		if (c->status <= 0) {
			assert_int_equal(used, c->status);
			continue;
		}
		assert_true(used > 0);
		assert_string_equal(c->text + used, c->rest);
		assert_int_equal(head.status, c->status);
		assert_int_equal(head.content_length, c->content_length);
		assert_int_equal(head.is_chunked, c->is_chunked);
	}
}

static void a_head_without_end_is_refused_at_its_limit(void **state)
{
	DEFER(freep) char *text = xmalloc(HTTP_HEAD_MAX + 1);
	struct http_head head;

	(void)state;
	memset(text, 'x', HTTP_HEAD_MAX);
	memcpy(text, "HTTP/1.1 200 ", 13);
	assert_int_equal(http_head_parse(text, HTTP_HEAD_MAX - 1, &head), 0);
	assert_int_equal(http_head_parse(text, HTTP_HEAD_MAX, &head), -1);
}

struct chunk_case {
	const char *text;
	const char *body;
	enum http_chunk_state state;
};

static const struct chunk_case chunked[] = {
	{ "5\r\nhello\r\n0\r\n\r\n", "hello", HTTP_CHUNK_DONE },
	{ "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nTrailer: x\r\n\r\nrest", "hello world",
	  HTTP_CHUNK_DONE },
	{ "A\nabcdefghij\n0\n\n", "abcdefghij", HTTP_CHUNK_DONE },
	{ "5\r\nhel", "hel", HTTP_CHUNK_DATA },
	{ "5\r\nhelloX", "hello", HTTP_CHUNK_BAD },
	{ "\r\n", "", HTTP_CHUNK_BAD },
	{ "g\r\n", "", HTTP_CHUNK_BAD },
	{ "fffffffff\r\n", "", HTTP_CHUNK_BAD },
	{ "0\r\n", "", HTTP_CHUNK_TRAILER },
};

static void chunks_are_decoded_however_they_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chunked); i++) {
		const struct chunk_case *c = &chunked[i];

		for (size_t split = 1; split <= strlen(c->text); split++) {
			DEFER(buf_release) struct buf out = { 0 };
			struct http_chunks chunks = { 0 };
			bool goes_on = true;

			buf_init(&out, 1000);
			for (size_t at = 0; goes_on && at < strlen(c->text); at += split) {
				size_t len = strlen(c->text) - at;

				goes_on = http_chunks_feed(&chunks, c->text + at,
							   len < split ? len : split, &out);
			}
			assert_string_equal(out.data, c->body);
			assert_int_equal(chunks.state, c->state);
			assert_int_equal(goes_on,
					 c->state != HTTP_CHUNK_DONE && c->state != HTTP_CHUNK_BAD);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_read_or_refused),
		cmocka_unit_test(a_head_without_end_is_refused_at_its_limit),
		cmocka_unit_test(chunks_are_decoded_however_they_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
