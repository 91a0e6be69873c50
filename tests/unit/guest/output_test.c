/* SPDX-License-Identifier: MIT */
/* Lines of services on their way in, events on their way out. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "files.h"
#include "guest/event.h"
#include "guest/flood.h"
#include "guest/lines.h"
#include "guest/report.h"
#include "guest/service_log.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

static void collect(void *context, const char *line, size_t len)
{
	struct buf *b = context;

	buf_add_char(b, '[');
	buf_add(b, line, len);
	buf_add_char(b, ']');
}

static void lines_come_out_however_they_are_cut(void **state)
{
	static const char text[] = "one\r\n\ntwo\nno end";
	struct lines lines;

	(void)state;
	for (size_t step = 1; step <= sizeof(text); step++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, 4096);
		lines_clear(&lines);
		for (size_t at = 0; at < sizeof(text) - 1; at += step) {
			size_t left = sizeof(text) - 1 - at;

			lines_feed(&lines, text + at, left < step ? left : step, collect, &b);
		}
		lines_end(&lines, collect, &b);
		assert_string_equal(b.data, "[one][][two][no end]");
	}
}

static void a_long_line_gives_its_beginning(void **state)
{
	static char text[3 * LINES_SIZE];
	DEFER(buf_release) struct buf b = { 0 };
	struct lines lines;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	buf_init(&b, 1 << 16);
	lines_clear(&lines);
	lines_feed(&lines, text, sizeof(text), collect, &b);
	lines_feed(&lines, "next\n", 5, collect, &b);
	assert_int_equal(b.len, LINES_SIZE + 2 + strlen("[next]"));
	assert_string_equal(b.data + LINES_SIZE + 1, "][next]");
}

static void a_line_of_exactly_the_size_is_one_line(void **state)
{
	static char text[LINES_SIZE + 1];
	DEFER(buf_release) struct buf b = { 0 };
	struct lines lines;

	(void)state;
	memset(text, 'x', LINES_SIZE);
	text[LINES_SIZE] = '\n';
	buf_init(&b, 1 << 16);
	lines_clear(&lines);
	lines_feed(&lines, text, sizeof(text), collect, &b);
	assert_int_equal(b.len, LINES_SIZE + 2);
}

struct fixture {
	struct loop loop;
	struct report report;
	int reader;
};

static struct fixture *fixture_new(void)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct error err;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(loop_init(&f->loop, &err), 0);
	report_init(&f->report, &f->loop, fds[1]);
	f->reader = fds[0];
	return f;
}

static void fixture_free(struct fixture *f)
{
	close(f->report.out.fd);
	if (f->reader >= 0)
		close(f->reader);
	close(f->loop.fd);
	free(f);
}

static void send_number(struct fixture *f, int64_t number)
{
	struct event e;

	event_start(&e, "x");
	event_number(&e, "n", number);
	report_send(&f->report, &e);
}

/* The next line from the pipe, without newline, into line. False when there is none now. */
static bool read_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (len < size - 1 && read(fd, line + len, 1) == 1)
		if (line[len++] == '\n')
			break;
	line[len ? len - 1 : 0] = '\0';
	return len > 0;
}

static void a_slow_reader_gets_whole_lines_in_order_and_a_count(void **state)
{
	enum { SENT = 20000 };
	struct fixture *f = fixture_new();
	char line[128], wanted[128];
	unsigned long long next = 0, dropped = 0;

	(void)state;
	for (int i = 0; i < SENT; i++)
		send_number(f, i);
	assert_true(f->report.dropped > 0);
	fd_set_nonblocking(f->reader, true);
	do {
		while (read_line(f->reader, line, sizeof(line))) {
			if (sscanf(line, "{\"event\":\"dropped\",\"count\":%llu}", &dropped) == 1)
				continue;
			snprintf(wanted, sizeof(wanted), "{\"event\":\"x\",\"n\":%llu}", next++);
			assert_string_equal(line, wanted);
		}
		if (f->report.len)
			loop_turn(&f->loop);
	} while (f->report.len || !dropped);
	assert_int_equal(next + dropped, SENT);
	send_number(f, 5);
	assert_true(read_line(f->reader, line, sizeof(line)));
	fixture_free(f);
}

static void what_a_flood_holds_back_is_told_though_nothing_follows(void **state)
{
	static const char form[] = "{\"event\":\"dropped\",\"of\":\"sshd\",\"count\":%llu}";
	enum { MANY = FLOOD_BURST + 100 };
	struct fixture *f = fixture_new();
	struct flood flood;
	unsigned long long told = 0, seen = 0;
	uint64_t dropped;
	char line[128];

	(void)state;
	flood_init(&flood, &f->loop, &f->report, "sshd");
	for (int i = 0; i < MANY; i++)
		if (flood_pass(&flood, &dropped))
			seen += 1 + dropped;
	assert_true(seen < MANY);
	fd_set_nonblocking(f->reader, true);
	while (!read_line(f->reader, line, sizeof(line)))
		loop_turn(&f->loop);
	assert_int_equal(sscanf(line, form, &told), 1);
	assert_int_equal(seen + told, MANY);
	fixture_free(f);
}

static void a_reader_that_is_gone_costs_nothing(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 20000; i++)
		send_number(f, i);
	close(f->reader);
	f->reader = -1;
	loop_turn(&f->loop);
	assert_true(f->report.is_gone);
	assert_int_equal(f->report.len, 0);
	send_number(f, 1);
	assert_int_equal(f->report.len, 0);
	fixture_free(f);
}

static void a_file_takes_everything(void **state)
{
	char path[256];
	struct loop loop;
	struct error err;
	struct event e;
	DEFER(freep) struct report *report = xcalloc(1, sizeof(*report));
	int fd = open(files_path(path, *state, "log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(loop_init(&loop, &err), 0);
	report_init(report, &loop, fd);
	event_start(&e, "start");
	report_send(report, &e);
	close(fd);
	close(loop.fd);
	files_expect(path, "{\"event\":\"start\"}\n");
}

#define test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

static void what_services_say_is_kept_for_who_is_inside(void **state)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct service_log log;
	char path[256];

	service_log_init(&log, files_path(path, *state, "services.log"));
	service_log_add(&log, "web", '*', "started, pid 12", 15);
	service_log_add(&log, "web", '|', "hello\tx", 7);
	close(log.fd);
	assert_int_equal(file_read(path, 4096, &text, NULL), 0);
	assert_non_null(strstr(text.data, "Z web * started, pid 12\n2"));
	assert_non_null(strstr(text.data, "Z web | hello\tx\n"));
}

static void a_full_log_becomes_the_old_one(void **state)
{
	char path[256], old[256], bulk[LINES_SIZE];
	struct service_log log;
	struct stat st;

	service_log_init(&log, files_path(path, *state, "services.log"));
	memset(bulk, 'x', sizeof(bulk));
	for (unsigned i = 0; i < 300; i++)
		service_log_add(&log, "web", '|', bulk, sizeof(bulk));
	close(log.fd);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 1, SERVICE_LOG_MAX_BYTES + 4096);
	assert_int_equal(stat(files_path(old, *state, "services.log.1"), &st), 0);
	assert_in_range(st.st_size, SERVICE_LOG_MAX_BYTES, SERVICE_LOG_MAX_BYTES + 4096);
}

static void a_log_that_goes_nowhere_takes_everything(void **state)
{
	struct service_log log = { 0 };

	(void)state;
	service_log_add(&log, "web", '|', "x", 1);
	assert_false(log.is_open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(lines_come_out_however_they_are_cut),
		test(a_long_line_gives_its_beginning),
		test(a_line_of_exactly_the_size_is_one_line),
		test(a_slow_reader_gets_whole_lines_in_order_and_a_count),
		test(what_a_flood_holds_back_is_told_though_nothing_follows),
		test(a_reader_that_is_gone_costs_nothing),
		test(a_file_takes_everything),
		test(what_services_say_is_kept_for_who_is_inside),
		test(a_full_log_becomes_the_old_one),
		test(a_log_that_goes_nowhere_takes_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
